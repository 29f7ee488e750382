package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartTlsTest {

    private static final String EHLO_WITHOUT_STARTTLS = """
            C: EHLO client.example
            S: 250-mx.postern.example
            S: 250-PIPELINING
            S: 250-SIZE 33554432
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250-ENHANCEDSTATUSCODES
            S: 250-CHUNKING
            S: 250-BINARYMIME
            S: 250-DSN
            S: 250-LIMITS RCPTMAX=1000
            S: 250 HELP
            """;

    private static final String EHLO = EHLO_WITHOUT_STARTTLS.replace("S: 250 HELP", "S: 250-STARTTLS\nS: 250 HELP");

    private static EngineHarness offered() {
        return smtp().startTls(StartTls.OFFERED);
    }

    static Stream<EngineHarness> required() {
        return Stream.of(smtp().startTls(StartTls.REQUIRED), lmtp().startTls(StartTls.REQUIRED));
    }

    /** After the handshake, with what was sent and asked before it forgotten. */
    private static EngineHarness.Run inTls(EngineHarness harness) {
        EngineHarness.Run run = harness.begin();
        run.feed("STARTTLS<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("220 2.0.0 Ready to start TLS");
        run.output.handshake();
        run.settle();
        run.output.forget();
        return run;
    }

    @Test
    @Covers({"RFC 3207 §4", "RFC 3207 §4.2"})
    void startTlsIsOfferedUntilItWasUsed() {
        RecordingOutput output = offered().plays("S: 220 ...\n" + EHLO + """
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                """ + EHLO_WITHOUT_STARTTLS);
        assertThat(output.questions())
                .containsExactly("CONNECT", "EHLO client.example", "STARTTLS", "SECURED", "EHLO client.example");
    }

    @Test
    @Covers("RFC 3207 §4")
    void theReplyToStartTlsIsSentBeforeTheHandshakeAndTogetherWithThoseBeforeIt() {
        EngineHarness.Run run = offered().afterEhlo().begin();
        run.feed("NOOP<CR><LF>STARTTLS<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("250 2.0.0 OK", "220 2.0.0 Ready to start TLS");
        assertThat(run.output.sends()).isOne();
        assertThat(run.engine.phase()).isEqualTo(Phase.TLS);
    }

    @Test
    @Covers("RFC 3207 §4")
    void startTlsWithoutACertificateIsNotAvailable() {
        smtp().plays("S: 220 ...\n" + EHLO_WITHOUT_STARTTLS + """
                C: STARTTLS
                S: 454 4.7.0 TLS not available
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 8314 §3.3")
    void aConnectionThatIsEncryptedFromItsFirstOctetIsNotOfferedStartTls() {
        RecordingOutput output = offered().encrypted().plays("S: 220 ...\n" + EHLO_WITHOUT_STARTTLS + """
                C: STARTTLS
                S: 503 5.5.1 Error: TLS is active already
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).doesNotContain("STARTTLS");
    }

    @Test
    @Covers("RFC 3207 §4.2")
    void startTlsInsideTlsIsRefused() {
        EngineHarness.Run run = inTls(offered().afterEhlo());
        run.feed("EHLO client.example<CR><LF>");
        run.output.forget();
        run.feed("STARTTLS<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("503 5.5.1 Error: TLS is active already");
        assertThat(run.output.questions()).isEmpty();
    }

    @Test
    @Covers("RFC 3207 §4")
    void startTlsTakesNoParameter() {
        offered().afterEhlo().plays("""
                C: STARTTLS now
                S: 501 5.5.4 Syntax: STARTTLS
                C: STARTTLS<x20>
                S: 220 2.0.0 Ready to start TLS
                """);
    }

    @Test
    @Covers("RFC 3207 §4")
    void startTlsNeedsEhlo() {
        offered().plays("""
                S: 220 ...
                C: STARTTLS
                S: 503 5.5.1 Error: send HELO or EHLO first
                C: HELO client.example
                S: 250 mx.postern.example
                C: STARTTLS
                S: 454 4.7.0 TLS not available
                """);
    }

    @Test
    void startTlsThatTheApplicationTookOutOfTheOfferIsOff() {
        offered().offers(planned -> planned.without("STARTTLS")).afterEhlo().plays("""
                C: STARTTLS
                S: 454 4.7.0 TLS not available
                """);
    }

    @Test
    @Covers("RFC 3207 §4")
    void startTlsInATransactionIsOutOfOrder() {
        offered().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: STARTTLS
                S: 503 5.5.1 Error: bad sequence of commands
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: STARTTLS
                S: 503 5.5.1 Error: bad sequence of commands
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: STARTTLS
                S: 503 5.5.1 Error: bad sequence of commands
                C: BDAT 0 LAST
                S: 250 2.6.0 Message accepted for delivery
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                """);
    }

    @ParameterizedTest
    @MethodSource("required")
    @Covers("RFC 3207 §4")
    void whereTlsIsRequiredAllButAFewCommandsWaitForIt(EngineHarness harness) {
        boolean isLmtp = harness.settings().dialect() == Dialect.LMTP;
        RecordingOutput output = harness.extension(new EngineExtension(
                        Optional.of(new ExtensionVerb("XFOO", "XFOO")), Optional.empty(), Set.of(), Set.of()))
                .auth("PLAIN")
                .afterEhlo()
                .plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<a@b.example>
                C: DATA
                C: BDAT 4
                c: NOOP
                C: RSET
                C: VRFY a
                C: EXPN a
                C: HELP
                C: AUTH PLAIN AGEAYg==
                C: XFOO
                C: YFOO
                """ + "S: 530 5.7.0 Must issue a STARTTLS command first\n".repeat(11) + """
                C: NOOP
                S: 250 2.0.0 OK
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: RSET
                S: 250 2.0.0 OK
                C: QUIT
                S: 221 2.0.0 Bye
                """);
        assertThat(output.questions()).containsExactly("NOOP ", "STARTTLS", "SECURED", "RSET", "QUIT");
        if (!isLmtp) {
            smtp().startTls(StartTls.REQUIRED).plays("""
                    S: 220 ...
                    C: HELO client.example
                    S: 530 Must issue a STARTTLS command first
                    C: QUIT
                    S: 221 2.0.0 Bye
                    """);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO attacker.example<CR><LF>",
                "MAIL FROM:<attacker@client.example><CR><LF>RCPT TO:<a@b.example><CR><LF>",
                "RSET<CR><LF>",
                "E",
                "<CR>",
                "<x16><x03><x01>",
            })
    @Covers({"RFC 3207 §4.2", "RFC 3207 §6"})
    void whatStandsBehindStartTlsIsNeverRunAndEndsTheSession(String injected) {
        byte[] all = Transcript.octets("STARTTLS<CR><LF>" + injected);
        int behind = "STARTTLS\r\n".length();
        for (int cut = 0; cut < all.length; cut++) {
            EngineHarness.Run run = offered().afterEhlo().begin();
            for (byte[] region :
                    List.of(java.util.Arrays.copyOf(all, cut), java.util.Arrays.copyOfRange(all, cut, all.length))) {
                if (region.length > 0) {
                    run.feed(region);
                }
            }
            List<String> said = cut == behind
                    ? List.of("220 2.0.0 Ready to start TLS") // and then silence, in plain text
                    : List.of("421 4.7.0 Error: data after STARTTLS, closing connection");
            assertThat(run.output.sentLines()).as("cut at %d", cut).isEqualTo(said);
            assertThat(run.output.isClosed()).as("cut at %d", cut).isTrue();
            assertThat(run.output.questions())
                    .as("cut at %d", cut)
                    .isEqualTo(cut == behind ? List.of("STARTTLS") : List.of());
            assertThat(run.output.received()).as("cut at %d", cut).containsExactly("STARTTLS");
        }
    }

    @Test
    @Covers("RFC 3207 §6")
    void halfALineBeforeTheHandshakeIsNoPartOfOneBehindIt() {
        EngineHarness.Run run = offered().afterEhlo().begin();
        run.feed("NO").feed("OP<CR><LF>ST").feed("ARTTLS<CR><LF>");
        run.output.handshake();
        run.settle();
        run.output.forget();
        run.feed("NOOP<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("250 2.0.0 OK");
    }

    @Test
    @Covers("RFC 3207 §4.2")
    void nothingThatWasLearntBeforeTheHandshakeSurvivesIt() {
        EngineHarness.Run run = inTls(offered().auth("PLAIN").authRequired().afterEhlo());
        assertThat(run.engine.phase()).isEqualTo(Phase.CONNECTED);
        assertThat(run.engine.hostName()).isEmpty();
        assertThat(run.engine.extended()).isFalse();
        run.feed("MAIL FROM:<a@b.example><CR><LF>AUTH PLAIN AGEAYg==<CR><LF>");
        assertThat(run.output.sentLines())
                .containsExactly("530 5.7.0 Authentication required", "503 5.5.1 Error: send HELO or EHLO first");
    }

    @Test
    @Covers({"RFC 3207 §4.2", "RFC 4954 §4"})
    void whoWasAuthenticatedBeforeTheHandshakeIsNotBehindIt() {
        EngineHarness harness = offered().auth("PLAIN").authRequired();
        EngineHarness.Run run = harness.afterEhlo().begin();
        run.feed("AUTH PLAIN AGEAYg==<CR><LF>STARTTLS<CR><LF>");
        run.output.handshake();
        run.settle();
        run.feed("EHLO client.example<CR><LF>");
        run.output.forget();
        run.feed("MAIL FROM:<a@b.example><CR><LF>AUTH PLAIN AGEAYg==<CR><LF>MAIL FROM:<a@b.example><CR><LF>");
        assertThat(run.output.sentLines())
                .containsExactly(
                        "530 5.7.0 Authentication required", "235 2.7.0 Authentication successful", "250 2.1.0 OK");
    }

    @Test
    @Covers("RFC 3207 §4.2")
    void extensionsThatWereOfferedBeforeTheHandshakeAreOffBehindIt() {
        EngineHarness.Run run = inTls(offered().afterEhlo());
        run.feed("HELO client.example<CR><LF>MAIL FROM:<a@b.example> SIZE=1<CR><LF>");
        assertThat(run.output.sentLines())
                .containsExactly(
                        "250 mx.postern.example", "555 5.5.4 MAIL FROM parameters not recognized or not implemented");
    }

    @Test
    @Covers("RFC 3207 §4.1")
    void aHandshakeThatTheApplicationRefusesLeavesOnlyQuit() {
        RecordingOutput output = offered()
                .extension(new EngineExtension(
                        Optional.of(new ExtensionVerb("XFOO", "XFOO")), Optional.empty(), Set.of(), Set.of()))
                .auth("PLAIN")
                .answers("SECURED", Replies.LACK_OF_SECURITY)
                .afterEhlo()
                .plays("""
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: EHLO client.example
                S: 554 Command refused due to lack of security
                C: MAIL FROM:<a@b.example>
                C: NOOP
                C: RSET
                C: AUTH PLAIN
                C: STARTTLS
                C: XFOO
                C: YFOO
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                S: 554 5.7.0 Command refused due to lack of security
                C: QUIT
                S: 221 2.0.0 Bye
                """);
        assertThat(output.questions()).containsExactly("STARTTLS", "SECURED", "QUIT");
    }

    @Test
    void an421OfTheApplicationBehindTheHandshakeClosesTheConnection() {
        RecordingOutput output =
                offered().answers("SECURED", Replies.SHUTTING_DOWN).afterEhlo().plays("""
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void inputWaitsUntilTheApplicationHasDecidedAboutTheHandshake() {
        EngineHarness.Run run = offered().afterEhlo().begin(true);
        run.feed("STARTTLS<CR><LF>");
        run.output.handshake();
        assertThat(run.engine.awaitsAnswer()).isTrue();
        assertThat(run.engine.wantsInput()).isFalse();
        run.settle();
        assertThat(run.engine.wantsInput()).isTrue();
        assertThat(run.engine.phase()).isEqualTo(Phase.CONNECTED);
    }

    @Test
    void aSessionThatIsTerminatedInAHandshakeSaysNothingInPlainText() {
        EngineHarness.Run run = offered().afterEhlo().begin();
        run.feed("STARTTLS<CR><LF>");
        run.output.forget();
        run.engine.terminate(Replies.CLIENT_TIMEOUT);
        assertThat(run.output.sent()).isEmpty();
        assertThat(run.output.isClosed()).isTrue();
    }

    @Test
    void aServerThatStopsSaysSoBehindTheHandshake() {
        EngineHarness.Run run = offered().afterEhlo().begin();
        run.feed("STARTTLS<CR><LF>");
        run.output.forget();
        run.engine.stop();
        assertThat(run.output.sent()).isEmpty();
        assertThat(run.output.isClosed()).isFalse();
        run.output.handshake();
        run.settle();
        assertThat(run.output.sentLines()).hasSize(1).first().asString().startsWith("421 4.3.2 ");
        assertThat(run.output.isClosed()).isTrue();
    }

    @Test
    void aHandshakeThatWasNotBegunCannotBeDone() {
        EngineHarness.Run run = offered().afterEhlo().begin();
        assertThatThrownBy(run.engine::tlsStarted).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Covers("RFC 3207 §4")
    void lmtpHasStartTlsToo() {
        RecordingOutput output = lmtp().startTls(StartTls.OFFERED).afterEhlo().plays("""
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: send LHLO first
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("STARTTLS", "SECURED", "NOOP ");
    }

    @Test
    void mistakesBeforeTheHandshakeCountBehindItToo() {
        RecordingOutput output = offered().budgets(5, 3).afterEhlo().plays("""
                C: RSET now
                S: 501 5.5.4 Syntax: RSET
                C: RSET now
                S: 501 5.5.4 Syntax: RSET
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: RSET now
                S: 421 4.7.0 Too many errors, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void aReplyOfTheApplicationToTheHandshakeIsNotSent() {
        RecordingOutput output = offered()
                .answers("SECURED", Reply.of(250, "2.0.0", "not for you"))
                .afterEhlo()
                .plays("""
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.sent()).doesNotContain("not for you");
    }
}
