package io.postern.smtp.server;

import io.vertx.core.Handler;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A body whose handlers are called in the span of its transaction, on the event loop of its connection. */
final class TracedBodyStream extends BodyStream {

    private final TransactionSpan span;

    TracedBodyStream(TransactionSpan span, Runnable onDemand, BiConsumer<BodyStream, Throwable> onFault) {
        super(span.context(), onDemand, onFault);
        this.span = span;
    }

    @Override
    <T> void call(Handler<T> target, @Nullable T event) {
        span.call(() -> {
            super.call(target, event);
            return span;
        });
    }
}
