package io.postern.smtp.handlers.stream;

import io.postern.smtp.Session;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The messages that a handler has of each session and has not answered: one, or several when several routes of a transaction
 * lead to the handler. Called on the context of the session.
 */
public final class OpenMessages<M> {

    private final Predicate<M> whole;
    private final Consumer<M> giveUp;
    /** Each set belongs to the context of its session. */
    private final ConcurrentMap<String, Set<M>> bySession = new ConcurrentHashMap<>();

    /**
     * @param whole whether the end of a message has come
     * @param giveUp tidies up a message that nobody wants any more
     */
    public OpenMessages(Predicate<M> whole, Consumer<M> giveUp) {
        this.whole = whole;
        this.giveUp = giveUp;
    }

    /**
     * A message begins. Those that are whole are of an earlier transaction, since all routes are asked before a message is
     * whole: the server has given them up without a word, as it does when an answer takes too long.
     */
    public void add(Session session, M message) {
        Set<M> open = bySession.computeIfAbsent(session.id(), id -> new HashSet<>());
        for (M earlier : List.copyOf(open)) {
            if (whole.test(earlier)) {
                open.remove(earlier);
                giveUp.accept(earlier);
            }
        }
        open.add(message);
    }

    /** A message has its answer. */
    public void remove(Session session, M message) {
        Set<M> open = bySession.get(session.id());
        if (open != null && open.remove(message) && open.isEmpty()) {
            bySession.remove(session.id());
        }
    }

    /** The session has ended. */
    public void giveUp(Session session) {
        Set<M> open = bySession.remove(session.id());
        if (open != null) {
            open.forEach(giveUp);
        }
    }
}
