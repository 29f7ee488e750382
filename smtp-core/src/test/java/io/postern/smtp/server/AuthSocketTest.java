package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.util.TlsServerEndpoint;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.sasl.SaslExchange;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.sasl.UsersFile;
import io.postern.smtp.sasl.VertxAuthentication;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.ClientAuth;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.UsernamePasswordCredentials;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AUTH against real authenticators, before and behind TLS. */
class AuthSocketTest extends SocketTestBase {

    private static final String PASSWORD = "pass word of anna";
    private static final String GOOD = base64("\0anna\0" + PASSWORD);
    private static final String BAD = base64("\0anna\0wrong guess");

    @TempDir
    static Path directory;

    static Keys keys;

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = Keys.of(directory, "mx.example");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String plain(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    /** Without a delay, and without TLS. */
    private static SmtpServerOptions authOptions() {
        return options().setAuthRequireTls(false).setAuthFailureDelay(Duration.ZERO);
    }

    private UsersFile users() throws Exception {
        return await(UsersFile.load(
                vertx, Files.writeString(directory.resolve("users"), "anna:" + PASSWORD + "\nbert:secret of bert\n")));
    }

    /** Notes who sends. */
    private final Queue<String> senders = new ConcurrentLinkedQueue<>();

    private final SmtpHandler handler = new SmtpHandler() {
        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            senders.add(session.authenticated().map(Object::toString).orElse("nobody"));
            return SmtpHandler.super.handleMail(session, envelope, sender);
        }
    };

    private SmtpServer serve(SmtpServerOptions options, List<SaslMechanism> mechanisms) throws Exception {
        SmtpServer server = SmtpServer.create(vertx, handler, options);
        mechanisms.forEach(server::addMechanism);
        return await(server.listen());
    }

    private SmtpServer serve(SmtpServerOptions options) throws Exception {
        return serve(options, users().mechanisms());
    }

    private final AtomicInteger guesses = new AtomicInteger();

    /** By a clock, and with an authenticator that needs no time. */
    private VertxSmtpServer serve(SmtpServerOptions options, ManualClock clock) throws Exception {
        VertxSmtpServer server = new VertxSmtpServer(vertx, () -> handler, options, clock);
        SaslMechanism.passwords((credentials, context) -> {
                    guesses.incrementAndGet();
                    return Future.succeededFuture(Optional.of(Identity.of("anna"))
                            .filter(anna -> credentials.password().equals(PASSWORD)));
                })
                .forEach(server::addMechanism);
        await(server.listen());
        return server;
    }

    private WireClient behindStartTls(SmtpServer server) throws Exception {
        return behindStartTls(server, "TLSv1.3");
    }

    private WireClient behindStartTls(SmtpServer server, String version) throws Exception {
        WireClient client = afterEhlo(server);
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client(version));
        expect(client.command("EHLO client.example"), "250");
        return client;
    }

    @Test
    void whoKnowsThePasswordMaySend() throws Exception {
        SmtpServer server = serve(authOptions().setAuthRequired(true));
        WireClient client = afterEhlo(server);
        assertThat(client.command("MAIL FROM:<a@client.example>")).isEqualTo(Replies.AUTH_REQUIRED.toString());
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
        envelope(client);
        assertThat(senders).singleElement().asString().contains("anna");
    }

    @Test
    void passwordsAreCheckedByAProviderOfVertx() throws Exception {
        AuthenticationProvider provider = credentials -> {
            UsernamePasswordCredentials given = (UsernamePasswordCredentials) credentials;
            return given.getUsername().equals("anna") && given.getPassword().equals(PASSWORD)
                    ? vertx.timer(1).map(v -> User.fromName("anna"))
                    : Future.failedFuture("wrong");
        };
        SmtpServer server = serve(authOptions(), SaslMechanism.passwords(VertxAuthentication.passwords(provider)));
        WireClient client = afterEhlo(server);
        assertThat(client.command("AUTH PLAIN " + BAD)).isEqualTo(Replies.CREDENTIALS_INVALID.toString());
        assertThat(plain(client.command("AUTH LOGIN").substring(4))).startsWith("User");
        assertThat(plain(client.command(base64("anna")).substring(4))).startsWith("Password");
        assertThat(client.command(base64(PASSWORD))).isEqualTo(Replies.AUTHENTICATED.toString());
    }

    @Test
    void beforeTlsAuthIsNeitherOfferedNorTaken() throws Exception {
        SmtpServer server = serve(authOptions().setAuthRequireTls(true).setTls(keys.server()));
        WireClient client = greeted(server);
        assertThat(client.command("EHLO client.example")).doesNotContain("AUTH");
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTH_NEEDS_TLS.toString());
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        assertThat(client.command("EHLO client.example")).contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN");
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
    }

    @Test
    void implicitTlsIsTlsToAuth() throws Exception {
        SmtpServer server =
                serve(options().setTls(keys.server()).setImplicitTls(true).setAuthRequired(true));
        WireClient client = connected(server).startTls(Keys.client());
        expect(client.reply(), "220");
        assertThat(client.command("EHLO client.example")).contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN");
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
        envelope(client);
    }

    @Test
    void whoWasProvedBeforeTlsIsNobodyBehindIt() throws Exception {
        SmtpServer server = serve(authOptions().setTls(keys.server()).setAuthRequired(true));
        WireClient client = afterEhlo(server);
        expect(client.command("AUTH PLAIN " + GOOD), "235");
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        client.command("EHLO client.example");
        assertThat(client.command("MAIL FROM:<a@client.example>")).isEqualTo(Replies.AUTH_REQUIRED.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void scramIsBoundToTheServersCertificate(String version) throws Exception {
        SmtpServer server = serve(options().setTls(keys.server()));
        WireClient client = behindStartTls(server, version);
        ScramClient scram = scram("tls-server-end-point", endPoint(client));
        assertThat(login(client, scram)).isEqualTo(Replies.AUTHENTICATED.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void scramThatIsBoundToAnotherCertificateIsRefused(String version) throws Exception {
        SmtpServer server = serve(authOptions().setTls(keys.server()));
        WireClient client = behindStartTls(server, version);
        X509Certificate another = Keys.of(directory, "between.example").certificate();
        ScramClient scram = scram("tls-server-end-point", TlsServerEndpoint.getChannelBindingData(another));
        assertThat(login(client, scram)).isEqualTo(Replies.CREDENTIALS_INVALID.toString());
    }

    @Test
    void scramIsBoundToTheKeysOfTheConnectionAndOfNoOther() throws Exception {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);
        SmtpServer server = serve(authOptions().setTls(keys.server()));
        WireClient client = behindStartTls(server);
        WireClient other = behindStartTls(server);
        assertThat(login(client, scram("tls-exporter", exported(other.sslSession()))))
                .isEqualTo(Replies.CREDENTIALS_INVALID.toString());
        assertThat(login(client, scram("tls-exporter", exported(client.sslSession()))))
                .isEqualTo(Replies.AUTHENTICATED.toString());
    }

    /** As any client of this Java would do it (RFC 9266 §2). */
    private static byte[] exported(SSLSession session) throws ReflectiveOperationException {
        return (byte[]) ExtendedSSLSession.class
                .getMethod("exportKeyingMaterialData", String.class, byte[].class, int.class)
                .invoke(session, "EXPORTER-Channel-Binding", null, 32);
    }

    private static byte[] endPoint(WireClient client) throws Exception {
        return TlsServerEndpoint.getChannelBindingData(
                (X509Certificate) client.sslSession().getPeerCertificates()[0]);
    }

    // RFC 5802 §6: who takes the weaker mechanism and says that the server has no other was lied to on the way
    @Test
    void scramOfAClientThatWasKeptFromTheBoundMechanismIsRefused() throws Exception {
        SmtpServer server = serve(authOptions().setTls(keys.server()));
        WireClient client = behindStartTls(server);
        ScramClient scram = ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256"))
                .username("anna")
                .password(PASSWORD.toCharArray())
                .channelBinding("tls-server-end-point", endPoint(client))
                .build();
        String first = scram.clientFirstMessage().toString();
        assertThat(first).startsWith("y,");
        assertThat(client.command("AUTH SCRAM-SHA-256 " + base64(first)))
                .isEqualTo(Replies.CREDENTIALS_INVALID.toString());
    }

    private static ScramClient scram(String type, byte[] binding) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
                .username("anna")
                .password(PASSWORD.toCharArray())
                .channelBinding(type, binding)
                .build();
    }

    private static String login(WireClient client, ScramClient scram) throws Exception {
        assertThat(scram.getScramMechanism().getName()).isEqualTo("SCRAM-SHA-256-PLUS");
        String first = client.command(
                "AUTH SCRAM-SHA-256-PLUS " + base64(scram.clientFirstMessage().toString()));
        scram.serverFirstMessage(plain(first.substring(4)));
        String last = client.command(base64(scram.clientFinalMessage().toString()));
        if (!last.startsWith("334")) {
            return last;
        }
        scram.serverFinalMessage(plain(last.substring(4)));
        return client.command("");
    }

    @Test
    void aClientCertificateIsEnoughForExternal() throws Exception {
        Keys client = Keys.of(directory, "anna");
        SaslMechanism external = SaslMechanism.external((credentials, context) -> Future.succeededFuture(
                credentials.certificate().getSubjectX500Principal().equals(new X500Principal("CN=anna"))
                        ? Optional.of(Identity.of("anna"))
                        : Optional.empty()));
        SmtpServer server = serve(
                options().setTls(keys.server().setClientAuth(ClientAuth.REQUEST).setTrustOptions(client.trust())),
                List.of(external));
        WireClient known = afterEhlo(server);
        expect(known.command("STARTTLS"), "220");
        known.startTls(client.asClient());
        assertThat(known.command("EHLO client.example")).contains("AUTH EXTERNAL");
        assertThat(known.command("AUTH EXTERNAL =")).isEqualTo(Replies.AUTHENTICATED.toString());

        WireClient unknown = behindStartTls(server);
        assertThat(unknown.command("EHLO client.example")).doesNotContain("AUTH");
        expect(unknown.command("AUTH EXTERNAL ="), "50");
    }

    @Test
    void tooManyFailuresCloseTheConnection() throws Exception {
        SmtpServer server = serve(authOptions().setMaxAuthFailures(3));
        WireClient client = afterEhlo(server);
        assertThat(client.command("AUTH PLAIN " + BAD)).isEqualTo(Replies.CREDENTIALS_INVALID.toString());
        assertThat(client.command("AUTH PLAIN " + base64("\0nobody\0x")))
                .isEqualTo(Replies.CREDENTIALS_INVALID.toString());
        client.send("AUTH PLAIN " + BAD + "\r\n");
        assertThat(client.readToEnd()).endsWith(Replies.TOO_MANY_AUTH_FAILURES + "\r\n");
        awaitNoConnection(server);
    }

    @Test
    void aFailureIsAnsweredLaterAndNobodyElseWaits() throws Exception {
        SmtpServer server = serve(authOptions().setAuthFailureDelay(Duration.ofSeconds(20)));
        WireClient guessing = afterEhlo(server);
        guessing.send("AUTH PLAIN " + BAD + "\r\n");
        WireClient other = afterEhlo(server);
        assertThat(other.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
        assertThat(guessing.sawNothing()).isTrue();
    }

    @Test
    void aFailureIsAnsweredWhenItsDelayIsOver() throws Exception {
        ManualClock clock = new ManualClock();
        Duration delay = Duration.ofSeconds(20);
        VertxSmtpServer server = serve(authOptions().setAuthFailureDelay(delay), clock);
        WireClient client = afterEhlo(server);
        client.send("AUTH PLAIN " + BAD + "\r\n");
        awaitTrue("nobody was asked", () -> guesses.get() == 1);
        pass(delay.minusSeconds(1), server, clock);
        assertThat(client.sawNothing()).isTrue();
        pass(Duration.ofSeconds(1), server, clock);
        assertThat(client.reply()).isEqualTo(Replies.CREDENTIALS_INVALID.toString());
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
    }

    @Test
    void aFailureWaitsLongerThanHandlersAndClientsMayTake() throws Exception {
        ManualClock clock = new ManualClock();
        Duration delay = Duration.ofSeconds(9);
        Duration deadline = Duration.ofSeconds(2);
        VertxSmtpServer server = serve(
                authOptions()
                        .setAuthFailureDelay(delay)
                        .setHandlerTimeout(deadline)
                        .setTimeout(deadline),
                clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            client.send("AUTH PLAIN " + BAD + "\r\n");
            awaitTrue("nobody was asked", () -> guesses.get() == 1);
            pass(delay.minusSeconds(1), server, clock);
            assertThat(client.sawNothing()).isTrue();
            pass(Duration.ofSeconds(1), server, clock);
            assertThat(client.reply()).isEqualTo(Replies.CREDENTIALS_INVALID.toString());
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.WARNING)).isEmpty();
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aClientThatLeavesWhileItsFailureWaitsHarmsNobody() throws Exception {
        ManualClock clock = new ManualClock();
        Duration delay = Duration.ofSeconds(9);
        VertxSmtpServer server = serve(authOptions().setAuthFailureDelay(delay), clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            client.send("AUTH PLAIN " + BAD + "\r\n");
            awaitTrue("nobody was asked", () -> guesses.get() == 1);
            client.close();
            pass(delay, server, clock);
            awaitNoConnection(server);
            WireClient other = afterEhlo(server);
            assertThat(other.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTHENTICATED.toString());
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void anAuthenticatorThatIsBrokenIsATemporaryFailure() throws Exception {
        SmtpServer server = serve(
                authOptions(),
                SaslMechanism.passwords((credentials, context) -> Future.failedFuture("database of secrets is away")));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(afterEhlo(server).command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.AUTH_UNAVAILABLE.toString());
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
    }

    @Test
    void aMechanismThatGivesNoStepIsATemporaryFailure() throws Exception {
        SmtpServer server = serve(authOptions(), List.of(new SaslMechanism() {
            @Override
            public String name() {
                return "X-BROKEN";
            }

            @Override
            public boolean exposesSecret() {
                return false;
            }

            @Override
            public SaslExchange begin(SaslContext context) {
                return response -> Future.succeededFuture();
            }
        }));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            assertThat(client.command("AUTH X-BROKEN =")).isEqualTo(Replies.AUTH_UNAVAILABLE.toString());
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
    }

    @Test
    void anAuthenticatorThatNeverAnswersIsGivenUp() throws Exception {
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = new VertxSmtpServer(vertx, () -> handler, authOptions(), clock);
        Promise<Void> asked = Promise.promise();
        SaslMechanism.passwords((credentials, context) -> {
                    asked.complete();
                    return Promise.<Optional<Identity>>promise().future();
                })
                .forEach(server::addMechanism);
        await(server.listen());
        WireClient client = afterEhlo(server);
        client.send("AUTH PLAIN " + GOOD + "\r\n");
        await(asked.future());
        clock.advance(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        await(server.tick());
        expect(client.reply(), "45");
        expect(client.command("NOOP"), "250");
    }

    @Test
    void anExcludedMechanismIsNeitherOfferedNorTaken() throws Exception {
        SmtpServer server = serve(authOptions().setAuthExcludeMechanisms(Set.of("PLAIN", "LOGIN")));
        WireClient client = greeted(server);
        assertThat(client.command("EHLO client.example"))
                .contains("AUTH SCRAM-SHA-256")
                .doesNotContain("PLAIN");
        assertThat(client.command("AUTH PLAIN " + GOOD)).isEqualTo(Replies.MECHANISM_UNKNOWN.toString());
    }

    @Test
    void authThatIsRequiredButImpossibleFailsTheListen() {
        SmtpServer server = SmtpServer.create(vertx, handler, options().setAuthRequired(true));
        assertThatThrownBy(() -> await(server.listen())).hasMessageContaining("authRequired");
    }

    @Test
    void noSecretIsLoggedAtAnyLevel() throws Exception {
        SmtpServer server = serve(authOptions().setMaxAuthFailures(10), users().mechanisms());
        try (CapturedLog log = CapturedLog.ofEverything(Level.ALL)) {
            WireClient client = afterEhlo(server);
            client.command("AUTH PLAIN " + BAD);
            client.command("auth plain " + BAD);
            client.command("AUTH  PLAIN  " + BAD);
            client.command("AUTH PLAIN");
            client.command(BAD);
            client.command("AUTH LOGIN");
            client.command(base64("anna"));
            client.command(base64("wrong guess"));
            client.command("AUTH LOGIN " + base64("anna"));
            client.command(base64("wrong guess"));
            client.command("AUTH PLAIN " + base64("wrong guess")); // malformed
            client.command("AUTH UNKNOWN " + GOOD);
            client.command("AUTHPLAIN " + GOOD);
            client.command("AUTH PLAIN " + GOOD);
            client.command("QUIT");
            awaitNoConnection(server);
            assertThat(log.texts()).anySatisfy(text -> assertThat(text).contains("AUTH"));
            for (String secret : List.of(
                    PASSWORD, "wrong guess", GOOD, BAD, base64("wrong guess"), base64(PASSWORD), "secret of bert")) {
                assertThat(log.texts()).noneSatisfy(text -> assertThat(text).contains(secret));
            }
        }
    }
}
