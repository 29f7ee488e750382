package io.postern.smtp.handlers.routing;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A server on a free port whose connections can be waited for until nothing is left of them. */
final class RoutingServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Vertx vertx = Vertx.vertx();
    private final SmtpServerVerticle verticle;

    private RoutingServer(SmtpHandler handler, SmtpServerOptions options, ThreadingModel model) {
        options.setHostName("mx.example.org").setHost("127.0.0.1").setPort(0);
        verticle = new SmtpServerVerticle(handler, options);
        await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(model)));
    }

    static RoutingServer with(SmtpHandler handler) {
        return with(handler, new SmtpServerOptions());
    }

    static RoutingServer with(SmtpHandler handler, SmtpServerOptions options) {
        return new RoutingServer(handler, options, ThreadingModel.EVENT_LOOP);
    }

    static RoutingServer with(SmtpHandler handler, SmtpServerOptions options, ThreadingModel model) {
        return new RoutingServer(handler, options, model);
    }

    Vertx vertx() {
        return vertx;
    }

    RawSmtpClient connect() {
        return RawSmtpClient.connect("127.0.0.1", server().actualPort());
    }

    /** A client that has said EHLO. */
    RawSmtpClient client() {
        return greeted("EHLO");
    }

    /** A client that has said EHLO or LHLO. */
    RawSmtpClient greeted(String hello) {
        RawSmtpClient client = connect();
        client.expect(220);
        client.command(hello + " client.example").expect(250);
        return client;
    }

    /** Waits until all connections have ended and every handler knows. */
    void drain() {
        await(server().shutdown(PATIENCE));
    }

    private SmtpServer server() {
        return verticle.server();
    }

    @Override
    public void close() {
        await(vertx.close());
    }

    static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
