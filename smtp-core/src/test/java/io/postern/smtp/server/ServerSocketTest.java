package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Envelope;
import io.postern.smtp.Extension;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Servers as a whole: listening, verticles, extensions, stopping. */
class ServerSocketTest extends SocketTestBase {

    private static final String GOODBYE = Replies.SHUTTING_DOWN + "\r\n";
    private static final Duration GRACE = Duration.ofSeconds(SECONDS);

    /** Takes a message and answers when it is told to. */
    private static final class Slow implements SmtpHandler {
        private final Promise<Void> whole = Promise.promise();
        private final Promise<Reply> answer = Promise.promise();

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            body.endHandler(whole::complete);
            body.handler(buffer -> {});
            return answer.future();
        }
    }

    /** The JDK closes a port when the thread that accepted on it looks at it next, so it may be a moment later. */
    private static void awaitRefusal(int port) {
        awaitTrue("port " + port + " still takes connections", () -> {
            try {
                new WireClient(port).close();
                return false;
            } catch (IOException refused) {
                return true;
            }
        });
    }

    @Test
    void aPortInUseFailsTheListen() throws Exception {
        int port = portThatNobodyIsGiven();
        SmtpServer server =
                SmtpServer.create(vertx, new SmtpHandler() {}, options().setPort(port));
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(taken.isBound()).isTrue();
            assertThatThrownBy(() -> await(server.listen()))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(server.actualPort()).isEqualTo(-1);
        }
        // and once the port is free it can be had
        await(server.listen());
        assertThat(server.actualPort()).isEqualTo(port);
    }

    /** A free port below those that the system gives to whoever does not care, other tests among them. */
    private static int portThatNobodyIsGiven() {
        return ThreadLocalRandom.current()
                .ints(20_000, 30_000)
                .filter(ServerSocketTest::isFree)
                .findFirst()
                .orElseThrow();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    @Test
    void listeningTwiceFails() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {});
        assertThatThrownBy(() -> await(server.listen())).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(greeted(server).command("NOOP")).startsWith("250");
    }

    @Test
    void aServerThatWasClosedCanListenAgain() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {});
        int port = server.actualPort();
        await(server.close());
        awaitRefusal(port);
        await(server.listen());
        assertThat(greeted(server).command("HELO c")).isEqualTo("250 mx.example");
    }

    @Test
    void idleSessionsGet421WhenTheServerStops() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {});
        int port = server.actualPort();
        List<WireClient> idle = List.of(greeted(server), afterEhlo(server), greeted(server));
        Future<Void> stopped = server.shutdown(GRACE);
        for (WireClient client : idle) {
            assertThat(client.readToEnd()).isEqualTo(GOODBYE);
        }
        await(stopped);
        awaitRefusal(port);
        assertThat(server.connections()).isZero();
    }

    @Test
    void aRunningTransactionFinishesWhenTheServerStops() throws Exception {
        Slow handler = new Slow();
        SmtpServer server = listen(handler);
        int port = server.actualPort();
        WireClient client = afterRcpt(server);
        WireClient idle = greeted(server);
        Future<Void> stopped = server.shutdown(GRACE);
        assertThat(idle.readToEnd()).isEqualTo(GOODBYE); // so the server is stopping by now
        awaitRefusal(port);

        expect(client.command("DATA"), "354");
        client.send(MESSAGE + ".\r\n");
        await(handler.whole.future());
        assertThat(stopped.isComplete()).isFalse();
        handler.answer.complete(Replies.MESSAGE_ACCEPTED);
        assertThat(client.readToEnd()).isEqualTo(Replies.MESSAGE_ACCEPTED + "\r\n" + GOODBYE);
        await(stopped);
    }

    @Test
    void aTransactionThatOutlivesTheGraceTimeGets421() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        SmtpServer server = listen(recorder);
        WireClient client = inData(server);
        client.send("half of it\r\n");
        Future<Void> stopped = server.shutdown(Duration.ofMillis(200));
        assertThat(client.readToEnd()).isEqualTo(GOODBYE);
        await(stopped);
        assertThat(await(recorder.failed())).isNotNull();
        assertThat(recorder.hasEnded()).isFalse();
    }

    @Test
    void aHookThatOutlivesTheGraceTimeIsNotWaitedFor() throws Exception {
        Slow handler = new Slow();
        SmtpServer server = listen(handler);
        WireClient client = inData(server);
        client.send(MESSAGE + ".\r\n");
        await(handler.whole.future());
        Future<Void> stopped = server.shutdown(Duration.ofMillis(200));
        assertThat(client.readToEnd()).isEqualTo(GOODBYE);
        await(stopped);
    }

    @Test
    void closeTellsEverybodyAtOnce() throws Exception {
        SmtpServer server = listen(new Slow());
        WireClient idle = greeted(server);
        WireClient inData = inData(server);
        await(server.close());
        assertThat(idle.readToEnd()).isEqualTo(GOODBYE);
        assertThat(inData.readToEnd()).isEqualTo(GOODBYE);
    }

    @Test
    void stoppingTwiceOrNeverStartedIsNoFailure() throws Exception {
        SmtpServer server = SmtpServer.create(vertx, new SmtpHandler() {}, options());
        await(server.close());
        await(server.listen());
        Future<Void> first = server.shutdown(GRACE);
        Future<Void> second = server.shutdown(GRACE);
        await(first);
        await(second);
        await(server.close());
    }

    @Test
    void theShortestGraceTimeIsGraceToo() throws Exception {
        SmtpServer server = listen(new Slow());
        WireClient client = inData(server);
        await(server.shutdown(Duration.ofNanos(1)));
        assertThat(client.readToEnd()).isEqualTo(GOODBYE);
    }

    /** Hosts a server of its own, and leaves the end of it to others. */
    private static final class Forgetful extends VerticleBase {
        private final SmtpServer server;

        Forgetful(SmtpServer server) {
            this.server = server;
        }

        @Override
        public Future<?> start() {
            return server.listen();
        }
    }

    @Test
    void aServerEndsGracefullyWithTheVerticleThatStartedIt() throws Exception {
        Slow handler = new Slow();
        SmtpServer server = SmtpServer.create(vertx, handler, options().setShutdownGrace(GRACE));
        String deployment = await(vertx.deployVerticle(new Forgetful(server)));
        endsGracefully(server, handler, () -> vertx.undeploy(deployment));
        awaitTrue("the server is not through", () -> server.actualPort() == -1);
    }

    @Test
    void aServerEndsGracefullyWithItsVertx() throws Exception {
        Slow handler = new Slow();
        SmtpServer server = listen(handler, options().setShutdownGrace(GRACE));
        endsGracefully(server, handler, vertx::close);
    }

    private void endsGracefully(SmtpServer server, Slow handler, Supplier<Future<?>> end) throws Exception {
        WireClient idle = greeted(server);
        WireClient client = inData(server);
        client.send(MESSAGE + ".\r\n");
        await(handler.whole.future());
        Future<?> ended = end.get();
        assertThat(idle.readToEnd()).isEqualTo(GOODBYE); // so the server is stopping by now
        assertThat(ended.isComplete()).isFalse();
        handler.answer.complete(Replies.MESSAGE_ACCEPTED);
        assertThat(client.readToEnd()).isEqualTo(Replies.MESSAGE_ACCEPTED + "\r\n" + GOODBYE);
        await(ended);
    }

    @Test
    void theGraceTimeHoldsAlsoWhenAVerticleEndsItsServerUnawares() throws Exception {
        SmtpServer server = SmtpServer.create(vertx, new Slow(), options().setShutdownGrace(Duration.ofMillis(200)));
        String deployment = await(vertx.deployVerticle(new Forgetful(server)));
        WireClient client = inData(server);
        Future<Void> ended = vertx.undeploy(deployment);
        assertThat(client.readToEnd()).isEqualTo(GOODBYE);
        await(ended);
    }

    @Test
    void aNegativeGraceTimeIsRefused() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {});
        assertThatThrownBy(() -> server.shutdown(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("grace");
        assertThat(greeted(server).command("HELO c")).isEqualTo("250 mx.example");
    }

    @Test
    void instancesOfAVerticleShareAPortOverTheirEventLoops() throws Exception {
        Queue<String> threads = new ConcurrentLinkedQueue<>();
        List<SmtpServerVerticle> verticles = new CopyOnWriteArrayList<>();
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                threads.add(Thread.currentThread().getName());
                return Future.succeededFuture(Reply.ok());
            }
        };
        String deployment = await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle =
                            new SmtpServerVerticle(handler, options().setPort(-1));
                    verticles.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(2)));
        int port = verticles.get(0).server().actualPort();
        assertThat(verticles.get(1).server().actualPort()).isEqualTo(port).isPositive();
        for (int i = 0; i < 8; i++) {
            WireClient client = connected(port);
            expect(client.reply(), "220");
            expect(client.command("HELO c"), "250");
            expect(client.command("NOOP"), "250");
        }
        assertThat(Set.copyOf(threads)).hasSize(2);
        assertThat(verticles)
                .allSatisfy(
                        verticle -> assertThat(verticle.server().connections()).isEqualTo(4));
        await(vertx.undeploy(deployment));
        awaitRefusal(port);
    }

    @Test
    void theConfigurationOfTheDeploymentOverridesTheOptions() throws Exception {
        AtomicReference<SmtpServerVerticle> deployed = new AtomicReference<>();
        await(vertx.deployVerticle(
                () -> {
                    deployed.set(new SmtpServerVerticle(
                            new SmtpHandler() {}, options().setIdent("from the options")));
                    return deployed.get();
                },
                new DeploymentOptions()
                        .setConfig(
                                new JsonObject().put("hostName", "mx.from.json").put("dataSizeLimit", 12_345))));
        WireClient client = connected(deployed.get().server().actualPort());
        assertThat(client.reply()).isEqualTo("220 mx.from.json from the options");
        assertThat(client.command("EHLO c").lines()).contains("250-SIZE 12345");
    }

    @Test
    void theConfigurationAlsoSaysHowLongUndeployingMayTake() throws Exception {
        AtomicReference<SmtpServerVerticle> deployed = new AtomicReference<>();
        String deployment = await(vertx.deployVerticle(
                () -> {
                    // the options alone would cut the transaction at once
                    deployed.set(new SmtpServerVerticle(new Slow(), options().setShutdownGrace(Duration.ZERO)));
                    return deployed.get();
                },
                new DeploymentOptions().setConfig(new JsonObject().put("shutdownGrace", GRACE.toMillis()))));
        SmtpServer server = deployed.get().server();
        WireClient client = afterRcpt(server);
        WireClient idle = greeted(server);
        Future<Void> undeployed = vertx.undeploy(deployment);
        assertThat(idle.readToEnd()).isEqualTo(GOODBYE);
        client.send("RSET\r\n");
        assertThat(client.readToEnd()).isEqualTo(Replies.OK + "\r\n" + GOODBYE);
        await(undeployed);
    }

    @Test
    void aWrongConfigurationFailsTheDeployment() {
        DeploymentOptions wrong = new DeploymentOptions().setConfig(new JsonObject().put("dataSizeLimits", 1));
        assertThatThrownBy(() -> await(
                        vertx.deployVerticle(() -> new SmtpServerVerticle(new SmtpHandler() {}, options()), wrong)))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dataSizeLimits");
    }

    @Test
    void anExtensionAddsAVerbALineAndParameters() throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        Extension extension = new Extension() {
            @Override
            public Optional<String> verb() {
                return Optional.of("XMARK");
            }

            @Override
            public Optional<String> ehloLine() {
                return Optional.of("XMARK red green");
            }

            @Override
            public Set<String> mailParameters() {
                return Set.of("XCOLOR");
            }

            @Override
            public Set<String> rcptParameters() {
                return Set.of("XSHADE");
            }

            @Override
            public Future<Reply> handle(Session session, Envelope envelope, String argument) {
                if (argument.isEmpty()) {
                    throw new IllegalStateException("broken on purpose");
                }
                seen.add(argument + " for " + envelope.rcptTos());
                return session.context().owner().timer(1).map(v -> Reply.of(250, "marked " + argument));
            }
        };
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
                seen.add("sender " + sender.parameters().value("xcolor"));
                return SmtpHandler.super.handleMail(session, envelope, sender);
            }

            @Override
            public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
                seen.add("recipient " + recipient.parameters().value("XSHADE"));
                return SmtpHandler.super.handleRcpt(session, envelope, recipient);
            }
        };
        SmtpServer server = await(SmtpServer.create(vertx, handler, options())
                .addExtension(extension)
                .listen());
        WireClient client = greeted(server);
        assertThat(client.command("EHLO c").lines()).anyMatch(line -> line.endsWith("XMARK red green"));
        expect(client.command("MAIL FROM:<a@b.example> XCOLOR=Red"), "250");
        expect(client.command("RCPT TO:<c@d.example> XSHADE"), "250");
        client.send("xmark all of it\r\nNOOP\r\n");
        assertThat(client.reply()).isEqualTo("250 2.0.0 marked all of it");
        assertThat(client.reply()).isEqualTo(Replies.OK.toString());
        assertThat(client.command("HELP")).contains("XMARK");
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(client.command("XMARK")).isEqualTo(Replies.HANDLER_FAILED.toString());
            assertThat(log.messages()).isNotEmpty();
        }
        assertThat(seen).containsExactly("sender Optional[Red]", "recipient Optional[]", "all of it for [c@d.example]");
    }
}
