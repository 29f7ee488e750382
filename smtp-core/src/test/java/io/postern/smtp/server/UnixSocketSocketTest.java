package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions over a Unix socket are like those over TCP, but for their addresses. */
class UnixSocketSocketTest extends SocketTestBase {

    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void nameSocket() {
        path = directory.resolve("smtp");
    }

    private SmtpServerOptions onSocket() {
        return options().setUnixSocket(path.toString());
    }

    /** Answers NOOP with the ends of the connection. */
    private static final SmtpHandler TELLING = new SmtpHandler() {
        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return Future.succeededFuture(Reply.of(250, session.peer() + " to " + session.local()));
        }
    };

    private WireClient greetedThere() throws Exception {
        WireClient client = connected(path);
        expect(client.reply(), "220");
        return client;
    }

    @Test
    void aMessageArrivesAndBothEndsAreTheSocket() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        SmtpServer server = listen(recorder, onSocket());
        WireClient client = greetedThere();
        expect(client.command("EHLO client.example"), "250");
        envelope(client);
        expect(client.command("DATA"), "354");
        expect(client.command("hello\r\n."), "250");
        assertThat(await(recorder.ended())).hasToString("hello\r\n");
        await(server.close());

        await(SmtpServer.create(vertx, TELLING, onSocket()).listen());
        assertThat(greetedThere().command("NOOP")).isEqualTo("250 2.0.0 " + path + " to " + path);
    }

    @Test
    void theFileIsGoneWhenTheServerHasStopped() throws Exception {
        SmtpServer server = listen(TELLING, onSocket());
        assertThat(path).exists();
        greetedThere();
        await(server.close());
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void startTlsWorksAsOverTcp() throws Exception {
        listen(TELLING, onSocket().setTls(Keys.of(directory, "mx.example").server()));
        WireClient client = greetedThere();
        assertThat(client.command("EHLO client.example")).contains("STARTTLS");
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        assertThat(client.command("EHLO client.example")).doesNotContain("STARTTLS");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 " + path + " to " + path);
    }

    @Test
    void implicitTlsWorksAsOverTcp() throws Exception {
        listen(
                TELLING,
                onSocket().setTls(Keys.of(directory, "mx.example").server()).setImplicitTls(true));
        WireClient client = connected(path).startTls(Keys.client());
        expect(client.reply(), "220");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 " + path + " to " + path);
    }

    @Test
    void aProxyMayComeOverTheSocket() throws Exception {
        listen(TELLING, onSocket().setProxyProtocol(true));
        WireClient client = connected(path).send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n");
        expect(client.reply(), "220");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25");
    }

    /** How a session may be served. */
    enum Kind {
        SMTP("EHLO"),
        LMTP("LHLO");

        private final String hello;

        Kind(String hello) {
            this.hello = hello;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProxyMayComeBeforeStartTls(Kind kind) throws Exception {
        listen(
                TELLING,
                onSocket()
                        .setLmtp(kind == Kind.LMTP)
                        .setProxyProtocol(true)
                        .setTls(Keys.of(directory, "mx.example").server()));
        WireClient client = connected(path).send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n");
        expect(client.reply(), "220");
        expect(client.command(kind.hello + " client.example"), "250");
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        expect(client.command(kind.hello + " client.example"), "250");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25");
    }

    @ParameterizedTest
    @EnumSource
    void aProxyMayComeBeforeImplicitTls(Kind kind) throws Exception {
        listen(
                TELLING,
                onSocket()
                        .setLmtp(kind == Kind.LMTP)
                        .setProxyProtocol(true)
                        .setTls(Keys.of(directory, "mx.example").server())
                        .setImplicitTls(true));
        WireClient client = connected(path)
                .send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n")
                .startTls(Keys.client());
        expect(client.reply(), "220");
        expect(client.command(kind.hello + " client.example"), "250");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25");
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatCameToTheProxyByAUnixSocketIsSeenAsTheProxySaid(Kind kind) throws Exception {
        listen(TELLING, onSocket().setLmtp(kind == Kind.LMTP).setProxyProtocol(true));
        Buffer header = Buffer.buffer(
                        new byte[] {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A})
                .appendByte((byte) 0x21)
                .appendByte((byte) 0x31) // AF_UNIX, SOCK_STREAM
                .appendShort((short) 216)
                .appendBytes(Arrays.copyOf("/run/client".getBytes(StandardCharsets.US_ASCII), 108))
                .appendBytes(Arrays.copyOf("/run/proxy".getBytes(StandardCharsets.US_ASCII), 108));
        WireClient client = connected(path).send(header.getBytes());
        expect(client.reply(), "220");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 /run/client to /run/proxy");
    }

    @Test
    void aProxyThatNamesNobodyLeavesTheSocket() throws Exception {
        Promise<ProxyInfo> told = Promise.promise();
        listen(
                new SmtpHandler() {
                    @Override
                    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
                        told.complete(proxy);
                        return SmtpHandler.super.handleProxy(session, proxy);
                    }

                    @Override
                    public Future<Reply> handleNoop(Session session, String argument) {
                        return TELLING.handleNoop(session, argument);
                    }
                },
                onSocket().setProxyProtocol(true));
        WireClient client = connected(path).send("PROXY UNKNOWN\r\n");
        expect(client.reply(), "220");
        assertThat(await(told.future()).proxy()).hasToString(path.toString());
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 " + path + " to " + path);
    }

    @Test
    void severalInstancesServeOneSocketUntilTheLastHasStopped() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        SmtpHandler noting = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                threads.add(Thread.currentThread().getName());
                return SmtpHandler.super.handleNoop(session, argument);
            }
        };
        String deployment = await(vertx.deployVerticle(
                () -> new SmtpServerVerticle(noting, onSocket().setShutdownGrace(Duration.ZERO)),
                new DeploymentOptions().setInstances(2)));
        SmtpServer another = listen(noting, onSocket());
        for (int i = 0; i < 6; i++) {
            expect(greetedThere().command("NOOP"), "250");
        }
        assertThat(threads).hasSizeGreaterThan(1);
        await(another.close());
        assertThat(path).exists();
        expect(greetedThere().command("NOOP"), "250");
        await(vertx.undeploy(deployment));
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }
}
