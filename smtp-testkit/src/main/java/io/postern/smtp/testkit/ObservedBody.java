package io.postern.smtp.testkit;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * A message as the handler in an {@link SmtpHandlerTester} reads it: how far it has got, and how much more it asks for. The
 * handler is given this object, and through it the stream of the server.
 */
public final class ObservedBody implements ReadStream<Buffer> {

    private final ReadStream<Buffer> body;
    private final Context context;
    private long octets;
    private int pieces;
    private long demand = Long.MAX_VALUE;
    private boolean read;
    private boolean ended;
    private @Nullable Throwable failure;
    private boolean failureTold;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;

    /** @param context where the handlers of the stream are called */
    ObservedBody(ReadStream<Buffer> body, Context context) {
        this.body = body;
        this.context = context;
        body.exceptionHandler(cause -> {
            failure = cause;
            tellFailure();
        });
        body.endHandler(end -> {
            ended = true;
            if (endHandler != null) {
                endHandler.handle(null);
            }
        });
    }

    private void tellFailure() {
        Throwable untold = failureTold ? null : failure;
        if (untold != null && exceptionHandler != null) {
            failureTold = true;
            exceptionHandler.handle(untold);
        }
    }

    /** Keeps what is asked for from other threads in the order in which the stream sees it. */
    private void onContext(Runnable change) {
        if (context.equals(Vertx.currentContext())) {
            change.run();
        } else {
            context.runOnContext(v -> change.run());
        }
    }

    /** How many octets of the message the handler has been given. */
    public long octets() {
        return octets;
    }

    /** In how many pieces. */
    public int pieces() {
        return pieces;
    }

    /**
     * How many more pieces the handler takes: 0 when it has paused the stream or has not begun to read it,
     * {@link Long#MAX_VALUE} when it takes all that comes.
     */
    public long demand() {
        return read ? demand : 0;
    }

    /** Whether the handler has been told that the message is whole. */
    public boolean isEnded() {
        return ended;
    }

    /** Whether the message will never be whole, be it that the handler wanted to know or not. */
    public boolean isAborted() {
        return failure != null;
    }

    @Override
    public ObservedBody handler(@Nullable Handler<Buffer> handler) {
        onContext(() -> read = handler != null);
        body.handler(handler == null ? null : piece -> take(piece, handler));
        return this;
    }

    private void take(Buffer piece, Handler<Buffer> handler) {
        octets += piece.length();
        pieces++;
        if (demand != Long.MAX_VALUE) {
            demand--;
        }
        handler.handle(piece);
    }

    @Override
    public ObservedBody pause() {
        onContext(() -> demand = 0);
        body.pause();
        return this;
    }

    @Override
    public ObservedBody resume() {
        onContext(() -> demand = Long.MAX_VALUE);
        body.resume();
        return this;
    }

    @Override
    public ObservedBody fetch(long amount) {
        if (amount >= 0) { // else the stream refuses it
            onContext(() -> demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount);
        }
        body.fetch(amount);
        return this;
    }

    @Override
    public ObservedBody endHandler(@Nullable Handler<Void> handler) {
        onContext(() -> endHandler = handler);
        return this;
    }

    @Override
    public ObservedBody exceptionHandler(@Nullable Handler<Throwable> handler) {
        onContext(() -> {
            exceptionHandler = handler;
            if (failure != null) {
                context.runOnContext(v -> tellFailure()); // as the stream of the server does it
            }
        });
        return this;
    }
}
