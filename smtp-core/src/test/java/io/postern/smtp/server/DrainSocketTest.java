package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.streams.ReadStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that stop while their clients are busy: whoever has begun a transaction gets an answer to it. */
class DrainSocketTest extends SocketTestBase {

    private static final Duration GRACE = Duration.ofSeconds(SECONDS);
    private static final int IN_FLIGHT = 20;
    private static final int BUSY_CLIENTS = 4;
    private static final String GOODBYE = Replies.SHUTTING_DOWN + "\r\n";

    private final Counting handler = new Counting();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<SmtpServerVerticle> verticles = new ArrayList<>();
    private String deployment = "";

    @TempDir
    Path directory;

    @AfterEach
    void stopThreads() throws Exception {
        threads.shutdown();
        assertThat(threads.awaitTermination(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** The ways to stop a server; all of them are one to its clients. */
    enum Stop {
        SHUTDOWN {
            @Override
            Future<?> begin(DrainSocketTest test) {
                return Future.all(test.verticles.stream()
                        .map(verticle -> verticle.server().shutdown(GRACE))
                        .toList());
            }
        },
        UNDEPLOY {
            @Override
            Future<?> begin(DrainSocketTest test) {
                return test.vertx.undeploy(test.deployment);
            }
        },
        CLOSE_VERTX {
            @Override
            Future<?> begin(DrainSocketTest test) {
                return test.vertx.close();
            }
        };

        abstract Future<?> begin(DrainSocketTest test);
    }

    /** Accepts each message when it is whole, and those that ask for it only when they are let go. */
    private static final class Counting implements SmtpHandler {
        private final AtomicInteger accepted = new AtomicInteger();
        private final CountDownLatch held = new CountDownLatch(IN_FLIGHT / 4);
        private final Promise<Void> letGo = Promise.promise();

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Void> whole = Promise.promise();
            body.endHandler(whole::complete);
            body.exceptionHandler(whole::fail);
            body.handler(content -> {});
            return whole.future()
                    .compose(v -> envelope.mailFrom().startsWith("held") ? hold() : Future.succeededFuture())
                    .map(v -> {
                        accepted.incrementAndGet();
                        return Replies.MESSAGE_ACCEPTED;
                    });
        }

        private Future<Void> hold() {
            held.countDown();
            return letGo.future();
        }
    }

    private void deploy(SmtpServerOptions options) throws Exception {
        deployment = await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new SmtpServerVerticle(handler, options.setShutdownGrace(GRACE));
                    verticles.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(2)));
    }

    /** Opens connections to what was deployed. */
    private interface Connector {
        WireClient connect() throws IOException;
    }

    private Connector overTcp() throws Exception {
        deploy(options().setPort(-1));
        int port = verticles.get(0).server().actualPort();
        return () -> new WireClient(port);
    }

    private Connector overUnixSocket() throws Exception {
        Path path = directory.resolve("smtp");
        deploy(options().setUnixSocket(path.toString()));
        return () -> new WireClient(path);
    }

    @ParameterizedTest
    @EnumSource(Stop.class)
    void allTransactionsInFlightAreAnsweredWhileOthersGoOn(Stop how) throws Exception {
        drain(overTcp(), how);
    }

    @ParameterizedTest
    @EnumSource(Stop.class)
    void allTransactionsInFlightOverAUnixSocketAreAnswered(Stop how) throws Exception {
        drain(overUnixSocket(), how);
    }

    private void drain(Connector server, Stop how) throws Exception {
        List<Busy> load = new ArrayList<>();
        for (int i = 0; i < BUSY_CLIENTS; i++) {
            Busy client = new Busy(server);
            load.add(client);
            threads.execute(client);
        }
        List<WireClient> inFlight = new ArrayList<>();
        for (int i = 0; i < IN_FLIGHT; i++) {
            inFlight.add(begun(server, i % 4));
        }
        WireClient idle = greeted(server);
        assertThat(handler.held.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        for (Busy client : load) {
            client.awaitUnderWay();
        }

        Future<?> stopped = how.begin(this);
        assertThat(idle.readToEnd()).isEqualTo(GOODBYE); // so the server is stopping by now
        handler.letGo.complete();
        int answered = 0;
        for (int i = 0; i < IN_FLIGHT; i++) {
            finish(inFlight.get(i), i % 4);
            answered++;
        }
        await(stopped);

        assertThat(answered).isEqualTo(IN_FLIGHT);
        int accepted = IN_FLIGHT;
        for (Busy client : load) {
            client.awaitEnd();
            accepted += client.accepted.get();
        }
        assertThat(handler.accepted).as("accepted by the handler").hasValue(accepted);
    }

    private WireClient greeted(Connector server) throws IOException {
        WireClient client = server.connect();
        expect(client.reply(), "220");
        return client;
    }

    /** A client that is somewhere in a transaction: behind RCPT, in DATA, in a chunk, or waiting for its answer. */
    private WireClient begun(Connector server, int stage) throws IOException {
        WireClient client = greeted(server);
        expect(client.command("EHLO client.example"), "250");
        expect(client.command("MAIL FROM:<" + (stage == 3 ? "held" : "a") + "@client.example>"), "250");
        expect(client.command("RCPT TO:<b@mx.example>"), "250");
        switch (stage) {
            case 1 -> {
                expect(client.command("DATA"), "354");
                client.send("Subject: hi\r\n\r\nhel");
            }
            case 2 -> client.send("BDAT 100 LAST\r\nSubject: hi\r\n\r\n");
            case 3 -> {
                expect(client.command("DATA"), "354");
                client.send(MESSAGE + ".\r\n");
            }
            default -> {}
        }
        return client;
    }

    private static void finish(WireClient client, int stage) throws IOException {
        switch (stage) {
            case 0 -> {
                expect(client.command("DATA"), "354");
                client.send(MESSAGE + ".\r\n");
            }
            case 1 -> client.send("lo\r\n.\r\n");
            case 2 -> client.send("x".repeat(100 - "Subject: hi\r\n\r\n".length()));
            default -> {}
        }
        assertThat(client.readToEnd()).isEqualTo(Replies.MESSAGE_ACCEPTED + "\r\n" + GOODBYE);
    }

    /** Sends message after message, a connection for each three, until it is told that the server stops. */
    private static final class Busy implements Runnable {
        private final Connector server;
        private final AtomicInteger accepted = new AtomicInteger();
        private final CountDownLatch underWay = new CountDownLatch(1);
        private final Promise<Void> ended = Promise.promise();

        Busy(Connector server) {
            this.server = server;
        }

        @Override
        public void run() {
            try {
                while (connection()) {
                    underWay.countDown();
                }
                ended.complete();
            } catch (IOException | RuntimeException | Error e) {
                ended.fail(e);
            }
        }

        /** @return false when the server does not want to go on */
        private boolean connection() throws IOException {
            WireClient client;
            try {
                client = server.connect();
            } catch (IOException refused) {
                return false;
            }
            try (client) {
                if (!says(client::reply, "220") || !says(() -> client.command("EHLO busy.example"), "250")) {
                    return false;
                }
                for (int i = 0; i < 3; i++) {
                    if (!says(() -> client.command("MAIL FROM:<a@busy.example>"), "250")) {
                        return false;
                    }
                    // from here on the server owes an answer
                    expect(client.command("RCPT TO:<b@mx.example>"), "250");
                    expect(client.command("DATA"), "354");
                    expect(client.command(MESSAGE + "."), "250");
                    accepted.incrementAndGet();
                }
                return true;
            }
        }

        private interface Answer {
            String read() throws IOException;
        }

        private static boolean says(Answer answer, String code) throws IOException {
            try {
                String reply = answer.read();
                if (!reply.startsWith("421")) {
                    expect(reply, code);
                    return true;
                }
                return false;
            } catch (SocketTimeoutException silent) {
                throw silent;
            } catch (IOException closed) {
                return false; // before a transaction: nothing is owed
            }
        }

        void awaitUnderWay() throws InterruptedException {
            assertThat(underWay.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        }

        void awaitEnd() throws Exception {
            await(ended.future());
        }
    }

    @Test
    void aServerThatSharesThePortTakesOverWhileAnotherDrains() throws Exception {
        Assumptions.assumeTrue(transport == Transports.EPOLL, "the JDK's transport cannot share a port");
        NetServerOptions shared = new NetServerOptions().setReusePort(true);
        deploy(options().setNet(shared).setPort(-1));
        int port = verticles.get(0).server().actualPort();
        WireClient draining = begun(() -> new WireClient(port), 1);

        // as another process would, which knows nothing of the first
        Vertx next = transport.vertx();
        try {
            await(next.deployVerticle(
                    () -> new SmtpServerVerticle(
                            new SmtpHandler() {},
                            options().setNet(shared).setPort(port).setHostName("next.example")),
                    new DeploymentOptions().setInstances(2)));
            AtomicBoolean over = new AtomicBoolean();
            List<Arriving> arriving = new ArrayList<>();
            for (int i = 0; i < BUSY_CLIENTS; i++) {
                Arriving client = new Arriving(port, over);
                arriving.add(client);
                threads.execute(client);
            }
            Future<?> stopped = Stop.UNDEPLOY.begin(this);
            for (Arriving client : arriving) {
                client.awaitNext(50); // so many in a row
            }
            assertThat(stopped.isComplete()).as("the first has ended").isFalse();
            finish(draining, 1);
            await(stopped);
            over.set(true);
            for (Arriving client : arriving) {
                await(client.ended.future());
                assertThat(client.refused).hasValue(0);
            }
        } finally {
            await(next.close());
        }
    }

    /** Connects again and again. */
    private static final class Arriving implements Runnable {
        private final int port;
        private final AtomicBoolean over;
        private final AtomicInteger refused = new AtomicInteger();
        private final AtomicInteger next = new AtomicInteger();
        private final Promise<Void> ended = Promise.promise();

        Arriving(int port, AtomicBoolean over) {
            this.port = port;
            this.over = over;
        }

        @Override
        public void run() {
            try {
                while (!over.get()) {
                    connection();
                }
                ended.complete();
            } catch (IOException | RuntimeException | Error e) {
                ended.fail(e);
            }
        }

        private void connection() throws IOException {
            try (WireClient client = new WireClient(port)) {
                String greeting = client.reply();
                if (greeting.startsWith("220 next.example")) {
                    expect(client.command("QUIT"), "221");
                    next.incrementAndGet();
                } else {
                    next.set(0);
                }
            } catch (ConnectException e) {
                refused.incrementAndGet();
            } catch (EOFException | SocketException e) {
                // a connection that the kernel had made and the first server had not seen is lost with its socket
                next.set(0);
            }
        }

        void awaitNext(int connections) {
            awaitTrue("the next server greets nobody", () -> next.get() >= connections);
        }
    }
}
