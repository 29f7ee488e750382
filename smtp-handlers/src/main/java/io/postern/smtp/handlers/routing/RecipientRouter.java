package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Mailbox;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Leads each recipient to a handler by its domain.
 *
 * <pre>{@code
 * SmtpHandler router = RecipientRouter.builder()
 *         .route("example.org", mailboxes)
 *         .route("*.lists.example.org", lists)
 *         .otherwise(relay)
 *         .build();
 * }</pre>
 *
 * <p>Each handler sees a transaction of its own: an {@link Envelope} with the sender and its recipients only. It is asked
 * about the sender when the first recipient for it comes, and then about the recipient; when it refuses the sender, all of
 * its recipients read that. Handlers without an accepted recipient get no message.
 *
 * <p>A message for several handlers is streamed to all of them at once, as fast as the slowest takes it; no more than one
 * buffer of it is held. A handler that answers early, or fails, holds up nobody. Where each recipient has its reply, in LMTP
 * and with PRDR, it is that of its handler. Else the client reads the one that {@link Reply#worstOf} picks: when some
 * handlers have accepted, and the client sends the message again for others that have not, the former get it twice.
 *
 * <p>VRFY and EXPN lead to a handler by the domain as well. What has no recipient a router answers by itself, as the
 * defaults of {@link SmtpHandler} do: its handlers are not told of the connection, HELO, EHLO and so on. Put a {@link
 * HandlerChain} in front for that. RSET is told to the handlers that were asked in the transaction, the disconnect to those
 * that were asked in the session, in both cases once.
 *
 * <p>A hook of a handler that fails is answered as its own {@link SmtpHandler#handleException} says, and goes to the log.
 */
public final class RecipientRouter implements SmtpHandler {

    private static final Reply NOT_RELAYING = Reply.of(550, "5.7.1", "not relaying to that domain");

    private final DomainTable<Route> domains;
    private final Optional<Route> otherwise;
    private final Route first;
    private final boolean holdsMessages;
    private final ConcurrentMap<String, RoutedSession> sessions = new ConcurrentHashMap<>();

    private RecipientRouter(Builder builder) {
        this.domains = builder.domains;
        this.otherwise = Optional.ofNullable(builder.otherwise);
        this.first = builder.routes.get(0);
        this.holdsMessages =
                builder.routes.stream().anyMatch(route -> route.handler().holdsMessages());
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects routes; see {@link RecipientRouter}. */
    public static final class Builder {

        private final DomainTable<Route> domains = new DomainTable<>();
        private final List<Route> routes = new ArrayList<>();
        private @Nullable Route otherwise;

        private Builder() {}

        /**
         * Leads recipients of a domain to a handler. A handler may have several domains, and sees their recipients in one
         * transaction.
         *
         * @param domain {@code example.org} for this domain alone, {@code *.example.org} for all domains below it, or an
         *     address literal such as {@code [192.0.2.1]}; the longest match counts
         * @throws IllegalArgumentException when it is none of these, or has a route already
         */
        public Builder route(String domain, SmtpHandler handler) {
            domains.put(domain, routeTo(handler));
            return this;
        }

        /** Leads recipients of all other domains to a handler; without one they are refused with {@code 550 5.7.1}. */
        public Builder otherwise(SmtpHandler handler) {
            otherwise = routeTo(handler);
            return this;
        }

        @SuppressWarnings("ReferenceEquality") // two handlers that equal each other are two
        private Route routeTo(SmtpHandler handler) {
            for (Route route : routes) {
                if (route.handler() == handler) {
                    return route;
                }
            }
            Route added = new Route(handler);
            routes.add(added);
            return added;
        }

        /** @throws IllegalArgumentException when there is no route */
        public RecipientRouter build() {
            if (routes.isEmpty()) {
                throw new IllegalArgumentException("routes is empty; at least one is needed");
            }
            return new RecipientRouter(this);
        }
    }

    private Optional<Route> routeOf(Session session, Mailbox mailbox) {
        if (!mailbox.domain().isEmpty()) {
            return domains.find(mailbox.domain()).or(() -> otherwise);
        }
        // RFC 5321 §4.5.1: mail to postmaster must find somebody
        return domains.find(session.serverName()).or(() -> otherwise).or(() -> Optional.of(first));
    }

    private RoutedSession state(Session session) {
        RoutedSession state = sessions.computeIfAbsent(session.id(), id -> new RoutedSession(session));
        state.begin();
        return state;
    }

    private RoutedSession.Transaction transaction(RoutedSession state, Session session, Envelope envelope) {
        return state.transaction(
                envelope, recipient -> routeOf(session, recipient.mailbox()).orElseThrow());
    }

    /** Accepts every sender: the handlers are asked about him when it is known who they are. */
    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        return SmtpHandler.super.handleMail(session, envelope, sender);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        Optional<Route> found = routeOf(session, recipient.mailbox());
        if (found.isEmpty()) {
            return Future.succeededFuture(NOT_RELAYING);
        }
        Route route = found.get();
        RoutedSession state = state(session);
        Share share = transaction(state, session, envelope).share(route);
        return askAboutSender(state, session, share, envelope.sender().orElseThrow())
                .compose(reply -> reply.isPositive()
                        ? state.ask(route, () -> route.handler().handleRcpt(session, share, recipient))
                        : Future.succeededFuture(reply));
    }

    private static Future<Reply> askAboutSender(RoutedSession state, Session session, Share share, Sender sender) {
        Optional<Reply> known = share.answerToSender();
        if (known.isPresent()) {
            return Future.succeededFuture(known.get());
        }
        Route route = share.route();
        return state.ask(route, () -> route.handler().handleMail(session, share, sender))
                .map(reply -> {
                    share.answerToSender(reply);
                    return reply;
                });
    }

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return deliver(
                        session,
                        envelope,
                        body,
                        (share, part) -> share.route()
                                .handler()
                                .handleData(session, share, part)
                                .map(reply ->
                                        Collections.nCopies(share.recipients().size(), reply)))
                .map(Reply::worstOf);
    }

    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return deliver(
                session,
                envelope,
                body,
                (share, part) -> share.route().handler().handleDataPerRecipient(session, share, part));
    }

    private Future<List<Reply>> deliver(
            Session session,
            Envelope envelope,
            ReadStream<Buffer> body,
            BiFunction<Share, ReadStream<Buffer>, @Nullable Future<List<Reply>>> hook) {
        RoutedSession.Transaction transaction = transaction(state(session), session, envelope);
        return new Delivery(session, hook)
                .deliver(body, transaction.receivers())
                .map(replies -> inOrderOfRecipients(transaction.owners(), replies));
    }

    private static List<Reply> inOrderOfRecipients(List<Share> owners, Map<Share, List<Reply>> replies) {
        Map<Share, Integer> next = new HashMap<>();
        List<Reply> all = new ArrayList<>();
        for (Share owner : owners) {
            int index = next.merge(owner, 1, Integer::sum) - 1;
            all.add(replies.getOrDefault(owner, List.of()).get(index));
        }
        return all;
    }

    /** Whether one of the handlers does. */
    @Override
    public boolean holdsMessages() {
        return holdsMessages;
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        RoutedSession state = state(session);
        List<Future<Reply>> told = new ArrayList<>();
        for (Share share : transaction(state, session, envelope).shares()) {
            told.add(state.ask(share.route(), () -> share.route().handler().handleRset(session, share)));
        }
        return told.isEmpty()
                ? SmtpHandler.super.handleRset(session, envelope)
                : Future.all(told).map(all -> Reply.worstOf(all.<Reply>list()));
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        return askAbout(session, address, handler -> handler.handleVrfy(session, address))
                .orElseGet(() -> SmtpHandler.super.handleVrfy(session, address));
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        return askAbout(session, list, handler -> handler.handleExpn(session, list))
                .orElseGet(() -> SmtpHandler.super.handleExpn(session, list));
    }

    private Optional<Future<Reply>> askAbout(
            Session session, String address, Function<SmtpHandler, Future<Reply>> hook) {
        String bare =
                address.startsWith("<") && address.endsWith(">") ? address.substring(1, address.length() - 1) : address;
        return Mailbox.parse(bare)
                .flatMap(mailbox -> routeOf(session, mailbox))
                .map(route -> state(session).ask(route, () -> hook.apply(route.handler())));
    }

    @Override
    public void handleDisconnect(Session session) {
        RoutedSession state = sessions.remove(session.id());
        if (state != null) {
            state.begin();
            Telling.all(state.asked(), handler -> handler.handleDisconnect(session));
        }
    }

    /** How many sessions it knows of, for tests that nothing is left behind. */
    int openSessions() {
        return sessions.size();
    }
}
