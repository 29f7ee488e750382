package io.postern.smtp.handlers.stream;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a message as somebody reads it whom it is handed on to. Nothing is handed over before a handler is set, nor
 * while the stream is paused; no further piece should be asked for meanwhile, so that at most one waits here.
 */
public final class HandedOnBody implements ReadStream<Buffer> {

    private final Context context;
    private final Runnable onDemand;
    private final Consumer<Throwable> onFault;
    private final Queue<Buffer> waiting = new ArrayDeque<>(1);
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;
    private long demand = Long.MAX_VALUE;
    private boolean whole;
    private boolean over;
    /** Why the stream has failed, until a handler was told. */
    private @Nullable Throwable failure;

    /**
     * @param context where its handlers are called, and all methods that are not of a stream
     * @param onDemand called when the handler may want more
     * @param onFault called when one of its handlers throws
     */
    public HandedOnBody(Context context, Runnable onDemand, Consumer<Throwable> onFault) {
        this.context = context;
        this.onDemand = onDemand;
        this.onFault = onFault;
    }

    /** Whether another piece should be asked for. */
    public boolean wantsMore() {
        return !whole && !over && handler != null && demand > 0 && waiting.isEmpty();
    }

    /** Whether nothing more is handed over: it has ended or failed, or was closed. */
    public boolean isOver() {
        return over;
    }

    /**
     * Here is a piece.
     *
     * @param parts what it is made of, perhaps nothing
     * @param last whether the message is whole with it; a piece of nothing may follow that one
     */
    public void offer(List<Buffer> parts, boolean last) {
        if (!over) {
            waiting.addAll(parts);
            whole |= last;
            deliver();
        }
    }

    /** The message will not be whole. */
    public void fail(Throwable cause) {
        if (!over) {
            finish();
            failure = cause;
            tellFailure();
        }
    }

    /** Its reader wants nothing more, and is told nothing more. */
    public void close() {
        finish();
    }

    private void finish() {
        over = true;
        waiting.clear();
    }

    private void tellFailure() {
        Throwable untold = failure;
        if (untold != null && exceptionHandler != null) {
            failure = null;
            guarded(exceptionHandler, untold);
        }
    }

    private void deliver() {
        while (!over && handler != null && demand > 0 && !waiting.isEmpty()) {
            if (demand != Long.MAX_VALUE) {
                demand--;
            }
            guarded(handler, waiting.remove());
        }
        if (!over && handler != null && whole && waiting.isEmpty()) {
            over = true;
            if (endHandler != null) {
                guarded(endHandler, null);
            }
        }
    }

    private <T> void guarded(Handler<T> target, @Nullable T event) {
        try {
            target.handle(event);
        } catch (RuntimeException | Error fault) {
            finish();
            onFault.accept(fault);
        }
    }

    @Override
    public HandedOnBody handler(@Nullable Handler<Buffer> newHandler) {
        // what waits comes in a turn of its own, so that the caller can set its other handlers first
        Contexts.run(context, () -> {
            handler = newHandler;
            context.runOnContext(v -> more());
        });
        return this;
    }

    @Override
    public HandedOnBody pause() {
        Contexts.run(context, () -> demand = 0);
        return this;
    }

    @Override
    public HandedOnBody resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public HandedOnBody fetch(long amount) {
        if (amount < 0) {
            throw new IllegalArgumentException("amount is " + amount + "; allowed is 0 or more");
        }
        Contexts.run(context, () -> {
            demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
            more();
        });
        return this;
    }

    @Override
    public HandedOnBody endHandler(@Nullable Handler<Void> newHandler) {
        Contexts.run(context, () -> endHandler = newHandler);
        return this;
    }

    @Override
    public HandedOnBody exceptionHandler(@Nullable Handler<Throwable> newHandler) {
        Contexts.run(context, () -> {
            exceptionHandler = newHandler;
            if (failure != null) {
                // it came before anybody wanted to know; in a turn of its own, like what waits for a handler
                context.runOnContext(v -> tellFailure());
            }
        });
        return this;
    }

    private void more() {
        deliver();
        onDemand.run();
    }
}
