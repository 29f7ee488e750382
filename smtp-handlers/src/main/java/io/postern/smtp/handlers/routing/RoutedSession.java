package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a {@link RecipientRouter} knows of one session. Confined to its context. */
final class RoutedSession {

    private final Session session;
    private final Questions questions;
    private final Set<Route> asked = new LinkedHashSet<>();
    private @Nullable Transaction transaction;

    RoutedSession(Session session) {
        this.session = session;
        this.questions = new Questions(session);
    }

    /** The server asks something new, or nothing any more. */
    void begin() {
        questions.begin();
    }

    /** Those who know of the session, in the order in which they came to. */
    List<SmtpHandler> asked() {
        return asked.stream().map(Route::handler).toList();
    }

    /** Puts a question to the handler of a route. @return a reply, never a failure; never when the server gave up waiting */
    Future<Reply> ask(Route route, Supplier<@Nullable Future<Reply>> hook) {
        asked.add(route);
        return questions.answer(hook).transform((reply, failure) -> {
            Reply given = failure == null ? route.reply(session, reply) : route.refusal(session, failure);
            return Future.succeededFuture(given);
        });
    }

    /** The transaction of an envelope: a new one when it is another than before. */
    @SuppressWarnings("ReferenceEquality") // an envelope is itself and no other
    Transaction transaction(Envelope envelope, Function<Recipient, Route> routing) {
        Transaction open = transaction;
        if (open == null || open.whole != envelope) {
            open = new Transaction(envelope, routing);
            transaction = open;
        }
        open.distribute();
        return open;
    }

    /** An envelope, divided. */
    static final class Transaction {

        private final Envelope whole;
        private final Function<Recipient, Route> routing;
        private final Map<Route, Share> shares = new LinkedHashMap<>();
        /** Whose the recipients are, in their order. */
        private final List<Share> owners = new ArrayList<>();

        private Transaction(Envelope whole, Function<Recipient, Route> routing) {
            this.whole = whole;
            this.routing = routing;
        }

        Share share(Route route) {
            return shares.computeIfAbsent(route, key -> new Share(whole, key));
        }

        Collection<Share> shares() {
            return shares.values();
        }

        /** Those that a message is for. */
        List<Share> receivers() {
            return shares.values().stream()
                    .filter(share -> !share.recipients().isEmpty())
                    .toList();
        }

        List<Share> owners() {
            return owners;
        }

        // What counts is what the server has recorded: an answer that came too late for the client came too late for a
        // handler as well.
        private void distribute() {
            List<Recipient> accepted = whole.recipients();
            while (owners.size() < accepted.size()) {
                Recipient recipient = accepted.get(owners.size());
                Share share = share(routing.apply(recipient));
                share.add(recipient);
                owners.add(share);
            }
        }
    }
}
