package io.postern.smtp.testkit;

import static io.postern.smtp.testkit.Sending.authPlain;
import static io.postern.smtp.testkit.Sending.message;
import static io.postern.smtp.testkit.Sending.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where and how a test server can be reached. */
class TestSmtpServerTest {

    private static final TestCertificate CERTIFICATE = TestCertificate.create();

    @Test
    void bothFamiliesHaveOnePort() {
        try (TestSmtpServer server = TestSmtpServer.start()) {
            assertThat(server.host()).isEqualTo("127.0.0.1");
            assertThat(server.addresses()).allMatch(address -> address.port() == server.port());
            send(server, message("IPv4"), "anne@example.org");

            assumeThat(server.addresses()).hasSize(2); // a machine need not have IPv6
            assertThat(server.addresses().get(1).host()).isEqualTo("::1");
            try (RawSmtpClient client = RawSmtpClient.connect("::1", server.port())) {
                client.expect(220);
                client.command("EHLO client.example").expect(250);
                send(client, message("IPv6"), "anne@example.org");
            }
            assertThat(server.inbox().await(2))
                    .extracting(message -> message.peer().hostAddress())
                    .containsExactly("127.0.0.1", "0:0:0:0:0:0:0:1");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aUnixSocketTakesThePlaceOfThePort(boolean lmtp, @TempDir Path directory) {
        String path = directory.resolve("socket").toString();
        SmtpServerOptions options =
                TestSmtpServer.defaultOptions().setUnixSocket(path).setLmtp(lmtp);
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(), options);
                RawSmtpClient client = server.connect()) {
            assertThat(server.addresses()).containsExactly(SocketAddress.domainSocketAddress(path));
            assertThatIllegalStateException().isThrownBy(server::port).withMessageContaining(path);
            client.expect(220);
            client.command((lmtp ? "LHLO" : "EHLO") + " client.example").expect(250);
            send(client, message("hi"), "anne@example.org");
            assertThat(server.inbox().await(1)).hasSize(1);
        }
    }

    @Test
    void lmtpAnswersForEachRecipient() {
        SmtpServerOptions options = TestSmtpServer.defaultOptions().setLmtp(true);
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(), options);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("LHLO client.example").expect(250);
            send(client, message("hi"), "anne@example.org", "bart@example.org");
            client.expect(250); // RFC 2033 §4.2: one more
            assertThat(server.inbox().await(1)).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCertificateMadeOnTheSpotEncrypts(boolean implicit) {
        SmtpServerOptions options = TestSmtpServer.defaultOptions()
                .setTls(CERTIFICATE.serverOptions())
                .setImplicitTls(implicit);
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(), options);
                RawSmtpClient client = server.connect()) {
            if (!implicit) {
                client.expect(220);
                client.command("EHLO client.example").expect(250);
                client.command("STARTTLS").expect(220);
            }
            client.startTls(CERTIFICATE.sslContext());
            if (implicit) {
                client.expect(220);
            }
            client.command("EHLO client.example").expect(250);
            send(client, message("hi"), "anne@example.org");

            assertThat(server.inbox().await().tlsProtocol()).hasValue("TLSv1.3");
        }
    }

    @Test
    void whoDoesNotTrustTheCertificateIsNotConnected() throws Exception {
        SmtpServerOptions options = TestSmtpServer.defaultOptions()
                .setTls(CERTIFICATE.serverOptions())
                .setImplicitTls(true);
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(), options);
                RawSmtpClient client = server.connect()) {
            SSLContext other = TestCertificate.create().sslContext();
            assertThatThrownBy(() -> client.startTls(other)).hasMessageContaining("TLS handshake failed");
        }
    }

    @Test
    void aClientOnVertxTrustsTheCertificateForEachNameOfTheServer() throws Exception {
        SmtpServerOptions options = TestSmtpServer.defaultOptions()
                .setTls(CERTIFICATE.serverOptions())
                .setImplicitTls(true);
        Vertx vertx = Vertx.vertx();
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(), options)) {
            for (String name : new String[] {"localhost", server.host()}) {
                NetSocket socket = vertx.createNetClient(new NetClientOptions()
                                .setSsl(true)
                                .setHostnameVerificationAlgorithm("HTTPS")
                                .setTrustOptions(CERTIFICATE.trustOptions()))
                        .connect(server.port(), name)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
                assertThat(socket.isSsl()).isTrue();
                socket.close();
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void theCertificateIsOneInPem() {
        assertThat(CERTIFICATE.authorityPem()).startsWith("-----BEGIN CERTIFICATE-----");
        assertThat(CERTIFICATE.certificate().getSubjectX500Principal()).hasToString("CN=localhost");
    }

    @Test
    void clientsMayLogInWithTheCredentialsOfTheInboxAndNoOthers() {
        try (TestSmtpServer server = TestSmtpServer.start()) {
            Inbox inbox = server.inbox();
            send(server, inbox, message("hi"), "anne@example.org");
            assertThat(inbox.await().authenticated())
                    .hasValueSatisfying(
                            identity -> assertThat(identity.authenticationId()).isEqualTo(inbox.username()));

            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                assertThat(client.command("EHLO client.example").lines()).contains("AUTH PLAIN LOGIN");
                client.command(authPlain(inbox.username(), "another")).expect(535);
                client.command(authPlain("another", inbox.password())).expect(535);
                send(client, message("without"), "anne@example.org"); // it is not required
            }
            assertThat(inbox.await(2).get(1).authenticated()).isEmpty();
        }
    }

    @Test
    void theTimeOfArrivalIsThatOfTheClock() {
        MovableClock clock = new MovableClock(Instant.parse("2030-01-01T12:00:00Z"));
        try (TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(clock))) {
            send(server, message("one"), "anne@example.org");
            clock.advance(Duration.ofHours(2));
            send(server, message("two"), "anne@example.org");
            clock.set(Instant.EPOCH);
            send(server, message("three"), "anne@example.org");
            assertThat(server.inbox().messages())
                    .extracting(ReceivedMessage::receivedAt)
                    .containsExactly(
                            Instant.parse("2030-01-01T12:00:00Z"),
                            Instant.parse("2030-01-01T14:00:00Z"),
                            Instant.EPOCH);
        }
    }
}
