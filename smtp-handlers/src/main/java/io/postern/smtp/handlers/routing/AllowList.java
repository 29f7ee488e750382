package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Mailbox;
import io.postern.smtp.Networks;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A policy for a {@link HandlerChain}: only those that are listed. Peers by their address, recipients by their domain or
 * by their whole address:
 *
 * <pre>{@code
 * // everybody may send to example.org, our own network and who has logged in to anybody
 * AllowList.domains("example.org", "*.example.org").exceptFor("192.0.2.0/24").exceptForAuthenticated()
 * }</pre>
 *
 * <p>Immutable; one object serves all event loops.
 */
public final class AllowList implements SmtpHandler {

    private static final Reply NO_SERVICE = Reply.of(554, "5.7.1", "no service for your address");
    private static final Reply NOT_RELAYING = Reply.of(550, "5.7.1", "not relaying to that domain");
    private static final Reply NO_SUCH_USER = Reply.of(550, "5.1.1", "no such user");

    private static final String UNIX = "unix";

    private final Predicate<Session> peers;
    private final Predicate<Mailbox> recipients;
    private final Reply refusal;
    private final Predicate<Session> exempt;

    private AllowList(
            Predicate<Session> peers, Predicate<Mailbox> recipients, Reply refusal, Predicate<Session> exempt) {
        this.peers = peers;
        this.recipients = recipients;
        this.refusal = refusal;
        this.exempt = exempt;
    }

    /**
     * Only these clients may connect; others read {@code 554 5.7.1} in place of the greeting, and may say QUIT.
     *
     * @param networks addresses, networks such as {@code 192.0.2.0/24}, and {@code unix} for clients of Unix sockets
     * @throws IllegalArgumentException when one is none of these
     */
    public static AllowList peers(String... networks) {
        return new AllowList(listed(networks), recipient -> true, NO_SERVICE, session -> false);
    }

    /**
     * Only recipients of these domains are taken; others read {@code 550 5.7.1}. {@code postmaster} without a domain always
     * is (RFC 5321 §4.5.1).
     *
     * @param domains {@code example.org}, {@code *.example.org} for all below it, or address literals
     * @throws IllegalArgumentException when one is none of these
     */
    public static AllowList domains(String... domains) {
        DomainTable<Boolean> table = new DomainTable<>();
        for (String domain : domains) {
            table.put(domain, true);
        }
        return new AllowList(
                session -> true,
                recipient -> recipient.domain().isEmpty()
                        || table.find(recipient.domain()).isPresent(),
                NOT_RELAYING,
                session -> false);
    }

    /**
     * Only these recipients are taken, whatever their upper and lower case; others read {@code 550 5.1.1}. {@code
     * postmaster} without a domain always is (RFC 5321 §4.5.1).
     *
     * @throws IllegalArgumentException when one is not an address
     */
    public static AllowList recipients(Collection<String> addresses) {
        Set<String> known =
                addresses.stream().map(address -> normal(Mailbox.of(address))).collect(Collectors.toUnmodifiableSet());
        return new AllowList(
                session -> true,
                recipient -> recipient.domain().isEmpty() || known.contains(normal(recipient)),
                NO_SUCH_USER,
                session -> false);
    }

    /** The same list, which does not hold for these clients; see {@link #peers}. */
    public AllowList exceptFor(String... networks) {
        return new AllowList(peers, recipients, refusal, exempt.or(listed(networks)));
    }

    /** The same list, which does not hold for clients that have logged in. */
    public AllowList exceptForAuthenticated() {
        return new AllowList(
                peers,
                recipients,
                refusal,
                exempt.or(session -> session.authenticated().isPresent()));
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        return Future.succeededFuture(peers.test(session) || exempt.test(session) ? session.greeting() : refusal);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return Future.succeededFuture(
                recipients.test(recipient.mailbox()) || exempt.test(session) ? Replies.RECIPIENT_OK : refusal);
    }

    private static Predicate<Session> listed(String... peers) {
        boolean unix = List.of(peers).contains(UNIX);
        Networks networks = Networks.of(
                List.of(peers).stream().filter(peer -> !peer.equals(UNIX)).toList());
        return session -> session.peer().isDomainSocket() ? unix : networks.contains(session.peer());
    }

    // what a local part means only its own server may say (RFC 5321 §2.4): whoever lists his users here is that server
    private static String normal(Mailbox mailbox) {
        return mailbox.localPart().toLowerCase(Locale.ROOT) + "@" + DomainTable.normal(mailbox.domain());
    }
}
