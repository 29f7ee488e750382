package io.postern.smtp.handlers.routing;

import io.postern.smtp.SmtpHandler;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells something to several handlers: to each, also when others fail at it. */
final class Telling {

    private Telling() {}

    /** Fails, when all were told, as the first that failed did. */
    static void all(Iterable<? extends SmtpHandler> handlers, Consumer<SmtpHandler> hook) {
        @Nullable Throwable first = null;
        for (SmtpHandler handler : handlers) {
            try {
                hook.accept(handler);
            } catch (RuntimeException | Error fault) {
                if (first == null) {
                    first = fault;
                } else {
                    first.addSuppressed(fault);
                }
            }
        }
        if (first instanceof RuntimeException fault) {
            throw fault;
        } else if (first instanceof Error fault) {
            throw fault;
        }
    }
}
