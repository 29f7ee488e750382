package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A Vert.x on each transport, and a way up to each point of a session. Nothing here waits longer than 20 s. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.postern.smtp.server.Transports#available")
abstract class SocketTestBase {

    static final int SECONDS = 20;
    static final String MESSAGE = "Subject: hi\r\n\r\nhello\r\n";

    @Parameter
    Transports transport;

    Vertx vertx;
    private final List<WireClient> clients = new ArrayList<>();

    @BeforeEach
    void startVertx() {
        vertx = transport.vertx();
    }

    @AfterEach
    void stopVertx() throws Exception {
        for (WireClient client : clients) {
            client.close();
        }
        await(vertx.close());
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    /** Options of a server on a free port of the loopback, which ends with its test whatever is still going on. */
    static SmtpServerOptions options() {
        return new SmtpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                .setHostName("mx.example")
                .setShutdownGrace(Duration.ZERO);
    }

    SmtpServer listen(SmtpHandler handler) throws Exception {
        return listen(handler, options());
    }

    SmtpServer listen(SmtpHandler handler, SmtpServerOptions options) throws Exception {
        return await(SmtpServer.create(vertx, handler, options).listen());
    }

    /** A server whose deadlines go by a clock that {@link #pass} moves. */
    VertxSmtpServer listen(SmtpHandler handler, SmtpServerOptions options, ManualClock clock) throws Exception {
        VertxSmtpServer server = new VertxSmtpServer(vertx, () -> handler, options, clock);
        await(server.listen());
        return server;
    }

    /** Lets time pass for a server, once it has done what it is about. */
    void pass(Duration time, VertxSmtpServer server, ManualClock clock) throws Exception {
        await(server.tick());
        clock.advance(time);
        await(server.tick());
    }

    /**
     * Sends HELP until the replies, of which the client reads none, keep the server from reading more: it had turns to do
     * so, and was asked for no help in them.
     *
     * @param asked how often the server's handler was asked for help
     */
    void sendUntilNothingIsRead(WireClient client, VertxSmtpServer server, IntSupplier asked) throws Exception {
        byte[] rest = "HELP\r\n".repeat(2_000_000).getBytes(StandardCharsets.US_ASCII);
        int before;
        do {
            before = asked.getAsInt();
            int taken = client.sendUntilStuck(rest, Duration.ofMillis(100));
            assertThat(taken).isLessThan(rest.length);
            rest = Arrays.copyOfRange(rest, taken, rest.length);
            for (int turn = 0; turn < 10; turn++) {
                await(server.tick());
            }
        } while (asked.getAsInt() != before);
    }

    WireClient connected(SmtpServer server) throws IOException {
        return connected(server.actualPort());
    }

    WireClient connected(int port) throws IOException {
        WireClient client = new WireClient(port);
        clients.add(client);
        return client;
    }

    WireClient connected(String address, int port) throws IOException {
        WireClient client = new WireClient(InetAddress.getByName(address), port);
        clients.add(client);
        return client;
    }

    WireClient connected(Path unixSocket) throws IOException {
        WireClient client = new WireClient(unixSocket);
        clients.add(client);
        return client;
    }

    WireClient greeted(SmtpServer server) throws IOException {
        WireClient client = connected(server);
        expect(client.reply(), "220");
        return client;
    }

    WireClient afterEhlo(SmtpServer server) throws IOException {
        WireClient client = greeted(server);
        expect(client.command("EHLO client.example"), "250");
        return client;
    }

    /** Sender and recipient are accepted. */
    WireClient afterRcpt(SmtpServer server) throws IOException {
        WireClient client = afterEhlo(server);
        envelope(client);
        return client;
    }

    static void envelope(WireClient client) throws IOException {
        expect(client.command("MAIL FROM:<a@client.example>"), "250");
        expect(client.command("RCPT TO:<b@mx.example>"), "250");
    }

    /** The server awaits the message. */
    WireClient inData(SmtpServer server) throws IOException {
        WireClient client = afterRcpt(server);
        expect(client.command("DATA"), "354");
        return client;
    }

    static void expect(String reply, String code) {
        if (!reply.startsWith(code)) {
            throw new AssertionError("expected " + code + ", but got: " + reply);
        }
    }

    /** Blocks until the server has no connection any more. */
    static void awaitNoConnection(SmtpServer server) {
        awaitTrue(() -> "the server keeps " + server.connections() + " connections", () -> server.connections() == 0);
    }

    /** Blocks until something that another thread brings about has come about. */
    static void awaitTrue(String otherwise, BooleanSupplier condition) {
        awaitTrue(() -> otherwise, condition);
    }

    static void awaitTrue(Supplier<String> otherwise, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(otherwise.get());
            }
            Thread.onSpinWait();
        }
    }
}
