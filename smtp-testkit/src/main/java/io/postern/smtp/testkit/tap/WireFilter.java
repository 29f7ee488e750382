package io.postern.smtp.testkit.tap;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Stands between TLS and the server and lets all octets pass, until it is told otherwise. Its methods belong to the event
 * loop of the channel.
 */
@SuppressWarnings(
        "FutureReturnValueIgnored") // what is told of a channel that is cut or gone is told by its close handler
final class WireFilter extends ChannelDuplexHandler {

    /** How many octets of replies wait for a slow writer before no more commands are read. */
    private static final int MAX_WAITING = 65_536;

    private @Nullable ChannelHandlerContext context;
    private @Nullable IncomingOctets incoming;
    private @Nullable OutgoingOctets outgoing;
    private boolean congested;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        incoming = new IncomingOctets(added);
        outgoing = new OutgoingOctets(added);
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not in a pipeline yet");
    }

    private IncomingOctets incoming() {
        return Objects.requireNonNull(incoming);
    }

    private OutgoingOctets outgoing() {
        return Objects.requireNonNull(outgoing);
    }

    /** Runs a task on the event loop, behind all that is waiting there. */
    void later(Runnable task) {
        context().channel().eventLoop().execute(task);
    }

    void after(Time time, Duration delay, Runnable task) {
        time.after(delay, context().channel().eventLoop(), task);
    }

    // What is done to the connection

    void holdReads() {
        incoming().hold();
    }

    void releaseReads() {
        incoming().release();
    }

    void limitReads(int octetsPerSecond, Time time) {
        incoming().limit(octetsPerSecond, time);
    }

    void limitWrites(int octetsPerSecond, Time time) {
        outgoing().limit(octetsPerSecond, time);
    }

    void changeNext(OutgoingOctets.Change change, Time time) {
        outgoing().changeNext(change, time);
    }

    /** Drops the connection with a reset, and without a farewell of TLS. */
    void reset() {
        context().channel().config().setOption(ChannelOption.SO_LINGER, 0);
        context().pipeline().firstContext().close(); // from there, it passes by TLS
    }

    void close() {
        context().close();
    }

    void halfClose() {
        ((DuplexChannel) context().channel()).shutdownOutput();
    }

    // What passes

    @Override
    public void channelRead(ChannelHandlerContext reader, Object message) {
        if (incoming().isHolding()) {
            incoming().keep(message);
        } else {
            reader.fireChannelRead(message);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext reader, Object event) {
        if (event instanceof ChannelInputShutdownEvent && incoming().isHolding()) {
            incoming().keep(event); // it stands behind the octets
        } else {
            reader.fireUserEventTriggered(event);
        }
    }

    @Override
    public void write(ChannelHandlerContext writer, Object message, ChannelPromise promise) {
        if (!(message instanceof ByteBuf octets) || !outgoing().take(octets, promise)) {
            writer.write(message, promise);
        } else if (!congested && outgoing().waitingOctets() > MAX_WAITING) {
            congested = true;
            holdReads();
            awaitRoom();
        }
    }

    private void awaitRoom() {
        after(outgoing().time(), Duration.ofMillis(100), () -> {
            if (outgoing().waitingOctets() > MAX_WAITING) {
                awaitRoom();
            } else {
                congested = false;
                releaseReads();
            }
        });
    }

    @Override
    public void close(ChannelHandlerContext closer, ChannelPromise promise) {
        if (!outgoing().closeBehind(promise)) {
            closer.close(promise);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        incoming().drop();
        outgoing().drop();
    }
}
