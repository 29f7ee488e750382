package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that come through a proxy, which says in a header from whom. */
class ProxySocketTest extends SocketTestBase {

    private static final String V1 = "PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n";
    private static final byte[] SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final byte LOCAL = 0x20;
    private static final byte PROXY = 0x21;
    private static final byte TCP4 = 0x11;
    private static final byte[] ADDRESSES = {(byte) 192, 0, 2, 1, (byte) 198, 51, 100, 2, 4711 >> 8, 4711 & 0xFF, 0, 25
    };

    @TempDir
    static Path directory;

    static Keys keys;

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = Keys.of(directory, "mx.example");
    }

    /** Answers NOOP with what the session knows of its ends. */
    private static final class Telling implements SmtpHandler {

        final Queue<ProxyInfo> headers = new ConcurrentLinkedQueue<>();
        final Queue<Session> sessions = new ConcurrentLinkedQueue<>();
        final Queue<String> failures = new ConcurrentLinkedQueue<>();
        volatile Future<Boolean> decision = Future.succeededFuture(true);

        @Override
        public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
            headers.add(proxy);
            sessions.add(session);
            return decision;
        }

        @Override
        public void handleProxyFailure(Session session, String reason) {
            failures.add(session.peer().host() + ": " + reason);
        }

        @Override
        public void handleDisconnect(Session session) {
            failures.add("end");
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return Future.succeededFuture(Reply.of(
                    250,
                    session.peer() + " to " + session.local() + (session.proxy().isPresent() ? " by proxy" : "")));
        }
    }

    private final Telling handler = new Telling();

    private static SmtpServerOptions proxied() {
        return options().setProxyProtocol(true);
    }

    private static byte[] v2(byte command, byte family, byte[]... parts) {
        Buffer payload = Buffer.buffer();
        List.of(parts).forEach(payload::appendBytes);
        return Buffer.buffer()
                .appendBytes(SIGNATURE)
                .appendByte(command)
                .appendByte(family)
                .appendShort((short) payload.length())
                .appendBuffer(payload)
                .getBytes();
    }

    private static byte[] tlv(int type, String value) {
        return Buffer.buffer()
                .appendByte((byte) type)
                .appendShort((short) value.length())
                .appendString(value)
                .getBytes();
    }

    private WireClient greetedBehind(byte[] header, SmtpServer server) throws Exception {
        WireClient client = connected(server).send(header);
        expect(client.reply(), "220");
        expect(client.command("EHLO client.example"), "250");
        return client;
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aHeaderOfVersion1TellsTheClient() throws Exception {
        SmtpServer server = listen(handler, proxied());
        WireClient client = greetedBehind(octets(V1), server);
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25 by proxy");
        ProxyInfo told = handler.headers.element();
        assertThat(told.source()).hasToString("192.0.2.1:4711");
        assertThat(told.destination()).hasToString("198.51.100.2:25");
        assertThat(told.proxy().host()).isEqualTo("127.0.0.1");
        assertThat(told.tlvs()).isEmpty();
    }

    @Test
    void aHeaderMayComeInPieces() throws Exception {
        SmtpServer server = listen(handler, proxied());
        WireClient client = connected(server);
        WireClient other = greetedBehind(octets(V1), server);
        for (String piece : V1.split("(?<=\\G.{7})")) {
            client.send(piece);
            expect(other.command("NOOP"), "250");
        }
        expect(client.reply(), "220");
        assertThat(client.command("NOOP")).startsWith("250 2.0.0 192.0.2.1:4711");
    }

    @Test
    void aHeaderAndACommandMayComeInOnePiece() throws Exception {
        SmtpServer server = listen(handler, proxied());
        WireClient client = connected(server).send(V1 + "NOOP\r\n");
        expect(client.reply(), "220");
        assertThat(client.reply()).startsWith("250 2.0.0 192.0.2.1:4711");
    }

    @Test
    void aHeaderOfVersion2HasFieldsOfItsOwn() throws Exception {
        SmtpServer server = listen(handler, proxied());
        byte[] header = v2(
                PROXY,
                TCP4,
                ADDRESSES,
                tlv(ProxyInfo.TLV_AUTHORITY, "mx.example"),
                tlv(ProxyInfo.TLV_UNIQUE_ID, "a-1"),
                tlv(0xE0, "custom"));
        WireClient client = greetedBehind(header, server);
        assertThat(client.command("NOOP")).startsWith("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25");
        assertThat(handler.headers.element().tlvs())
                .hasSize(3)
                .containsEntry(ProxyInfo.TLV_AUTHORITY, Buffer.buffer("mx.example"))
                .containsEntry(ProxyInfo.TLV_UNIQUE_ID, Buffer.buffer("a-1"))
                .containsEntry(0xE0, Buffer.buffer("custom"));
    }

    @Test
    void aHeaderThatNamesNobodyLeavesTheRealAddresses() throws Exception {
        SmtpServer server = listen(handler, proxied());
        for (byte[] header : List.of(octets("PROXY UNKNOWN\r\n"), v2(LOCAL, (byte) 0), v2(LOCAL, TCP4, ADDRESSES))) {
            WireClient client = greetedBehind(header, server);
            assertThat(client.command("NOOP"))
                    .startsWith("250 2.0.0 127.0.0.1:")
                    .contains(" to 127.0.0.1:" + server.actualPort());
        }
    }

    @Test
    void whatTheHeaderSaidIsKeptThroughStartTls() throws Exception {
        SmtpServer server = listen(handler, proxied().setTls(keys.server()));
        WireClient client = greetedBehind(octets(V1), server);
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        client.command("EHLO client.example");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25 by proxy");
    }

    @Test
    void aHeaderComesBeforeImplicitTls() throws Exception {
        SmtpServer server = listen(handler, proxied().setTls(keys.server()).setImplicitTls(true));
        for (byte[] header : List.of(octets(V1), v2(PROXY, TCP4, ADDRESSES, tlv(2, "mx.example")))) {
            WireClient client = connected(server).send(header).startTls(Keys.client());
            expect(client.reply(), "220");
            assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25 by proxy");
        }
        assertThat(handler.headers)
                .hasSize(2)
                .last()
                .satisfies(told -> assertThat(told.tlvs()).containsEntry(2, Buffer.buffer("mx.example")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aHeaderAndAClientHelloMayComeInOneSegment(String protocol) throws Exception {
        SmtpServer server = listen(handler, proxied().setTls(keys.server()).setImplicitTls(true));
        for (byte[] header : List.of(octets(V1), v2(PROXY, TCP4, ADDRESSES))) { // the first loads the certificate
            WireClient client = connected(server).startTls(header, Keys.client(protocol));
            assertThat(client.sslSession().getProtocol()).isEqualTo(protocol);
            expect(client.reply(), "220");
            assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 192.0.2.1:4711 to 198.51.100.2:25 by proxy");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aClientHelloWaitsUntilTheHandlerHasDecided(String protocol) throws Exception {
        Promise<Boolean> decision = Promise.promise();
        handler.decision = decision.future();
        SmtpServer server = listen(handler, proxied().setTls(keys.server()).setImplicitTls(true));
        vertx.setPeriodic(1, timer -> {
            if (!handler.headers.isEmpty()) {
                decision.tryComplete(true);
            }
        });
        WireClient client = connected(server).startTls(octets(V1), Keys.client(protocol));
        expect(client.reply(), "220");
        assertThat(handler.sessions.element().ssl()).isTrue();
    }

    @Test
    void whatWaitsBehindAHeaderIsBounded() throws Exception {
        Promise<Boolean> decision = Promise.promise();
        handler.decision = decision.future();
        SmtpServer server = listen(handler, proxied());
        WireClient client = connected(server).send(V1);
        awaitTrue("no header has come", () -> !handler.headers.isEmpty());
        byte[] much = "NOOP\r\n".repeat(4_000_000).getBytes(StandardCharsets.US_ASCII);
        assertThat(client.sendUntilStuck(much, Duration.ofMillis(200))).isLessThan(much.length);
        decision.complete(true);
        expect(client.reply(), "220");
        expect(client.reply(), "250");
    }

    @Test
    void aHeaderThatIsLateIsTold() throws Exception {
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(handler, proxied(), clock);
        WireClient silent = connected(server);
        WireClient slow = connected(server).send(V1.substring(0, 30));
        awaitTrue("they have not come", () -> server.connections() == 2);
        Duration almost = SmtpServerOptions.DEFAULT_PROXY_PROTOCOL_TIMEOUT.minusMillis(1);
        pass(almost, server, clock);
        assertThat(silent.sawNothing()).isTrue();
        assertThat(slow.sawNothing()).isTrue();
        try (CapturedLog log = CapturedLog.of(VertxSmtpServer.class)) {
            pass(Duration.ofMillis(1), server, clock);
            assertThat(silent.isCut()).isTrue();
            assertThat(slow.isCut()).isTrue();
            assertThat(log.at(Level.WARNING)).singleElement().asString().contains("127.0.0.1", "in time");
        }
        awaitNoConnection(server);
        String late = "127.0.0.1: the PROXY header has not come in time";
        assertThat(handler.failures).containsExactlyInAnyOrder(late, "end", late, "end");
    }

    @Test
    void aHeaderThatIsMissingOrMalformedIsTold() throws Exception {
        SmtpServer server = listen(handler, proxied());
        assertThat(connected(server).send("EHLO client.example\r\n").isCut()).isTrue();
        awaitNoConnection(server);
        WireClient leaves = connected(server).send(V1.substring(0, 30));
        leaves.shutdownOutput();
        assertThat(leaves.isCut()).isTrue();
        awaitNoConnection(server);
        assertThat(handler.failures)
                .containsExactly(
                        "127.0.0.1: the PROXY header is malformed",
                        "end",
                        "127.0.0.1: the PROXY header is missing",
                        "end");
    }

    @Test
    void connectionsThatWaitForTheirHeaderAreCountedButForNoAddress() throws Exception {
        SmtpServer server = listen(handler, proxied().setMaxConnections(3).setMaxConnectionsPerIp(1));
        WireClient first = connected(server);
        connected(server);
        connected(server);
        awaitTrue("they have not come", () -> server.connections() == 3);
        assertThat(connected(server).isCut()).isTrue();
        expect(first.send(V1).reply(), "220");
        expect(first.command("QUIT"), "221");
        awaitTrue("the first is still counted", () -> server.connections() == 2);
        greetedBehind(octets(V1), server);
    }

    @Test
    void aClientOfWhichThereAreTooManyIsToldNothingAheadOfTls() throws Exception {
        SmtpServer server = listen(
                handler, proxied().setTls(keys.server()).setImplicitTls(true).setMaxConnectionsPerIp(1));
        WireClient client = connected(server).send(V1).startTls(Keys.client());
        expect(client.reply(), "220");
        assertThat(connected(server).send(V1).isCut()).isTrue();
        expect(client.command("NOOP"), "250");
    }

    @Test
    void aServerThatStopsClosesAtOnceWhatWaitsForAHeaderOrAHandshake() throws Exception {
        handler.decision = Promise.<Boolean>promise().future();
        SmtpServer server = listen(handler, proxied());
        SmtpServer encrypted = listen(handler, options().setTls(keys.server()).setImplicitTls(true));
        WireClient silent = connected(server);
        WireClient undecided = connected(server).send(V1);
        WireClient half = connected(encrypted).send(new byte[] {0x16, 0x03, 0x01});
        awaitTrue("they have not come", () -> server.connections() == 2 && encrypted.connections() == 1);
        awaitTrue("no header has come", () -> !handler.headers.isEmpty());
        // waiting for the grace time would be longer than this test may take
        await(server.shutdown(Duration.ofHours(1)));
        await(encrypted.shutdown(Duration.ofHours(1)));
        assertThat(silent.readToEnd()).isEmpty();
        assertThat(undecided.readToEnd()).isEmpty();
        assertThat(half.isCut()).isTrue();
        assertThat(handler.failures).containsExactly("end", "end", "end");
    }

    @Test
    void aPeerThatIsNotListedIsClosedWithoutAnOctet() throws Exception {
        SmtpServer server = listen(handler, proxied().setProxyFrom(List.of("192.0.2.0/24", "2001:db8::/32")));
        try (CapturedLog log = CapturedLog.of(VertxSmtpServer.class)) {
            assertThat(connected(server).send(V1).isCut()).isTrue();
            assertThat(log.at(Level.WARNING)).singleElement().asString().contains("127.0.0.1", "proxyFrom");
        }
        assertThat(handler.headers).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO client.example\r\n",
                "PROXY TCP4 192.0.2.1\r\n",
                "PROXY TCP4 192.0.2.999 198.51.100.2 4711 25\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 99999 25\r\n",
                "PROXY UDP4 192.0.2.1 198.51.100.2 4711 25\r\n",
                "proxy TCP4 192.0.2.1 198.51.100.2 4711 25\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 4711 25",
                "PROXY TCP4 192.0.2.1 198.51.100.2 4711 25 and so on and so on and so on and so on and so on and so on and on\r\n",
                "\u0016\u0003\u0001",
                ""
            })
    void whoSendsNoHeaderIsClosedWithoutAnOctet(String instead) throws Exception {
        SmtpServer server = listen(handler, proxied().setProxyProtocolTimeout(Duration.ofMillis(200)));
        assertThat(connected(server).send(instead).isCut()).isTrue();
        assertThat(handler.headers).isEmpty();
    }

    @Test
    void aMalformedHeaderOfVersion2IsClosedWithoutAnOctet() throws Exception {
        SmtpServer server = listen(handler, proxied().setProxyProtocolTimeout(Duration.ofMillis(200)));
        byte[] shortAddresses = {1, 2, 3};
        byte[] longTlv = {0x02, 0x7F, 0x7F, 'x'};
        for (byte[] header : List.of(
                v2(PROXY, TCP4, shortAddresses),
                v2(PROXY, TCP4, ADDRESSES, longTlv),
                v2((byte) 0x2F, TCP4, ADDRESSES),
                v2((byte) 0x31, TCP4, ADDRESSES),
                v2(PROXY, (byte) 0x12, ADDRESSES),
                SIGNATURE)) {
            assertThat(connected(server).send(header).isCut()).isTrue();
        }
        assertThat(handler.headers).isEmpty();
        awaitNoConnection(server);
    }

    @Test
    void aProxyThatTheHandlerRefusesIsClosedWithoutAnOctet() throws Exception {
        SmtpServer server = listen(
                new SmtpHandler() {
                    @Override
                    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
                        return Future.succeededFuture(false);
                    }
                },
                proxied());
        assertThat(connected(server).send(V1).isCut()).isTrue();
        awaitNoConnection(server);
    }

    @Test
    void clientsBehindAProxyAreCountedByTheirOwnAddress() throws Exception {
        SmtpServer server = listen(handler, proxied().setMaxConnectionsPerIp(1));
        greetedBehind(octets(V1), server);
        greetedBehind(octets(V1.replace("192.0.2.1", "192.0.2.7")), server);
        assertThat(connected(server).send(V1).readToEnd()).startsWith("421 4.7.0");
    }

    @Test
    void aSessionWithoutAProxyKnowsOfNone() throws Exception {
        SmtpServer server = listen(handler);
        assertThat(afterEhlo(server).command("NOOP"))
                .startsWith("250 2.0.0 127.0.0.1:")
                .doesNotContain("by proxy");
        assertThat(handler.headers).isEmpty();
        // and a header, which nobody asked for, is no more than an unknown command
        assertThat(greeted(server).command(V1.strip())).startsWith("500");
    }

    @Test
    void aSessionIsLoggedWithTheClientsAddress() throws Exception {
        SmtpServer server = listen(handler, proxied());
        greetedBehind(octets(V1), server);
        assertThat(handler.sessions.element()).asString().contains("192.0.2.1:4711");
        assertThat(handler.sessions.element().proxy()).isEqualTo(Optional.of(handler.headers.element()));
    }
}
