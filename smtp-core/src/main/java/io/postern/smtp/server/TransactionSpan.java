package io.postern.smtp.server;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.TransactionOutcome;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingPolicy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One mail transaction as a tracer of Vert.x sees it, and the context that belongs to it: what a hook that is called there
 * begins, a message on the event bus for instance, becomes a child of the span. What a tracer throws harms nothing.
 */
final class TransactionSpan {

    private static final Logger LOG = SmtpConnection.LOG;

    private static final TagExtractor<Session> BEGINNING = new Tags<>(
            List.of("network.protocol.name", "smtp.session.id"),
            (session, tag) -> tag == 0 ? protocol(session).toLowerCase(Locale.ROOT) : session.id());

    private static final TagExtractor<End> ENDING = new Tags<>(
            List.of("smtp.transaction.outcome", "smtp.response.status_code"),
            (end, tag) -> tag == 0 ? end.outcome() : end.code());

    private final VertxTracer<Object, ?> tracer;
    private final ContextInternal context;
    private final Object payload;
    private @Nullable Throwable failure;
    private boolean ended;

    private TransactionSpan(VertxTracer<Object, ?> tracer, ContextInternal context, Object payload) {
        this.tracer = tracer;
        this.context = context;
        this.payload = payload;
    }

    /**
     * Begins a span, or gives null when nobody traces this transaction.
     *
     * @param context where the hooks of the connection are called
     */
    static @Nullable TransactionSpan begin(Context context, TracingPolicy policy, Session session) {
        ContextInternal connection = (ContextInternal) context;
        VertxTracer<Object, ?> tracer = tracerOf(connection);
        if (tracer == null || policy == TracingPolicy.IGNORE) {
            return null;
        }
        // what the tracer and the handler put into its locals ends with the transaction
        ContextInternal own = connection.duplicate();
        try {
            Object payload = tracer.receiveRequest(
                    own, SpanKind.RPC, policy, session, protocol(session) + " transaction", List.of(), BEGINNING);
            return payload == null ? null : new TransactionSpan(tracer, own, payload);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, session.id() + ": the tracer failed", fault);
            return null;
        }
    }

    @SuppressWarnings("unchecked") // the payload is given back to the tracer that it came from
    private static @Nullable VertxTracer<Object, ?> tracerOf(ContextInternal context) {
        return context.tracer();
    }

    private static String protocol(Session session) {
        return session.lmtp() ? "LMTP" : "SMTP";
    }

    /** Where hooks are called as long as the transaction runs. */
    Context context() {
        return context;
    }

    /** Calls a hook in the span, on this thread. */
    <T> T call(Supplier<T> hook) {
        ContextInternal previous = context.beginDispatch();
        try {
            return hook.get();
        } finally {
            context.endDispatch(previous);
        }
    }

    /** Notes what went wrong, for the end; the first counts. */
    void failed(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    /** Ends the span, unless it has ended already. */
    void end(TransactionOutcome outcome, @Nullable Reply reply) {
        if (ended) {
            return;
        }
        ended = true;
        End end =
                new End(outcome.name().toLowerCase(Locale.ROOT), reply == null ? null : Integer.toString(reply.code()));
        try {
            tracer.sendResponse(context, end, payload, failure, ENDING);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "the tracer failed", fault);
        }
    }

    private record End(String outcome, @Nullable String code) {}

    private interface Value<T> {
        @Nullable
        String of(T source, int tag);
    }

    /** Tags that always have the same names; the last one is left out when it has no value. */
    private record Tags<T>(List<String> names, Value<T> values) implements TagExtractor<T> {

        @Override
        public int len(T source) {
            int last = names.size() - 1;
            return values.of(source, last) == null ? last : last + 1;
        }

        @Override
        public String name(T source, int tag) {
            return names.get(tag);
        }

        @Override
        public @Nullable String value(T source, int tag) {
            return values.of(source, tag);
        }
    }
}
