package io.postern.smtp.handlers.eventbus;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/** Where things run. */
final class Contexts {

    private Contexts() {}

    /** Runs {@code action} on {@code context}: now, when the caller is there already, else as soon as it is free. */
    static void run(Context context, Runnable action) {
        // in executeBlocking the current context is that of the caller, but the thread is another
        if (((ContextInternal) context).isRunningOnContext()) {
            action.run();
        } else {
            context.runOnContext(v -> action.run());
        }
    }
}
