package io.postern.smtp.handlers.stream;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/** Where things run. */
public final class Contexts {

    private Contexts() {}

    /** Runs {@code action} on {@code context}: now, when the caller is there already, else as soon as it is free. */
    public static void run(Context context, Runnable action) {
        // in executeBlocking the current context is that of the caller, but the thread is another
        if (((ContextInternal) context).isRunningOnContext()) {
            action.run();
        } else {
            context.runOnContext(v -> action.run());
        }
    }
}
