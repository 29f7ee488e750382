package io.postern.smtp.testkit.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a client sends, on its way to the server: as it comes, or slowly, or not for a while. */
final class IncomingOctets {

    /** In how many pieces a second slow reads come, if they may be of several octets. */
    private static final int PIECES_PER_SECOND = 10;

    /** What the system keeps for a slow reader, so that the client notices; without it that is megabytes. */
    private static final int RECEIVE_BUFFER = 4_096;

    private final ChannelHandlerContext context;
    /** What slow reads go by. */
    private Time time = new Time();
    /** Octets, and at the end perhaps the news that no more will come. */
    private final Deque<Object> kept = new ArrayDeque<>();

    private int holds;
    private int octetsPerSecond;
    /** Whether the next piece of slow reads waits for its time. */
    private boolean waiting;

    IncomingOctets(ChannelHandlerContext context) {
        this.context = context;
    }

    void hold() {
        holds++;
        context.channel().config().setAutoRead(false);
    }

    void release() {
        if (--holds == 0) {
            handOn();
        }
    }

    void limit(int wanted, Time by) {
        octetsPerSecond = wanted;
        time = by;
        context.channel().config().setOption(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER);
    }

    boolean isHolding() {
        return holds > 0 || octetsPerSecond > 0 || !kept.isEmpty();
    }

    /** Keeps octets or an event while {@link #isHolding()}. The channel is not read while any are kept. */
    void keep(Object message) {
        kept.add(message);
        context.channel().config().setAutoRead(false); // the server may have asked for more meanwhile
        handOn();
    }

    private void handOn() {
        if (holds > 0 || waiting || kept.isEmpty()) {
            readOn();
            return;
        }
        if (octetsPerSecond > 0) {
            waiting = true;
            int most = Math.max(1, octetsPerSecond / PIECES_PER_SECOND);
            int size = kept.peek() instanceof ByteBuf octets ? Math.min(most, octets.readableBytes()) : 1;
            Duration pause = Duration.ofNanos(1_000_000_000L * size / octetsPerSecond);
            time.after(pause, context.channel().eventLoop(), () -> {
                waiting = false;
                if (holds == 0) {
                    handOn(size);
                    handOn();
                }
            });
            return;
        }
        while (holds == 0 && !kept.isEmpty()) {
            handOn(Integer.MAX_VALUE);
        }
        readOn();
    }

    private void handOn(int atMost) {
        Object first = kept.peek();
        if (first instanceof ByteBuf octets) {
            if (octets.readableBytes() > atMost) {
                // a copy: who reads it may write to it
                context.fireChannelRead(Unpooled.copiedBuffer(octets.readSlice(atMost)));
            } else {
                kept.remove();
                context.fireChannelRead(octets);
            }
            context.fireChannelReadComplete();
        } else if (first != null) {
            kept.remove();
            context.fireUserEventTriggered(first);
        }
    }

    private void readOn() {
        if (holds == 0 && kept.isEmpty()) {
            context.channel().config().setAutoRead(true);
        }
    }

    void drop() {
        kept.forEach(ReferenceCountUtil::release);
        kept.clear();
    }
}
