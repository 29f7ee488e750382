package io.postern.smtp.server;

import io.postern.smtp.Limit;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.TransactionOutcome;
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

    // written out, as a method that takes what is to be called would make an object for each command
    private static void failed(Throwable fault) {
        LOG.log(Level.ERROR, "the metrics failed", fault);
    }

    @Override
    public void connectionOpened() {
        try {
            metrics.connectionOpened();
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void connectionClosed() {
        try {
            metrics.connectionClosed();
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void connectionRefused() {
        try {
            metrics.connectionRefused();
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void commandAnswered(String verb, int replyCode) {
        try {
            metrics.commandAnswered(verb, replyCode);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void messageReceived(long octets, Reply reply, Duration time) {
        try {
            metrics.messageReceived(octets, reply, time);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void transactionEnded(TransactionOutcome outcome, Duration time) {
        try {
            metrics.transactionEnded(outcome, time);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void handlerAnswered(String question, Duration time) {
        try {
            metrics.handlerAnswered(question, time);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void authSucceeded(String mechanism) {
        try {
            metrics.authSucceeded(mechanism);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void authFailed(String mechanism, SaslFailure reason) {
        try {
            metrics.authFailed(mechanism, reason);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void tlsEstablished(String protocol) {
        try {
            metrics.tlsEstablished(protocol);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void tlsFailed() {
        try {
            metrics.tlsFailed();
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void limitHit(Limit limit) {
        try {
            metrics.limitHit(limit);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }

    @Override
    public void bytesInFlightChanged(long change) {
        try {
            metrics.bytesInFlightChanged(change);
        } catch (RuntimeException | Error fault) {
            failed(fault);
        }
    }
}
