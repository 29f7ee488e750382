package io.postern.smtp.handlers;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A server on a free port of the loopback interface, on a Vertx of its own. */
final class RunningServer implements AutoCloseable {

    private final Vertx vertx = Vertx.vertx();
    private final SmtpServer server;
    private final String host;

    private RunningServer(String host, SmtpHandler handler, SmtpServerOptions options) {
        this.host = host;
        server = SmtpServer.create(vertx, handler, options.setHostName("mx.example.org"));
        await(server.listen(0, host));
    }

    static RunningServer with(SmtpHandler handler) {
        return with(handler, new SmtpServerOptions());
    }

    static RunningServer with(SmtpHandler handler, SmtpServerOptions options) {
        return new RunningServer("127.0.0.1", handler, options);
    }

    static RunningServer on(String host, SmtpHandler handler) {
        return new RunningServer(host, handler, new SmtpServerOptions());
    }

    /** A client that has said EHLO. */
    WireClient client() throws IOException {
        return new WireClient(host, server.actualPort());
    }

    /** Waits until all connections that are open now have been served and closed. */
    void drain() {
        await(server.shutdown(Duration.ofSeconds(20)));
    }

    @Override
    public void close() {
        await(vertx.close());
    }

    static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }
}
