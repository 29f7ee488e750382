package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.streams.ReadStream;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that gets other options while it runs. */
class UpdateSocketTest extends SocketTestBase {

    @TempDir
    static Path directory;

    /** Takes every message, and says its name in reply to NOOP. */
    private record Named(String name) implements SmtpHandler {

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return Future.succeededFuture(Reply.of(250, name));
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            body.handler(buffer -> {});
            return Future.future(taken ->
                    body.endHandler(v -> taken.complete(Reply.of(250, name))).exceptionHandler(taken::fail));
        }
    }

    private static void expectEhlo(WireClient client, String line) throws Exception {
        assertThat(client.command("EHLO client.example").lines()).contains(line);
    }

    @Test
    void newSessionsHaveTheNewLimitsAndHandlerAndRunningOnesKeepTheirs() throws Exception {
        SmtpServer server = listen(new Named("old"), options().setDataSizeLimit(1_000));
        WireClient inMessage = inData(server);
        WireClient idle = afterEhlo(server);
        await(server.update(() -> new Named("new"), options().setDataSizeLimit(2_000)));

        WireClient fresh = greeted(server);
        expectEhlo(fresh, "250-SIZE 2000");
        expect(fresh.command("MAIL FROM:<a@client.example> SIZE=1500"), "250");
        assertThat(fresh.command("NOOP")).isEqualTo("250 2.0.0 new");

        expectEhlo(idle, "250-SIZE 1000");
        expect(idle.command("MAIL FROM:<a@client.example> SIZE=1500"), "552");
        assertThat(idle.command("NOOP")).isEqualTo("250 2.0.0 old");

        expect(inMessage.command("x".repeat(900) + "\r\n" + "x".repeat(900) + "\r\n."), "552");
        envelope(inMessage);
        expect(inMessage.command("DATA"), "354");
        assertThat(inMessage.command("hello\r\n.")).isEqualTo("250 2.0.0 old");
    }

    @Test
    void theHandlersStayWhenOnlyTheOptionsChange() throws Exception {
        SmtpServer server = listen(new Named("old"));
        await(server.update(options().setMaxRecipients(1)));
        WireClient client = afterEhlo(server);
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 old");
        envelope(client);
        expect(client.command("RCPT TO:<c@mx.example>"), "452");
    }

    @Test
    void transactionsGoOnWhileTheOptionsChange() throws Exception {
        SmtpServer server = listen(new Named("0"));
        List<WireClient> running = new ArrayList<>();
        for (int update = 1; update <= 20; update++) {
            running.add(inData(server));
            String name = String.valueOf(update);
            await(server.update(() -> new Named(name), options().setDataSizeLimit(1_000 + update)));
        }
        for (int client = 0; client < running.size(); client++) {
            assertThat(running.get(client).command("hello\r\n.")).isEqualTo("250 2.0.0 " + client);
        }
        expectEhlo(greeted(server), "250-SIZE 1020");
    }

    @Test
    void updatesTakeEffectInTheirOrder() throws Exception {
        Keys keys = Keys.of(directory, "mx.example");
        SmtpServer server = listen(new Named("old"), options().setTls(keys.server()));
        // the first takes longer, as its keys are read
        Future<Void> first = server.update(options().setTls(keys.server()).setDataSizeLimit(1_000));
        Future<Void> second = server.update(options().setDataSizeLimit(2_000));
        await(Future.join(first, second));
        WireClient client = greeted(server);
        assertThat(client.command("EHLO client.example")).contains("SIZE 2000").doesNotContain("STARTTLS");
    }

    @Test
    void theNewConnectionLimitsHoldForTheNextConnection() throws Exception {
        SmtpServer server = listen(new Named("any"));
        WireClient first = greeted(server);
        await(server.update(options().setMaxConnections(1)));
        assertThat(connected(server).reply()).isEqualTo(Replies.TOO_MANY_CONNECTIONS.toString());
        await(server.update(options().setMaxConnectionsPerIp(2)));
        greeted(server);
        assertThat(connected(server).reply()).isEqualTo(Replies.TOO_MANY_CONNECTIONS.toString());
        assertThat(first.command("NOOP")).isEqualTo("250 2.0.0 any");
    }

    @Test
    void anotherProxyMayBeBelieved() throws Exception {
        SmtpServerOptions behindProxy = options().setProxyProtocol(true);
        SmtpServer server = listen(new Named("any"), behindProxy.setProxyFrom(List.of("192.0.2.1")));
        String header = "PROXY TCP4 192.0.2.7 198.51.100.2 4711 25\r\n";
        assertThat(connected(server).send(header).isCut()).isTrue();
        await(server.update(behindProxy.setProxyFrom(List.of("127.0.0.1"))));
        expect(connected(server).send(header).reply(), "220");
    }

    // TLS

    private static Certificate shown(WireClient client) throws Exception {
        return client.sslSession().getPeerCertificates()[0];
    }

    private WireClient secured(SmtpServer server, boolean implicit) throws Exception {
        if (implicit) {
            WireClient client = connected(server).startTls(Keys.client());
            expect(client.reply(), "220");
            return client;
        }
        WireClient client = afterEhlo(server);
        expect(client.command("STARTTLS"), "220");
        return client.startTls(Keys.client());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void newSessionsAreShownTheNewCertificate(boolean implicit) throws Exception {
        Keys old = Keys.of(directory, "mx.example");
        Keys other = Keys.of(directory, "mx.example");
        SmtpServerOptions options = options().setTls(old.server()).setImplicitTls(implicit);
        SmtpServer server = listen(new Named("any"), options);
        WireClient running = secured(server, implicit);
        await(server.update(options.setTls(other.server()).setDataSizeLimit(2_000)));
        WireClient fresh = secured(server, implicit);
        assertThat(shown(fresh)).isEqualTo(other.certificate());
        expectEhlo(fresh, "250-SIZE 2000");
        assertThat(shown(running)).isEqualTo(old.certificate());
        assertThat(running.command("NOOP")).isEqualTo("250 2.0.0 any");
    }

    @Test
    void startTlsCanComeBeRequiredAndGo() throws Exception {
        SmtpServer server = listen(new Named("any"));
        WireClient before = afterEhlo(server);
        ServerSSLOptions tls = Keys.of(directory, "mx.example").server();
        await(server.update(options().setTls(tls).setRequireStartTls(true)));
        expect(afterEhlo(server).command("MAIL FROM:<a@client.example>"), "530");
        WireClient encrypted = secured(server, false);
        assertThat(encrypted.command("NOOP")).isEqualTo("250 2.0.0 any");
        expect(before.command("MAIL FROM:<a@client.example>"), "250");
        await(server.update(options()));
        assertThat(greeted(server).command("EHLO client.example")).doesNotContain("STARTTLS");
    }

    @Test
    void tlsFromTheFirstOctetCanComeAndGo() throws Exception {
        SmtpServer server = listen(new Named("any"));
        WireClient before = afterEhlo(server);
        ServerSSLOptions tls = Keys.of(directory, "mx.example").server();
        await(server.update(options().setTls(tls).setImplicitTls(true)));
        assertThat(secured(server, true).command("NOOP")).isEqualTo("250 2.0.0 any");
        assertThat(before.command("NOOP")).isEqualTo("250 2.0.0 any");
        await(server.update(options().setTls(tls)));
        assertThat(secured(server, false).command("NOOP")).isEqualTo("250 2.0.0 any");
    }

    @Test
    void theHeadersOfAProxyCanComeAndGo() throws Exception {
        SmtpServer server = listen(new Named("any"));
        await(server.update(options().setProxyProtocol(true)));
        WireClient client = connected(server).send("PROXY TCP4 192.0.2.7 198.51.100.2 4711 25\r\n");
        expect(client.reply(), "220");
        await(server.update(options()));
        greeted(server);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBrokenCertificateChangesNothing(boolean implicit) throws Exception {
        Keys keys = Keys.of(directory, "mx.example");
        Keys other = Keys.of(directory, "mx.example");
        SmtpServerOptions options = options().setTls(keys.server()).setImplicitTls(implicit);
        SmtpServer server = listen(new Named("old"), options);
        ServerSSLOptions mixed = new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keys.keyPem()))
                        .addCertValue(Buffer.buffer(other.certificatePem())));
        SmtpServerOptions broken = new SmtpServerOptions(options).setTls(mixed).setDataSizeLimit(1_000);
        assertThatThrownBy(() -> await(server.update(() -> new Named("new"), broken)))
                .hasMessageContaining("does not belong");
        WireClient client = secured(server, implicit);
        assertThat(shown(client)).isEqualTo(keys.certificate());
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 old");
        assertThat(client.command("EHLO client.example")).doesNotContain("SIZE 1000");
    }

    // What cannot be

    static Stream<Map.Entry<String, UnaryOperator<SmtpServerOptions>>> fixed() {
        Map<String, UnaryOperator<SmtpServerOptions>> changes = new LinkedHashMap<>();
        changes.put("host is null, but the server listens with 127.0.0.1", options -> options.setHost(null));
        changes.put("port is 25, but the server listens with 0", options -> options.setPort(25));
        changes.put(
                "unixSocket is /run/smtp, but the server listens with null",
                options -> options.setUnixSocket("/run/smtp"));
        changes.put(
                "unixSocketPermissions is rw-------, but the server listens with rw-rw----",
                options -> options.setUnixSocketPermissions("rw-------"));
        changes.put("lmtp is true, but the server listens with false", options -> options.setLmtp(true));
        changes.put(
                "net.acceptBacklog is 7, but the server listens with 1024",
                options -> options.setNet(new NetServerOptions().setAcceptBacklog(7)));
        changes.put("authRequired is set", options -> options.setAuthRequired(true));
        changes.put("requireStartTls is set", options -> options.setRequireStartTls(true));
        changes.put("proxyFrom has \"nobody\"", options -> options.setProxyFrom(List.of("nobody")));
        return changes.entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("fixed")
    void whatCannotChangeIsRefusedWithItsNameAndChangesNothing(
            Map.Entry<String, UnaryOperator<SmtpServerOptions>> change) throws Exception {
        SmtpServer server = listen(new Named("old"));
        SmtpServerOptions wanted = change.getValue().apply(options().setDataSizeLimit(1_000));
        assertThatThrownBy(() -> await(server.update(() -> new Named("new"), wanted)))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(change.getKey());
        WireClient client = afterEhlo(server);
        assertThat(client.command("EHLO client.example")).doesNotContain("SIZE 1000");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 old");
    }

    @Test
    void keysInTheSocketOptionsAreNotTold() throws Exception {
        SmtpServer server = listen(new Named("any"));
        NetServerOptions net = new NetServerOptions()
                .setAcceptBacklog(SmtpServerOptions.DEFAULT_ACCEPT_BACKLOG)
                .setKeyCertOptions(new PemKeyCertOptions().addKeyValue(Buffer.buffer("secret")));
        assertThatThrownBy(() -> await(server.update(options().setNet(net))))
                .hasMessageContaining("net.")
                .hasMessageNotContaining(Buffer.buffer("secret").toJson());
    }

    @Test
    void passwordsInTheSocketOptionsAreNotTold() throws Exception {
        SmtpServer server = listen(new Named("any"), options().setNet(netWithPassword("the old secret")));
        assertThatThrownBy(() -> await(server.update(options().setNet(netWithPassword("the new secret")))))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("net.")
                .hasMessageNotContaining("secret");
    }

    private static NetServerOptions netWithPassword(String password) {
        return new NetServerOptions().setKeyCertOptions(new JksOptions().setPassword(password));
    }

    @Test
    void aServerThatDoesNotListenCannotBeUpdated() throws Exception {
        SmtpServer server = SmtpServer.create(vertx, new Named("any"), options());
        assertThatThrownBy(() -> await(server.update(options()))).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void anUpdateHoldsWhenTheServerListensAgain() throws Exception {
        SmtpServer server = listen(new Named("old"));
        await(server.update(() -> new Named("new"), options().setDataSizeLimit(2_000)));
        await(server.close());
        await(server.listen());
        WireClient client = greeted(server);
        expectEhlo(client, "250-SIZE 2000");
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 new");
    }

    @Test
    void aVerticleIsUpdatedByItsServer() throws Exception {
        SmtpServerVerticle verticle = new SmtpServerVerticle(new Named("any"), options());
        await(vertx.deployVerticle(verticle));
        await(verticle.server()
                .update(options().setAuthExcludeMechanisms(Set.of("PLAIN")).setDataSizeLimit(2_000)));
        expectEhlo(greeted(verticle.server()), "250-SIZE 2000");
    }

    @Test
    void aShutdownHasTheGraceTimeOfTheNewOptions() throws Exception {
        SmtpServer server = listen(new Named("any"), options().setShutdownGrace(Duration.ofDays(1)));
        WireClient running = inData(server);
        await(server.update(options().setShutdownGrace(Duration.ZERO)));
        await(server.shutdown());
        assertThat(running.readToEnd()).startsWith("421 4.3.2");
    }
}
