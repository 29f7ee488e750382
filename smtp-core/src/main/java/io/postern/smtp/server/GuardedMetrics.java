package io.postern.smtp.server;

import io.postern.smtp.Limit;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.sasl.SaslFailure;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** The metrics of an application, which may throw without harm. */
final class GuardedMetrics implements SmtpMetrics {

    private static final Logger LOG = System.getLogger(GuardedMetrics.class.getName());

    private final SmtpMetrics metrics;

    private GuardedMetrics(SmtpMetrics metrics) {
        this.metrics = metrics;
    }

    static SmtpMetrics of(SmtpMetrics metrics) {
        return NONE.equals(metrics) ? NONE : new GuardedMetrics(metrics);
    }

    private static void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "the metrics failed", fault);
        }
    }

    @Override
    public void connectionOpened() {
        guarded(metrics::connectionOpened);
    }

    @Override
    public void connectionClosed() {
        guarded(metrics::connectionClosed);
    }

    @Override
    public void connectionRefused() {
        guarded(metrics::connectionRefused);
    }

    @Override
    public void commandAnswered(String verb, int replyCode) {
        guarded(() -> metrics.commandAnswered(verb, replyCode));
    }

    @Override
    public void messageReceived(long octets, Reply reply, Duration time) {
        guarded(() -> metrics.messageReceived(octets, reply, time));
    }

    @Override
    public void handlerAnswered(String question, Duration time) {
        guarded(() -> metrics.handlerAnswered(question, time));
    }

    @Override
    public void authSucceeded(String mechanism) {
        guarded(() -> metrics.authSucceeded(mechanism));
    }

    @Override
    public void authFailed(String mechanism, SaslFailure reason) {
        guarded(() -> metrics.authFailed(mechanism, reason));
    }

    @Override
    public void tlsEstablished(String protocol) {
        guarded(() -> metrics.tlsEstablished(protocol));
    }

    @Override
    public void tlsFailed() {
        guarded(metrics::tlsFailed);
    }

    @Override
    public void limitHit(Limit limit) {
        guarded(() -> metrics.limitHit(limit));
    }

    @Override
    public void bytesInFlightChanged(long change) {
        guarded(() -> metrics.bytesInFlightChanged(change));
    }
}
