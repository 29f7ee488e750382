package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.sasl.UsersFile;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Postfix as the relay of those who must encrypt and prove who they are. */
@Timeout(90)
class PostfixAuthIT {

    private static final String USER = "anna";
    private static final String PASSWORD = "s3cret-of-anna";
    private static final String FROM = "anna@client.example";
    private static final List<String> TO = List.of("bob@server.example", "carol@server.example");
    private static final int MESSAGES = 20;

    @TempDir
    static Path directory;

    private static TlsFiles files;

    private final Queue<Identity> senders = new ConcurrentLinkedQueue<>();
    private final RecordingHandler handler = new RecordingHandler() {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            senders.add(session.authenticated().orElseThrow());
            return super.handleData(session, envelope, body);
        }
    };
    private Vertx vertx;

    @BeforeAll
    static void makeFiles() throws Exception {
        files = TlsFiles.in(directory);
        Files.writeString(directory.resolve("users"), USER + ":" + PASSWORD + "\n");
    }

    @BeforeEach
    void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void stopVertx() throws Exception {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    /** A server that says nothing but what is needed to encrypt, and then to authenticate, before both are done. */
    private int serve(String mechanism) throws Exception {
        UsersFile users = await(UsersFile.load(vertx, directory.resolve("users")));
        SmtpServer server = SmtpServer.create(
                vertx,
                handler,
                new SmtpServerOptions()
                        .setHostName("mx.server.example")
                        .setTls(files.server())
                        .setRequireStartTls(true)
                        .setAuthRequired(true));
        server.addMechanism(mechanism.equals("PLAIN") ? SaslMechanism.plain(users) : SaslMechanism.login(users));
        return await(server.listen(0, "127.0.0.1")).actualPort();
    }

    private static String security(String level, String password, boolean softBounce) {
        return """
                smtp_tls_security_level = LEVEL
                smtp_tls_CAfile = CERTIFICATE
                smtp_tls_loglevel = 1
                smtp_sasl_auth_enable = yes
                smtp_sasl_password_maps = static:USER:PASSWORD
                smtp_sasl_security_options = noanonymous
                smtp_sasl_auth_soft_bounce = SOFT
                """.replace("LEVEL", level)
                .replace("CERTIFICATE", files.certificate().toString())
                .replace("USER", USER)
                .replace("PASSWORD", password)
                .replace("SOFT", softBounce ? "yes" : "no");
    }

    private static byte[] message(int number) {
        return ("From: <" + FROM + ">\r\nTo: <bob@server.example>\r\n"
                        + "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <" + number + "@client.example>\r\n"
                        + "Subject: number " + number + "\r\n\r\n.\r\n..\r\n.dot\r\nGrüße, 你好\r\n"
                        + ("x".repeat(998) + "\r\n").repeat(number)
                        + "\r\n.\r\nlast\r\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN"})
    void messagesArriveEncryptedAuthenticatedAndExact(String mechanism) throws Exception {
        try (PrivatePostfix postfix =
                PrivatePostfix.relayingTo(serve(mechanism), security("encrypt", PASSWORD, true))) {
            for (int i = 0; i < MESSAGES; i++) {
                Path file = Files.write(directory.resolve("message"), message(i));
                postfix.submit(MailClientContract.localForm(file), FROM, TO);
            }
            List<ReceivedMessage> received = handler.await(MESSAGES, Duration.ofSeconds(40));
            assertThat(received).hasSize(MESSAGES).allSatisfy(each -> {
                assertThat(each.ssl()).isTrue();
                assertThat(each.mailFrom()).isEqualTo(FROM);
                assertThat(each.rcptTos()).containsExactlyElementsOf(TO);
                byte[] sent = message(number(each));
                assertThat(each.content()).isEqualTo(PostfixIT.withTraceOf(each.content(), sent));
            });
            assertThat(received.stream().map(PostfixAuthIT::number)).doesNotHaveDuplicates();
            assertThat(senders)
                    .hasSize(MESSAGES)
                    .allMatch(sender -> sender.authenticationId().equals(USER));
            // not just anybody's key: Postfix knows the certificate
            postfix.awaitLog("Trusted TLS connection established to 127.0.0.1");
            postfix.awaitLog("status=sent (250 2.6.0");
        }
    }

    private static int number(ReceivedMessage message) {
        String text = message.text();
        int from = text.indexOf("Subject: number ") + "Subject: number ".length();
        return Integer.parseInt(text.substring(from, text.indexOf("\r\n", from)));
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, true, deferred", "LOGIN, true, deferred", "PLAIN, false, bounced", "LOGIN, false, bounced"})
    void aWrongPasswordSendsNothingAndTheLogSaysWhy(String mechanism, boolean softBounce, String status)
            throws Exception {
        String security = security("encrypt", "not-" + PASSWORD, softBounce);
        try (PrivatePostfix postfix = PrivatePostfix.relayingTo(serve(mechanism), security)) {
            Path file = Files.write(directory.resolve("message"), message(1));
            postfix.submit(MailClientContract.localForm(file), FROM, TO);
            assertThat(postfix.awaitLog("status=" + status))
                    .contains("SASL authentication failed; server 127.0.0.1[127.0.0.1] said: 535 5.7.8 ");
            assertThat(handler.messages()).isEmpty();
            assertThat(handler.events()).noneMatch(event -> event.startsWith("MAIL"));
        }
    }

    @Test
    void whoDoesNotEncryptIsTurnedAwayAndTheLogSaysWhy() throws Exception {
        try (PrivatePostfix postfix = PrivatePostfix.relayingTo(serve("PLAIN"), security("none", PASSWORD, true))) {
            Path file = Files.write(directory.resolve("message"), message(1));
            postfix.submit(MailClientContract.localForm(file), FROM, TO);
            // RFC 3207 §4: 530 is a permanent refusal
            assertThat(postfix.awaitLog("status=bounced")).contains("said: 530 5.7.0 ");
            assertThat(handler.messages()).isEmpty();
        }
    }
}
