package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS in both modes: certificates, versions, and what is known of them behind the handshake. */
class TlsSocketTest extends SocketTestBase {

    @TempDir
    static Path directory;

    static Keys keys;
    static Keys otherKeys;

    enum Mode {
        STARTTLS,
        IMPLICIT
    }

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = Keys.of(directory, "mx.example");
        otherKeys = Keys.of(directory, "other.example");
    }

    private static SmtpServerOptions options(Mode mode, ServerSSLOptions tls) {
        return options().setTls(tls).setImplicitTls(mode == Mode.IMPLICIT);
    }

    private static SmtpServerOptions options(Mode mode) throws Exception {
        return options(mode, keys.server());
    }

    /** A client behind the handshake; it has not said EHLO. */
    private WireClient secured(SmtpServer server, Mode mode, SSLEngine tls) throws IOException {
        if (mode == Mode.IMPLICIT) {
            WireClient client = connected(server).startTls(tls);
            expect(client.reply(), "220");
            return client;
        }
        WireClient client = afterEhlo(server);
        expect(client.command("STARTTLS"), "220");
        return client.startTls(tls);
    }

    private static Certificate shown(WireClient client) throws SSLException {
        return client.sslSession().getPeerCertificates()[0];
    }

    @ParameterizedTest
    @EnumSource
    void aMessageGoesThroughTls(Mode mode) throws Exception {
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            BodyRecorder recorder = new BodyRecorder();
            SmtpServer server = listen(recorder, options(mode));
            WireClient client = secured(server, mode, Keys.client(version));
            assertThat(client.sslSession().getProtocol()).isEqualTo(version);
            assertThat(client.command("EHLO client.example")).doesNotContain("STARTTLS");
            envelope(client);
            expect(client.command("DATA"), "354");
            String body = "0123456789".repeat(7).concat("\r\n").repeat(2_000);
            client.send(body + ".\r\n");
            assertThat(client.reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
            assertThat(await(recorder.ended()).toString()).isEqualTo(body);
            assertThat(client.command("STARTTLS")).isEqualTo(Replies.TLS_ACTIVE.toString());
            await(server.close());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSessionTellsOfItsTls(Mode mode) throws Exception {
        Promise<String> told = Promise.promise();
        SmtpServer server = listen(
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
                        told.complete(session.ssl() + " "
                                + session.sslSession().orElseThrow().getProtocol());
                        return SmtpHandler.super.handleMail(session, envelope, sender);
                    }
                },
                options(mode));
        WireClient client = secured(server, mode, Keys.client("TLSv1.3"));
        client.command("EHLO client.example");
        expect(client.command("MAIL FROM:<>"), "250");
        assertThat(await(told.future())).isEqualTo("true TLSv1.3");
    }

    @Test
    void whatWasLearntBeforeStartTlsIsForgotten() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {}, options(Mode.STARTTLS));
        WireClient client = secured(server, Mode.STARTTLS, Keys.client());
        assertThat(client.command("MAIL FROM:<a@client.example>")).isEqualTo(Replies.SEND_HELLO_FIRST.toString());
    }

    @Test
    void beforeARequiredStartTlsMailIsRefusedWith530() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {}, options(Mode.STARTTLS).setRequireStartTls(true));
        WireClient client = afterEhlo(server);
        for (String command : new String[] {"MAIL FROM:<>", "RSET", "VRFY a", "HELP"}) {
            assertThat(client.command(command)).isEqualTo(Replies.TLS_REQUIRED.toString());
        }
        expect(client.command("NOOP"), "250");
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        client.command("EHLO client.example");
        envelope(client);
    }

    @ParameterizedTest
    @EnumSource
    void theNameThatTheClientAsksForChoosesTheCertificate(Mode mode) throws Exception {
        ServerSSLOptions tls = new ServerSSLOptions()
                .setSni(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keys.keyPem()))
                        .addCertValue(Buffer.buffer(keys.certificatePem()))
                        .addKeyValue(Buffer.buffer(otherKeys.keyPem()))
                        .addCertValue(Buffer.buffer(otherKeys.certificatePem())));
        SmtpServer server = listen(new SmtpHandler() {}, options(mode, tls));
        assertThat(shown(secured(server, mode, Keys.clientOf("other.example")))).isEqualTo(otherKeys.certificate());
        assertThat(shown(secured(server, mode, Keys.clientOf("mx.example")))).isEqualTo(keys.certificate());
        assertThat(shown(secured(server, mode, Keys.clientOf("nobody.example"))))
                .isEqualTo(keys.certificate());
    }

    /** Tells which certificate the client has shown. */
    private static final class CertificateOf implements SmtpHandler {

        final Promise<Certificate> client = Promise.promise();

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            try {
                client.tryComplete(session.sslSession().orElseThrow().getPeerCertificates()[0]);
            } catch (SSLPeerUnverifiedException e) {
                client.tryFail(e);
            }
            return SmtpHandler.super.handleNoop(session, argument);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientCertificateIsInTheSession(Mode mode) throws Exception {
        CertificateOf handler = new CertificateOf();
        ServerSSLOptions tls = keys.server().setClientAuth(ClientAuth.REQUIRED).setTrustOptions(otherKeys.trust());
        SmtpServer server = listen(handler, options(mode, tls));
        WireClient client = secured(server, mode, otherKeys.asClient());
        expect(client.command("NOOP"), "250");
        assertThat(await(handler.client.future())).isEqualTo(otherKeys.certificate());
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateThatIsRequestedMayBeMissing(Mode mode) throws Exception {
        CertificateOf handler = new CertificateOf();
        ServerSSLOptions tls = keys.server().setClientAuth(ClientAuth.REQUEST).setTrustOptions(otherKeys.trust());
        SmtpServer server = listen(handler, options(mode, tls));
        expect(secured(server, mode, Keys.client()).command("NOOP"), "250");
        assertThatThrownBy(() -> await(handler.client.future())).hasCauseInstanceOf(SSLPeerUnverifiedException.class);
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateThatIsRequiredMustNotBeMissingNorUnknown(Mode mode) throws Exception {
        ServerSSLOptions tls = keys.server().setClientAuth(ClientAuth.REQUIRED).setTrustOptions(otherKeys.trust());
        SmtpServer server = listen(new CertificateOf(), options(mode, tls));
        Keys unknown = Keys.of(directory, "unknown.example");
        // with TLS 1.3 the client learns of it when it has done its part of the handshake
        assertThatThrownBy(() -> secured(server, mode, Keys.client()).command("NOOP"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> secured(server, mode, unknown.asClient()).command("NOOP"))
                .isInstanceOf(IOException.class);
        awaitNoConnection(server);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PKCS12", "JKS"})
    void aKeyStoreServesAsWell(String type) throws Exception {
        Keys stored = Keys.of(directory, "stored.example", type);
        String path = stored.store().toString();
        KeyCertOptions options = type.equals("JKS")
                ? new JksOptions().setPath(path).setPassword(Keys.PASSWORD)
                : new PfxOptions().setPath(path).setPassword(Keys.PASSWORD);
        for (Mode mode : Mode.values()) {
            ServerSSLOptions tls = new ServerSSLOptions().setKeyCertOptions(options);
            SmtpServer server = listen(new SmtpHandler() {}, options(mode, tls));
            assertThat(shown(secured(server, mode, Keys.client()))).isEqualTo(stored.certificate());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatDoesNotShakeHandsIsClosed(Mode mode) throws Exception {
        ServerSSLOptions tls =
                keys.server().setSslHandshakeTimeout(100).setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        SmtpServer server = listen(new SmtpHandler() {}, options(mode, tls));
        WireClient client;
        if (mode == Mode.STARTTLS) {
            client = afterEhlo(server);
            expect(client.command("STARTTLS"), "220");
        } else {
            client = connected(server);
        }
        assertThat(client.readToEnd()).isEmpty();
        awaitNoConnection(server);
    }

    @Test
    void startTlsThatTheHandlerRefusesLeavesOnlyQuit() throws Exception {
        SmtpServer server = listen(
                new SmtpHandler() {
                    @Override
                    public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
                        return Future.succeededFuture(false);
                    }
                },
                options(Mode.STARTTLS));
        WireClient client = secured(server, Mode.STARTTLS, Keys.client());
        assertThat(client.command("MAIL FROM:<>")).isEqualTo(Replies.LACK_OF_SECURITY.toString());
        expect(client.command("EHLO client.example"), "554");
        expect(client.command("QUIT"), "221");
    }

    // What cannot work fails when the server begins to listen

    private void assertListenFails(SmtpServerOptions options, String... words) {
        SmtpServer server = SmtpServer.create(vertx, new SmtpHandler() {}, options);
        assertThatThrownBy(() -> await(server.listen())).cause().hasMessageContainingAll(words);
        assertThat(server.actualPort()).isEqualTo(-1);
    }

    @Test
    void tlsThatIsAskedForWithoutAKeyFailsTheListen() {
        assertListenFails(options().setRequireStartTls(true), "requireStartTls", "tls");
        assertListenFails(options().setImplicitTls(true), "implicitTls", "tls");
        assertListenFails(options().setTls(new ServerSSLOptions()), "keyCertOptions");
    }

    @Test
    void aKeyThatDoesNotBelongToTheCertificateFailsTheListen() throws Exception {
        ServerSSLOptions mixed = new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keys.keyPem()))
                        .addCertValue(Buffer.buffer(otherKeys.certificatePem())));
        for (Mode mode : Mode.values()) {
            assertListenFails(options(mode, mixed), "key", "certificate");
        }
    }

    @Test
    void filesThatAreMissingOrBrokenFailTheListen() throws Exception {
        Path broken = Files.writeString(directory.resolve("broken.pem"), "no key\n");
        Path cert = Files.writeString(directory.resolve("good.pem"), keys.certificatePem());
        String missing = directory.resolve("missing.pem").toString();
        assertListenFails(options(Mode.STARTTLS, files(cert.toString(), missing)), missing);
        assertThatThrownBy(() ->
                        listen(new SmtpHandler() {}, options(Mode.IMPLICIT, files(cert.toString(), broken.toString()))))
                .isNotNull();
    }

    private static ServerSSLOptions files(String certificate, String key) {
        return new ServerSSLOptions()
                .setKeyCertOptions(
                        new PemKeyCertOptions().addCertPath(certificate).addKeyPath(key));
    }

    @Test
    void oldVersionsOfTlsCannotBeAllowed() throws Exception {
        ServerSSLOptions old = keys.server().setEnabledSecureTransportProtocols(Set.of("TLSv1.1"));
        assertListenFails(options(Mode.STARTTLS, old), "TLSv1.1", "TLSv1.2");
    }

    // Other certificates while connections are open

    @ParameterizedTest
    @EnumSource
    void newCertificatesAreShownToNewSessionsAndOldOnesStay(Mode mode) throws Exception {
        SmtpServer server = listen(new SmtpHandler() {}, options(mode));
        WireClient old = secured(server, mode, Keys.client());
        WireClient plain = mode == Mode.STARTTLS ? afterEhlo(server) : null;
        await(server.updateTls(otherKeys.server()));
        assertThat(shown(secured(server, mode, Keys.client()))).isEqualTo(otherKeys.certificate());
        expect(old.command("NOOP"), "250");
        assertThat(shown(old)).isEqualTo(keys.certificate());
        if (plain != null) {
            expect(plain.command("STARTTLS"), "220");
            assertThat(shown(plain.startTls(Keys.client()))).isEqualTo(keys.certificate());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenCertificateLeavesTheOldOneInForce(Mode mode) throws Exception {
        SmtpServer server = listen(new SmtpHandler() {}, options(mode));
        ServerSSLOptions mixed = new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keys.keyPem()))
                        .addCertValue(Buffer.buffer(otherKeys.certificatePem())));
        assertThatThrownBy(() -> await(server.updateTls(mixed))).hasMessageContaining("does not belong");
        assertThatThrownBy(() -> await(server.updateTls(files("/nonexistent/cert", "/nonexistent/key"))))
                .hasMessageContaining("/nonexistent/");
        assertThat(shown(secured(server, mode, Keys.client()))).isEqualTo(keys.certificate());
    }

    @ParameterizedTest
    @EnumSource
    void newContentsUnderTheSamePathsAreRead(Mode mode) throws Exception {
        Path cert = Files.writeString(directory.resolve("cert.pem"), keys.certificatePem());
        Path key = Files.writeString(directory.resolve("key.pem"), keys.keyPem());
        SmtpServer server = listen(new SmtpHandler() {}, options(mode, files(cert.toString(), key.toString())));
        assertThat(shown(secured(server, mode, Keys.client()))).isEqualTo(keys.certificate());
        Files.writeString(cert, otherKeys.certificatePem());
        Files.writeString(key, otherKeys.keyPem());
        await(server.updateTls(files(cert.toString(), key.toString())));
        assertThat(shown(secured(server, mode, Keys.client()))).isEqualTo(otherKeys.certificate());
    }

    @Test
    void tlsCannotBeUpdatedWhereThereIsNone() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {});
        assertThatThrownBy(() -> await(server.updateTls(keys.server())))
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    // Command injection: what is not encrypted never runs behind the handshake

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final Promise<Reply> slow = Promise.promise();

    private SmtpHandler notingQuestions() {
        return new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                asked.add("NOOP " + argument);
                return argument.equals("slow") ? slow.future() : SmtpHandler.super.handleNoop(session, argument);
            }

            @Override
            public Future<Reply> handleRset(Session session, Envelope envelope) {
                asked.add("RSET");
                return SmtpHandler.super.handleRset(session, envelope);
            }
        };
    }

    private void assertNothingRan(WireClient client, SmtpServer server) throws Exception {
        assertThatThrownBy(() -> client.startTls(Keys.client()).command("NOOP")).isInstanceOf(IOException.class);
        awaitNoConnection(server);
        assertThat(asked).doesNotContain("NOOP injected", "RSET");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOOP injected\r\n", "NOOP inj", "\r\n", "RSET\r\nNOOP injected\r\n"})
    void whatIsInTheSegmentOfStartTlsClosesTheConnection(String injected) throws Exception {
        SmtpServer server = listen(notingQuestions(), options(Mode.STARTTLS));
        WireClient client = afterEhlo(server);
        client.send("STARTTLS\r\n" + injected);
        assertThat(client.readToEnd()).isEqualTo(Replies.DATA_AFTER_STARTTLS + "\r\n");
        awaitNoConnection(server);
        assertThat(asked).isEmpty();
    }

    @Test
    void whatComesDuringTheHandshakeClosesTheConnection() throws Exception {
        SmtpServer server = listen(notingQuestions(), options(Mode.STARTTLS));
        WireClient client = afterEhlo(server);
        client.send("STARTTLS\r\n").send("RSET\r\n").send("NOOP injected\r\n");
        assertThatThrownBy(() -> {
                    String reply = client.reply();
                    assertThat(reply).isIn(Replies.READY_FOR_TLS.toString(), Replies.DATA_AFTER_STARTTLS.toString());
                    client.startTls(Keys.client()).command("NOOP");
                })
                .isInstanceOf(IOException.class);
        awaitNoConnection(server);
        assertThat(asked).isEmpty();
    }

    @Test
    void whatComesBehindTheAnswerToStartTlsClosesTheConnection() throws Exception {
        SmtpServer server = listen(notingQuestions(), options(Mode.STARTTLS));
        WireClient client = afterEhlo(server);
        expect(client.command("STARTTLS"), "220");
        client.send("RSET\r\nNOOP injected\r\n");
        assertNothingRan(client, server);
    }

    @Test
    void whatWaitsBehindAQuestionAndStartTlsClosesTheConnection() throws Exception {
        SmtpServer server = listen(notingQuestions(), options(Mode.STARTTLS));
        WireClient client = afterEhlo(server);
        WireClient other = afterEhlo(server);
        client.send("NOOP slow\r\n");
        awaitTrue("not asked", () -> asked.contains("NOOP slow"));
        // segments of their own, so that each waits in the paused socket by itself
        for (String segment : new String[] {"STARTTLS\r\n", "RSET\r\n", "NOOP injected\r\n"}) {
            client.send(segment);
            expect(other.command("NOOP"), "250");
        }
        slow.complete(Reply.ok());
        expect(client.reply(), "250");
        assertThatThrownBy(() -> {
                    String reply = client.reply();
                    if (reply.startsWith("421")) {
                        throw new EOFException("refused");
                    }
                    client.startTls(Keys.client()).command("NOOP");
                })
                .isInstanceOf(IOException.class);
        awaitTrue("the connection is kept", () -> server.connections() == 1);
        expect(other.command("NOOP"), "250");
        assertThat(asked).doesNotContain("NOOP injected", "RSET");
    }
}
