package io.postern.smtp.handlers.stream;

import io.postern.smtp.Session;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/** Where things run. */
public final class Contexts {

    private Contexts() {}

    /**
     * The context that the hooks of a session are called on, as it is now: in a transaction that is traced that of its span,
     * when the caller is there, else {@link Session#context()}.
     */
    public static Context of(Session session) {
        ContextInternal own = (ContextInternal) session.context();
        ContextInternal current = ContextInternal.current();
        return current != null && own.unwrap().equals(current.unwrap()) ? current : own;
    }

    /**
     * Runs {@code action} on {@code context}: now, when the caller is there already, else as soon as it is free. A duplicate
     * of a context, as traced transactions have one, is there as well: what is asked for from both keeps its order.
     */
    public static void run(Context context, Runnable action) {
        ContextInternal wanted = (ContextInternal) context;
        ContextInternal current = ContextInternal.current();
        // in executeBlocking the current context is that of the caller, but the thread is another
        if (current == null || !wanted.unwrap().equals(current.unwrap()) || !wanted.inThread()) {
            context.runOnContext(v -> action.run());
        } else if (wanted.equals(current)) {
            action.run();
        } else {
            ContextInternal previous = wanted.beginDispatch();
            try {
                action.run();
            } finally {
                wanted.endDispatch(previous);
            }
        }
    }
}
