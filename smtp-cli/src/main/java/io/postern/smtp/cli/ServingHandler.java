package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Supplier;

/** The handler that serves, and what it has to do with the servers. */
interface ServingHandler {

    SmtpHandler handler();

    /** Lets it finish what it has begun, when no server asks it any more. */
    default Future<?> close() {
        return Future.succeededFuture();
    }

    /** Called with each server that will ask it, before that listens; by several threads. */
    default void join(SmtpServer server) {}

    /**
     * Called once, when all servers listen.
     *
     * @return what the user is told on standard output, a line each
     */
    default List<String> serving(List<ListenAddress> addresses) {
        return List.of();
    }

    /** A handler that has nothing to finish. */
    static ServingHandler of(SmtpHandler handler) {
        return of(handler, Future::succeededFuture);
    }

    /** A handler that is closed at the end. */
    static ServingHandler of(SmtpHandler handler, Supplier<Future<?>> close) {
        return new ServingHandler() {

            @Override
            public SmtpHandler handler() {
                return handler;
            }

            @Override
            public Future<?> close() {
                return close.get();
            }
        };
    }

    /** Makes the handler when there is the Vertx that it may need; may block. */
    @FunctionalInterface
    interface Source {

        /** @throws StartFailure when that fails */
        ServingHandler create(Vertx vertx);
    }
}
