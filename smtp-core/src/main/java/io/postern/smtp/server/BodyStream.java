package io.postern.smtp.server;

import io.postern.smtp.MessageAbortedException;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a message as its handler reads it. Nothing is handed over before a handler is set, nor while the stream is
 * paused; the connection reads no further meanwhile, so that at most what one read of the socket gave waits here.
 */
class BodyStream implements ReadStream<Buffer> {

    private final Context context;
    private final Runnable onDemand;
    private final BiConsumer<BodyStream, Throwable> onFault;
    private final Queue<Buffer> waiting = new ArrayDeque<>(1);
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;
    private long demand = Long.MAX_VALUE;
    private long octetsReceived;
    private long octetsWaiting;
    private boolean ended;
    private boolean over;
    /** Why the stream has failed, until a handler was told. */
    private @Nullable Throwable failure;

    /**
     * @param context where its handlers are called
     * @param onDemand called when the handler wants more
     * @param onFault called when one of its handlers throws
     */
    BodyStream(Context context, Runnable onDemand, BiConsumer<BodyStream, Throwable> onFault) {
        this.context = context;
        this.onDemand = onDemand;
        this.onFault = onFault;
    }

    /** Whether more should be read from the network. */
    boolean wantsMore() {
        return over || (handler != null && demand > 0 && waiting.isEmpty());
    }

    /** How many octets of the body there were so far. */
    long octetsReceived() {
        return octetsReceived;
    }

    /** How many of them have not been handed over. */
    long octetsWaiting() {
        return octetsWaiting;
    }

    void offer(Buffer content) {
        if (!over) {
            octetsReceived += content.length();
            octetsWaiting += content.length();
            waiting.add(content);
            deliver();
        }
    }

    void end() {
        ended = true;
        deliver();
    }

    /** Ends the stream with a failure; content that waits is dropped. */
    void fail(String reason) {
        if (!over) {
            finish();
            failure = new MessageAbortedException(reason);
            tellFailure();
        }
    }

    /** The message has its answer: nothing more is handed over. */
    void close() {
        finish();
    }

    private void finish() {
        over = true;
        waiting.clear();
        octetsWaiting = 0;
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
            Buffer next = waiting.remove();
            octetsWaiting -= next.length();
            guarded(handler, next);
        }
        if (!over && handler != null && ended && waiting.isEmpty()) {
            over = true;
            if (endHandler != null) {
                guarded(endHandler, null);
            }
        }
    }

    private <T> void guarded(Handler<T> target, @Nullable T event) {
        try {
            call(target, event);
        } catch (RuntimeException | Error fault) {
            finish();
            onFault.accept(this, fault);
        }
    }

    <T> void call(Handler<T> target, @Nullable T event) {
        target.handle(event);
    }

    @Override
    public BodyStream handler(@Nullable Handler<Buffer> newHandler) {
        // what waits comes in a turn of its own, so that the caller can set its other handlers first
        onContext(() -> {
            handler = newHandler;
            context.runOnContext(v -> more());
        });
        return this;
    }

    @Override
    public BodyStream pause() {
        onContext(() -> demand = 0);
        return this;
    }

    @Override
    public BodyStream resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public BodyStream fetch(long amount) {
        if (amount < 0) {
            throw new IllegalArgumentException("amount is " + amount + "; allowed is 0 or more");
        }
        onContext(() -> {
            demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
            more();
        });
        return this;
    }

    @Override
    public BodyStream endHandler(@Nullable Handler<Void> newHandler) {
        onContext(() -> endHandler = newHandler);
        return this;
    }

    @Override
    public BodyStream exceptionHandler(@Nullable Handler<Throwable> newHandler) {
        onContext(() -> {
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
        demanded();
    }

    void demanded() {
        onDemand.run();
    }

    private void onContext(Runnable change) {
        Contexts.run(context, change);
    }
}
