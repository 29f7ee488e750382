package io.postern.smtp.server;

import io.vertx.core.Context;
import io.vertx.core.Vertx;

/** Brings calls from other threads to the context that a connection belongs to. */
final class Contexts {

    private Contexts() {}

    /** Runs {@code action} on {@code context}: now, when the caller is there already, else as soon as it is free. */
    @SuppressWarnings("ReferenceEquality") // a context is itself and no other; one that merely equals it will not do
    static void run(Context context, Runnable action) {
        if (Vertx.currentContext() == context) {
            action.run();
        } else {
            context.runOnContext(v -> action.run());
        }
    }
}
