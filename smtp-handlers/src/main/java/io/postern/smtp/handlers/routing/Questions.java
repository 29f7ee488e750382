package io.postern.smtp.handlers.routing;

import io.postern.smtp.Session;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The questions of one session, each of which is put to several handlers in turn. A server waits only so long for an
 * answer, and then goes on: whoever answers after that must not set off a hook that nobody wants any more, out of its
 * order or behind the disconnect. Confined to the context of the session.
 */
final class Questions {

    private final Session session;
    private int current;

    Questions(Session session) {
        this.session = session;
    }

    /** The server asks something new, or nothing any more: what it asked before is over. */
    void begin() {
        current++;
    }

    /**
     * Calls a hook.
     *
     * @return its answer, on the context of the session; in the span of its transaction; it never
     *     comes when the server has given up the question meanwhile
     */
    <T> Future<T> answer(Supplier<@Nullable Future<T>> hook) {
        int asked = current;
        Context here = Contexts.of(session);
        Future<T> answer = Hooks.call(hook);
        if (answer.isComplete()) {
            return answer;
        }
        Promise<T> inTime = Promise.promise();
        answer.onComplete(done -> Contexts.run(here, () -> {
            if (asked == current) {
                inTime.handle(done);
            }
        }));
        return inTime.future();
    }
}
