package io.postern.smtp.testkit.interop;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** A server wherever its options say, be that a Unix socket, with a Vert.x of its own. */
final class RunningServer {

    private final Vertx vertx = Vertx.vertx();
    private final SmtpServer server;

    RunningServer(SmtpHandler handler, SmtpServerOptions options) throws Exception {
        server = SmtpServer.create(vertx, handler, options);
        try {
            await(server.listen());
        } catch (Exception | Error failure) {
            await(vertx.close());
            throw failure;
        }
    }

    int port() {
        return server.actualPort();
    }

    public void close() throws Exception {
        await(vertx.close());
    }

    private static void await(Future<?> future) throws Exception {
        future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
