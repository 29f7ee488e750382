package io.postern.smtp.handlers.relay;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * An event loop on which state lives that no other thread touches. A relay has contexts of its own, so that a connection
 * in its pool outlives the session for which it was opened; it shares the event loop of that session, so that in the usual
 * case nothing crosses threads. The only class of this package that touches what is internal to Vert.x.
 */
final class Loop {

    private final ContextInternal context;

    private Loop(ContextInternal context) {
        this.context = context;
    }

    /** The event loop that the caller is on, or the next one when it is on none. */
    static Loop here(Vertx vertx) {
        VertxInternal internal = (VertxInternal) vertx;
        ContextInternal current = ContextInternal.current();
        boolean usable = current != null && current.owner().equals(vertx) && current.isEventLoopContext();
        return new Loop(
                usable
                        ? internal.contextBuilder()
                                .withEventLoop(current.nettyEventLoop())
                                .build()
                        : internal.createEventLoopContext());
    }

    /** Runs {@code action}: now, when the caller is on this event loop already, else as soon as it is free. */
    void run(Runnable action) {
        context.emit(action, Runnable::run);
    }

    /** A promise whose future tells its listeners on this event loop. */
    <T> Promise<T> promise() {
        return context.promise();
    }

    /** Whether it is the same thread. */
    boolean shares(Loop other) {
        return context.nettyEventLoop().equals(other.context.nettyEventLoop());
    }

    long setTimer(long milliseconds, Runnable action) {
        Handler<Long> handler = id -> action.run();
        return context.setTimer(Math.max(1, milliseconds), handler);
    }

    void cancelTimer(long id) {
        context.owner().cancelTimer(id);
    }

    /** For what takes its time; the future tells its listeners on this event loop. */
    <T> Future<T> blocking(Callable<T> action) {
        return context.executeBlocking(action, false).map(Objects::requireNonNull);
    }

    /** Closes at once. {@link NetSocket#close()} waits until all is written, for ever when the peer does not read. */
    @SuppressWarnings("FutureReturnValueIgnored") // the socket's close handler is told
    static void cut(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }
}
