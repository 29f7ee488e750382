package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** A server that asks on the event bus of a Vertx. */
final class BusServer {

    private static final String LOOPBACK = "127.0.0.1";

    private final SmtpServer server;

    private BusServer(SmtpServer server) {
        this.server = server;
    }

    static BusServer start(Vertx vertx, EventBusHandlerOptions options) {
        return start(vertx, options, new SmtpServerOptions());
    }

    static BusServer start(Vertx vertx, EventBusHandlerOptions options, SmtpServerOptions server) {
        return new BusServer(await(
                SmtpServer.create(vertx, EventBusHandler.create(vertx, options), server.setHostName("mx.example.org"))
                        .listen(0, LOOPBACK)));
    }

    int port() {
        return server.actualPort();
    }

    /** A client that has said EHLO. */
    RawSmtpClient client() {
        return client(port());
    }

    /** A client that has said EHLO to a server on this machine. */
    static RawSmtpClient client(int port) {
        RawSmtpClient client = RawSmtpClient.connect(LOOPBACK, port);
        client.expect(220);
        client.command("EHLO client.example.org").expect(250);
        return client;
    }

    /** Begins a transaction up to the 354 of DATA. */
    static void begin(RawSmtpClient client) {
        begin(client, "a@example.org");
    }

    /** Like {@link #begin(RawSmtpClient)}, from this sender. */
    static void begin(RawSmtpClient client, String sender) {
        client.command("MAIL FROM:<" + sender + ">").expect(250);
        client.command("RCPT TO:<b@example.org>").expect(250);
        client.command("DATA").expect(354);
    }

    /** Sends a message; the reply is still to be read. */
    static void send(RawSmtpClient client, String text) {
        begin(client);
        client.send(text + "\r\n.\r\n");
    }

    static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }
}
