package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A policy for a {@link HandlerChain}: so many connections, messages or recipients of one client in a period. It is a token
 * bucket: whoever was silent for a period may send all at once, and then one for each {@code period / limit}.
 *
 * <p>A client is an IPv4 address or an IPv6 network of 64 bits, for that is what one customer has. Those on Unix sockets
 * have no address and no limit. What is counted is what was asked for, whatever becomes of it.
 *
 * <p>One object serves all event loops, which share its counts. It knows 50,000 clients, unless told otherwise, in a few
 * megabytes; the one that has been silent for the longest time makes room.
 */
public final class RateLimit implements SmtpHandler {

    /** How many clients are known unless told otherwise. */
    public static final int DEFAULT_MAX_CLIENTS = 50_000;

    private static final Reply TOO_MANY_MESSAGES =
            Reply.of(450, "4.7.1", "Too many messages from your address, try again later");
    private static final Reply TOO_MANY_RECIPIENTS =
            Reply.of(450, "4.7.1", "Too many recipients from your address, try again later");

    private static final int IPV4_OCTETS = 4;
    private static final int IPV6_OCTETS = 8; // RFC 6177: no site has less than 64 bits

    private enum Subject {
        CONNECTIONS,
        MESSAGES,
        RECIPIENTS
    }

    private final Subject subject;
    private final int limit;
    private final Duration period;
    private final int maxClients;
    private final LongSupplier nanoTime;
    /** When the bucket of a client will be full again, in nanoseconds: so there is one number for each. */
    private final BoundedTable<String, Long> full;

    private RateLimit(Subject subject, int limit, Duration period, int maxClients, LongSupplier nanoTime) {
        Checks.atLeast("limit", limit, 1);
        if (period.compareTo(Duration.ofMillis(1)) < 0 || period.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException("period is " + period + "; allowed is 1 ms to 365 days");
        }
        this.subject = subject;
        this.limit = limit;
        this.period = period;
        this.maxClients = maxClients;
        this.nanoTime = nanoTime;
        this.full = new BoundedTable<>(maxClients);
    }

    /** So many connections; beyond them {@code 421 4.7.0}, and the connection is closed. */
    public static RateLimit connections(int limit, Duration period) {
        return new RateLimit(Subject.CONNECTIONS, limit, period, DEFAULT_MAX_CLIENTS, System::nanoTime);
    }

    /** So many messages, counted at MAIL; beyond them {@code 450 4.7.1}. */
    public static RateLimit messages(int limit, Duration period) {
        return new RateLimit(Subject.MESSAGES, limit, period, DEFAULT_MAX_CLIENTS, System::nanoTime);
    }

    /** So many recipients, of all messages together; beyond them {@code 450 4.7.1} for each. */
    public static RateLimit recipients(int limit, Duration period) {
        return new RateLimit(Subject.RECIPIENTS, limit, period, DEFAULT_MAX_CLIENTS, System::nanoTime);
    }

    /** The same limit, with nobody counted so far, that knows so many clients. */
    public RateLimit withMaxClients(int maxClients) {
        return new RateLimit(subject, limit, period, maxClients, nanoTime);
    }

    /** The same limit, with nobody counted so far, by another clock than {@link System#nanoTime}, for tests. */
    public RateLimit withClock(LongSupplier clock) {
        return new RateLimit(subject, limit, period, maxClients, clock);
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        return Future.succeededFuture(
                subject != Subject.CONNECTIONS || take(session) ? session.greeting() : Replies.TOO_MANY_CONNECTIONS);
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        return Future.succeededFuture(
                subject != Subject.MESSAGES || take(session) ? Replies.SENDER_OK : TOO_MANY_MESSAGES);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return Future.succeededFuture(
                subject != Subject.RECIPIENTS || take(session) ? Replies.RECIPIENT_OK : TOO_MANY_RECIPIENTS);
    }

    /** Takes a token from the client's bucket. @return whether there was one */
    private boolean take(Session session) {
        return ClientNetwork.of(session.peer(), IPV4_OCTETS, IPV6_OCTETS)
                .map(this::take)
                .orElse(true);
    }

    private boolean take(String client) {
        long now = nanoTime.getAsLong();
        long[] missing = new long[1];
        full.update(client, fullAt -> {
            long debt = fullAt == null ? 0 : Math.max(0, fullAt - now);
            missing[0] = debt + period.toNanos() / limit;
            return missing[0] > period.toNanos() ? null : now + missing[0];
        });
        return missing[0] <= period.toNanos();
    }
}
