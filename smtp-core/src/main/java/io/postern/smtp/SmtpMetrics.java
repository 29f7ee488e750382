package io.postern.smtp;

import io.postern.smtp.sasl.SaslFailure;
import java.time.Duration;

/**
 * Is told what happens on a server, to count and time it. Hand it to {@link SmtpServer#setMetrics}; implement what is of
 * interest, the rest does nothing:
 *
 * <pre>{@code
 * class Refusals implements SmtpMetrics {
 *     final LongAdder refused = new LongAdder();
 *
 *     public void connectionRefused() {
 *         refused.increment();
 *     }
 * }
 * }</pre>
 *
 * <p>Methods are called on the event loop of the connection and must not block; one object may serve several event loops.
 * One that throws is noted in the log and harms nothing. All names that are handed over are of a bounded number, whatever
 * clients send, so that they can be labels.
 */
public interface SmtpMetrics {

    /** Counts nothing. A server that has no other one reads no clock for it. */
    SmtpMetrics NONE = new SmtpMetrics() {};

    /** A connection is served; followed by one {@link #connectionClosed()}. */
    default void connectionOpened() {}

    /** A connection that was served is over, for whatever reason. */
    default void connectionClosed() {}

    /**
     * A connection was closed before it was served: because of a limit, its PROXY header, its TLS handshake, or as there was no
     * handler.
     */
    default void connectionRefused() {}

    /**
     * A command was answered. DATA is when the client may begin to send; the message follows with {@link #messageReceived}.
     *
     * @param verb the verb in upper case, of the protocol or of an extension; {@code other} for everything else
     * @param replyCode the code of its reply
     */
    default void commandAnswered(String verb, int replyCode) {}

    /**
     * A message was answered, when it had ended or because it was refused before it began.
     *
     * @param octets what was received of it
     * @param reply the answer; of several, in LMTP and with PRDR, one that accepts the message if there is any, else one that
     *     refuses it for now
     * @param time from its beginning to the answer
     */
    default void messageReceived(long octets, Reply reply, Duration time) {}

    /**
     * A transaction is over. One whose MAIL was refused was none.
     *
     * @param time from the acceptance of MAIL to the answer to the message, or to when it was given up
     */
    default void transactionEnded(TransactionOutcome outcome, Duration time) {}

    /**
     * A handler, extension or mechanism has answered in time; one that has not is {@link Limit#HANDLER_TIMEOUT}.
     *
     * @param question the verb that it was asked about, as in {@link #commandAnswered}; {@code CONNECT} and {@code PROXY} for
     *     what comes before the first; {@code DATA} and {@code BDAT} with the time from the beginning of the message
     */
    default void handlerAnswered(String question, Duration time) {}

    /** A client has authenticated itself. */
    default void authSucceeded(String mechanism) {}

    /** A client has not. */
    default void authFailed(String mechanism, SaslFailure reason) {}

    /**
     * A connection is encrypted, by STARTTLS or from its beginning.
     *
     * @param protocol such as {@code TLSv1.3}
     */
    default void tlsEstablished(String protocol) {}

    /** A TLS handshake failed or took too long. */
    default void tlsFailed() {}

    /** Somebody ran into a limit. */
    default void limitHit(Limit limit) {}

    /**
     * The octets of messages in flight, see {@link SmtpServerOptions#setMaxBytesInFlight}, have become more or fewer. The sum
     * of all changes is the number of octets in flight now.
     */
    default void bytesInFlightChanged(long change) {}
}
