package io.postern.smtp.testkit.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a server writes, on its way to the client: as it comes, or late, in pieces, or something else. */
@SuppressWarnings("FutureReturnValueIgnored") // each has its promise
final class OutgoingOctets {

    /** In how many pieces a second slow replies are written, if they may be of several octets. */
    private static final int PIECES_PER_SECOND = 10;

    private static final Duration NO_WAIT = Duration.ZERO;

    /** What becomes of the next reply. */
    interface Change {
        /** @param reply the whole reply; it has to be written or released */
        void write(OutgoingOctets outgoing, ByteBuf reply);
    }

    private record Piece(ByteBuf octets, ChannelPromise written, Duration pause) {}

    private final ChannelHandlerContext context;
    /** What pauses go by. */
    private Time time = new Time();

    private final Deque<Piece> pieces = new ArrayDeque<>();
    private @Nullable Change change;
    private int octetsPerSecond;
    private int waitingOctets;
    /** Whether the first piece waits for its time. */
    private boolean waiting;

    private @Nullable ChannelPromise closing;

    OutgoingOctets(ChannelHandlerContext context) {
        this.context = context;
    }

    void changeNext(Change wanted, Time by) {
        change = wanted;
        time = by;
    }

    void limit(int wanted, Time by) {
        octetsPerSecond = wanted;
        time = by;
    }

    Time time() {
        return time;
    }

    int waitingOctets() {
        return waitingOctets;
    }

    /** @return whether it was taken; if not, it may go on as it is */
    boolean take(ByteBuf octets, ChannelPromise written) {
        Change due = change;
        if (due == null && octetsPerSecond == 0 && pieces.isEmpty()) {
            return false;
        }
        if (due != null) {
            change = null;
            due.write(this, octets.readRetainedSlice(lengthOfReply(octets)));
        }
        add(octets, written, NO_WAIT);
        go();
        return true;
    }

    /** Where the first reply ends: behind the line with a space, not a hyphen, behind the code (RFC 5321 §4.2). */
    static int lengthOfReply(ByteBuf octets) {
        int start = octets.readerIndex();
        int end = octets.writerIndex();
        for (int line = start; line < end; ) {
            int lineEnd = octets.indexOf(line, end, (byte) '\n');
            if (lineEnd < 0) {
                break;
            }
            if (lineEnd - line < 4 || octets.getByte(line + 3) != '-') {
                return lineEnd + 1 - start;
            }
            line = lineEnd + 1;
        }
        return end - start;
    }

    void add(ByteBuf octets) {
        add(octets, context.newPromise(), NO_WAIT);
    }

    /** Splits what a change is given. */
    void addInTwo(ByteBuf octets, int first, Duration pause) {
        add(octets.readRetainedSlice(Math.min(first, octets.readableBytes())));
        add(octets, context.newPromise(), pause);
    }

    void addAndClose(ByteBuf octets) {
        ChannelPromise written = context.newPromise();
        written.addListener(done -> context.close());
        add(octets, written, NO_WAIT);
    }

    private void add(ByteBuf octets, ChannelPromise written, Duration wait) {
        waitingOctets += octets.readableBytes();
        if (octetsPerSecond == 0) {
            pieces.add(new Piece(octets, written, wait));
            return;
        }
        int size = Math.max(1, octetsPerSecond / PIECES_PER_SECOND);
        Duration pause = Duration.ofNanos(1_000_000_000L * size / octetsPerSecond);
        while (octets.readableBytes() > size) {
            pieces.add(new Piece(octets.readRetainedSlice(size), context.newPromise(), pause));
        }
        pieces.add(new Piece(octets, written, pause.plus(wait)));
    }

    /** Writes all whose time has come. */
    private void go() {
        while (!waiting && !pieces.isEmpty()) {
            Piece first = pieces.remove();
            if (first.pause().isZero()) {
                write(first);
            } else {
                waiting = true;
                time.after(first.pause(), context.channel().eventLoop(), () -> {
                    waiting = false;
                    write(first);
                    go();
                });
            }
        }
        ChannelPromise last = closing;
        if (last != null && !waiting) {
            closing = null;
            context.close(last);
        }
    }

    private void write(Piece piece) {
        waitingOctets -= piece.octets().readableBytes();
        context.writeAndFlush(piece.octets(), piece.written());
    }

    /** Closes when all is written. Who asks once more does not want to wait. @return whether it was taken */
    boolean closeBehind(ChannelPromise closed) {
        if ((!waiting && pieces.isEmpty()) || closing != null) {
            return false;
        }
        closing = closed;
        return true;
    }

    void drop() {
        pieces.forEach(piece -> {
            ReferenceCountUtil.release(piece.octets());
            piece.written().tryFailure(new ClosedChannelException());
        });
        pieces.clear();
    }

    static Change instead(byte[] octets) {
        return (outgoing, reply) -> {
            reply.release();
            outgoing.add(Unpooled.wrappedBuffer(octets));
        };
    }
}
