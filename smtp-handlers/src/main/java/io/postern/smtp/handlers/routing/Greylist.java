package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A policy for a {@link HandlerChain}: who sends from an unknown network, with an unknown sender, to a recipient, is told to
 * come again (RFC 6647): {@code 450 4.7.1}. Mail servers do; much of what sends spam does not. A client is known by the
 * network of its address, 24 bits in IPv4 and 64 in IPv6, since large senders come again from a neighbour.
 *
 * <p>Accepted is who comes again after the delay, 5 minutes unless set, and within 2 days of the first time; then for 35
 * days from the last time. Clients that have logged in, and those on Unix sockets, are not asked to come again.
 *
 * <p>One object serves all event loops. It remembers 100,000 such triples, unless told otherwise, in some 15 MB, whatever the
 * length of addresses; the one that was not seen for the longest time makes room. After a restart all are unknown.
 */
public final class Greylist implements SmtpHandler {

    /** How long the first refusal holds unless told otherwise. */
    public static final Duration DEFAULT_DELAY = Duration.ofMinutes(5);

    /** How many triples are remembered unless told otherwise. */
    public static final int DEFAULT_MAX_ENTRIES = 100_000;

    // RFC 5321 §4.5.4.1: clients try for 4 to 5 days, but within the first hours several times
    private static final Duration RETRY_WINDOW = Duration.ofDays(2);
    private static final Duration LIFETIME = Duration.ofDays(35); // longer than from one monthly message to the next

    private static final Reply COME_AGAIN = Reply.of(450, "4.7.1", "Greylisted, please try again later");

    private static final int IPV4_OCTETS = 3;
    private static final int IPV6_OCTETS = 8;

    private final Duration delay;
    private final InstantSource clock;
    private final BoundedTable<Triple, Visit> known;

    /** With the defaults. */
    public Greylist() {
        this(DEFAULT_DELAY);
    }

    /** @param delay how long the first refusal holds */
    public Greylist(Duration delay) {
        this(delay, DEFAULT_MAX_ENTRIES, InstantSource.system());
    }

    /**
     * @param delay how long the first refusal holds
     * @param maxEntries how many triples are remembered
     * @param clock tells the time
     * @throws IllegalArgumentException when the delay is not positive or longer than a day, or nothing may be remembered
     */
    public Greylist(Duration delay, int maxEntries, InstantSource clock) {
        if (delay.isNegative() || delay.isZero() || delay.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("delay is " + delay + "; allowed is more than 0 and up to a day");
        }
        this.delay = delay;
        this.clock = clock;
        this.known = new BoundedTable<>(maxEntries);
    }

    /** A digest of network, sender and recipient: as large for long addresses as for short ones. */
    private record Triple(long high, long low) {}

    /**
     * @param since when the triple came first, or, once accepted, last
     * @param accepted whether it came again in time
     */
    private record Visit(Instant since, boolean accepted) {}

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        Optional<String> network = ClientNetwork.of(session.peer(), IPV4_OCTETS, IPV6_OCTETS);
        boolean welcome = network.isEmpty()
                || session.authenticated().isPresent()
                || isAccepted(triple(network.get(), envelope.mailFrom(), recipient.address()));
        return Future.succeededFuture(welcome ? Replies.RECIPIENT_OK : COME_AGAIN);
    }

    private boolean isAccepted(Triple triple) {
        Instant now = clock.instant();
        boolean[] accepted = new boolean[1];
        known.update(triple, last -> {
            Visit visit = visit(last, now);
            accepted[0] = visit.accepted();
            return visit;
        });
        return accepted[0];
    }

    private Visit visit(@Nullable Visit last, Instant now) {
        if (last == null || now.isAfter(last.since().plus(last.accepted() ? LIFETIME : RETRY_WINDOW))) {
            return new Visit(now, false);
        }
        boolean inTime = last.accepted() || !now.isBefore(last.since().plus(delay));
        return inTime ? new Visit(now, true) : last;
    }

    private static Triple triple(String network, String sender, String recipient) {
        try {
            // line ends stand in none of them
            String text = network + "\n" + sender + "\n" + recipient;
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(text.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
            ByteBuffer halves = ByteBuffer.wrap(digest);
            return new Triple(halves.getLong(), halves.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
