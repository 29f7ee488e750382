package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.client;
import static io.postern.smtp.handlers.relay.RelayFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.relay.RelayFixture.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.sasl.ScramVerifier;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Encryption and login at the next hop. What is not as it has to be costs the client a 451, and no mail goes out. */
class RelayTlsTest {

    private static final String PASSWORD = "correct, = horse";

    @TempDir
    Path directory;

    private final RelayFixture fixture = new RelayFixture();
    private final RecordingHandler hop = new RecordingHandler();

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** A relay to a port of {@code localhost}, the name in the certificates. */
    private static RelayOptions to(int port) {
        return new RelayOptions(NextHop.smtp("localhost", port)).setHeloName("relay.example.test");
    }

    private String rcpt(RelayOptions options) {
        try (RawSmtpClient client = client(fixture.front(options))) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            return client.command("RCPT TO:<to@example.test>").toString();
        }
    }

    private ReceivedMessage delivered(RelayOptions options) {
        try (RawSmtpClient client = client(fixture.front(options))) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        return hop.messages().get(0);
    }

    private int tlsHop(Identity identity, SaslMechanism... mechanisms) {
        return fixture.hop(hop, new SmtpServerOptions().setTls(identity.server()), mechanisms);
    }

    private static SaslMechanism scram() {
        ScramVerifier verifier =
                ScramVerifier.of(PASSWORD, "salt".getBytes(StandardCharsets.UTF_8), ScramVerifier.MIN_ITERATIONS);
        return SaslMechanism.scramSha256(
                (user, context) -> Future.succeededFuture(Optional.of(verifier).filter(v -> user.equals("relay"))));
    }

    private static SaslMechanism plain() {
        return SaslMechanism.plain((password, context) -> Future.succeededFuture(
                password.authenticationId().equals("relay")
                                && password.password().equals(PASSWORD)
                        ? Optional.of(io.postern.smtp.sasl.Identity.of("relay"))
                        : Optional.empty()));
    }

    @Test
    void aNextHopWithAValidCertificateIsSpokenToEncrypted() throws Exception {
        Identity identity = identity(directory, "localhost");
        ReceivedMessage message = delivered(to(tlsHop(identity))
                .setStartTls(StartTlsPolicy.REQUIRED)
                .setTrustedCertificates(List.of(identity.certificate().toString())));
        assertThat(message.ssl()).isTrue();
        // EHLO is said again, RFC 3207 §4.2
        assertThat(hop.events().stream().filter(event -> event.startsWith("EHLO")))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCertificateForAnotherNameWillNotDo(boolean implicit) throws Exception {
        Identity identity = identity(directory, "other.example.test");
        int port = fixture.hop(
                hop, new SmtpServerOptions().setTls(identity.server()).setImplicitTls(implicit));
        RelayOptions options = to(port).setStartTls(StartTlsPolicy.REQUIRED)
                .setImplicitTls(implicit)
                .setTrustedCertificates(List.of(identity.certificate().toString()));
        assertThat(rcpt(options)).startsWith("451 4.7.5 ");
        assertThat(rcpt(new RelayOptions(options).setTlsName("other.example.test")))
                .startsWith("250 ");
        assertThat(rcpt(new RelayOptions(options).setVerifyHostName(false))).startsWith("250 ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCertificateThatNobodyTrustedHasSignedWillNotDo(boolean implicit) throws Exception {
        int port = fixture.hop(
                hop,
                new SmtpServerOptions()
                        .setTls(identity(directory, "localhost").server())
                        .setImplicitTls(implicit));
        assertThat(rcpt(to(port).setStartTls(StartTlsPolicy.REQUIRED).setImplicitTls(implicit)))
                .startsWith("451 4.7.5 ");
        assertThat(hop.events()).noneMatch(event -> event.startsWith("MAIL"));
    }

    @Test
    void implicitTls() throws Exception {
        Identity identity = identity(directory, "localhost");
        int port = fixture.hop(
                hop, new SmtpServerOptions().setTls(identity.server()).setImplicitTls(true));
        assertThat(delivered(to(port).setImplicitTls(true)
                                .setTrustedCertificates(
                                        List.of(identity.certificate().toString())))
                        .ssl())
                .isTrue();
    }

    @Test
    void whereEncryptionIsRequiredNothingIsSaidInTheClear() {
        assertThat(rcpt(to(fixture.hop(hop)).setStartTls(StartTlsPolicy.REQUIRED)))
                .startsWith("451 4.7.5 ");
        assertThat(hop.events()).noneMatch(event -> event.startsWith("MAIL"));
    }

    @ParameterizedTest
    @EnumSource(
            value = StartTlsPolicy.class,
            names = {"NEVER", "OPPORTUNISTIC"})
    void whereItIsNotItDependsOnTheOffer(StartTlsPolicy policy) throws Exception {
        int port = tlsHop(identity(directory, "other.example.test"));
        assertThat(delivered(to(port).setStartTls(policy)).ssl()).isEqualTo(policy == StartTlsPolicy.OPPORTUNISTIC);
    }

    @Test
    void withoutAnOfferOpportunityIsMissed() {
        assertThat(delivered(to(fixture.hop(hop))).ssl()).isFalse();
    }

    @Test
    void whatComesInTheClearBehindStarttlsIsNotTakenForEncrypted() throws Exception {
        try (RawHop raw = new RawHop((wire, number) -> wire.open("STARTTLS")
                .await("STARTTLS")
                .say("220 go\r\n250-evil\r\n250 AUTH PLAIN")
                .stall())) {
            assertThat(rcpt(RelayFixture.to(raw.port()).setStartTls(StartTlsPolicy.OPPORTUNISTIC)))
                    .startsWith("451 4.7.5 ");
        }
    }

    @Test
    void theBestMechanismThatIsOfferedIsUsed() throws Exception {
        Identity identity = identity(directory, "localhost");
        int port = tlsHop(identity, plain(), scram());
        assertThat(rcpt(to(port).setUserName("relay").setPassword(PASSWORD))).startsWith("250 ");
    }

    @Test
    void plainIsUsedWhereItIsKnownWhoListens() throws Exception {
        Identity identity = identity(directory, "localhost");
        RelayOptions options = to(tlsHop(identity, plain()))
                .setUserName("relay")
                .setPassword(PASSWORD)
                .setTrustedCertificates(List.of(identity.certificate().toString()));
        assertThat(rcpt(options)).as("opportunistic").startsWith("451 4.7.0 ");
        assertThat(rcpt(new RelayOptions(options).setPlainWithoutTls(true))).startsWith("250 ");
        assertThat(rcpt(new RelayOptions(options).setStartTls(StartTlsPolicy.REQUIRED)))
                .startsWith("250 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256"})
    void aWrongPasswordCostsNoClientItsMail(String mechanism) throws Exception {
        Identity identity = identity(directory, "localhost");
        RelayOptions options = to(tlsHop(identity, plain(), scram()))
                .setUserName("relay")
                .setPassword("wrong")
                .setPlainWithoutTls(true)
                .setAuthMechanisms(List.of(mechanism));
        assertThat(rcpt(options)).startsWith("451 4.7.0 ");
        assertThat(hop.events()).noneMatch(event -> event.startsWith("MAIL"));
    }

    @Test
    void aNextHopThatDoesNotKnowThePasswordGetsNoMail() throws Exception {
        try (RawHop raw = new RawHop((wire, number) -> {
            wire.open("AUTH SCRAM-SHA-256");
            String first = wire.hear();
            String bare = new String(
                    Base64.getDecoder().decode(first.substring("AUTH SCRAM-SHA-256 ".length())),
                    StandardCharsets.UTF_8);
            wire.say("334 " + base64(bare.replaceFirst(".*,r=", "r=") + "x,s=c2FsdA==,i=4096"));
            wire.hear();
            wire.say("334 " + base64("v=" + base64("x".repeat(32)))).stall();
        })) {
            assertThat(rcpt(RelayFixture.to(raw.port()).setUserName("relay").setPassword(PASSWORD)))
                    .startsWith("451 4.7.0 ");
            assertThat(raw.heard()).noneMatch(line -> line.contains(PASSWORD) || line.startsWith("MAIL"));
        }
    }

    @Test
    void aNextHopThatSkipsItsProofGetsNoMail() throws Exception {
        try (RawHop raw = new RawHop((wire, number) ->
                wire.open("AUTH SCRAM-SHA-256").await("AUTH").say("235 come in").stall())) {
            assertThat(rcpt(RelayFixture.to(raw.port()).setUserName("relay").setPassword(PASSWORD)))
                    .startsWith("451 4.7.0 ");
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
