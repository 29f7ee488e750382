package io.postern.smtp.server;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.TransactionOutcome;
import io.vertx.core.Context;
import io.vertx.core.tracing.TracingPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The mail transactions of one connection, one after the other, for those who measure and trace them. */
final class Transactions {

    private final Session session;
    private final Context context;
    private final TracingPolicy policy;
    private final SmtpMetrics metrics;
    private final boolean timed;

    private long begun;
    /** From MAIL until the transaction is over, whether or not MAIL was accepted; null when nobody traces it. */
    private @Nullable TransactionSpan span;

    /** @param context where hooks are called */
    Transactions(Session session, Context context, TracingPolicy policy, SmtpMetrics metrics) {
        this.session = session;
        this.context = context;
        this.policy = policy;
        this.metrics = metrics;
        this.timed = metrics instanceof GuardedMetrics;
    }

    /** The handler is about to be asked about MAIL. */
    void mailReceived() {
        span = TransactionSpan.begin(context, policy, session);
    }

    /** MAIL has its reply. */
    void mailAnswered(Reply reply) {
        if (!reply.isPositive()) {
            endSpan(TransactionOutcome.of(reply), reply);
        } else if (timed) {
            begun = System.nanoTime();
        }
    }

    /** The transaction that MAIL has opened is over. */
    void ended(TransactionOutcome outcome, @Nullable Reply reply) {
        if (timed) {
            metrics.transactionEnded(outcome, Duration.ofNanos(System.nanoTime() - begun));
        }
        endSpan(outcome, reply);
    }

    /** The session is over; MAIL that waits for its answer will have none. */
    void sessionEnded() {
        endSpan(TransactionOutcome.ABORTED, null);
    }

    private void endSpan(TransactionOutcome outcome, @Nullable Reply reply) {
        TransactionSpan ended = span;
        if (ended != null) {
            span = null;
            ended.end(outcome, reply);
        }
    }

    /** Notes that a hook has failed. */
    void hookFailed(Throwable cause) {
        if (span != null) {
            span.failed(cause);
        }
    }

    /** The span in which hooks are called now. */
    @Nullable
    TransactionSpan span() {
        return span;
    }
}
