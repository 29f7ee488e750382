package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * The handler that serves, and how it ends.
 *
 * @param close lets it finish what it has begun, when no server asks it any more
 */
record ServingHandler(SmtpHandler handler, Supplier<Future<?>> close) {

    /** A handler that has nothing to finish. */
    ServingHandler(SmtpHandler handler) {
        this(handler, Future::succeededFuture);
    }

    /** Makes the handler when there is the Vertx that it may need. */
    @FunctionalInterface
    interface Source {
        ServingHandler create(Vertx vertx);
    }
}
