package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthTest {

    private static EngineHarness auth() {
        return smtp().auth("PLAIN", "LOGIN", "EXTERNAL");
    }

    /** The lines of the last reply to EHLO that speak of AUTH. */
    private static List<String> offered(EngineHarness harness) {
        EngineHarness.Run run = harness.greeted().begin();
        run.feed("EHLO client.example<CR><LF>");
        return run.output.sentLines().stream()
                .filter(line -> line.contains("AUTH"))
                .toList();
    }

    @Test
    @Covers("RFC 4954 §3")
    void ehloListsTheMechanisms() {
        assertThat(offered(auth())).containsExactly("250 AUTH PLAIN LOGIN EXTERNAL");
        assertThat(offered(smtp())).isEmpty();
    }

    @Test
    @Covers({"RFC 4954 §3", "RFC 4954 §4", "RFC 8314 §3.3"})
    void mechanismsThatNeedTlsAreListedOnEncryptedConnectionsOnly() {
        assertThat(offered(auth().authNeedsTls())).isEmpty();
        assertThat(offered(auth().authNeedsTls().encrypted())).containsExactly("250 AUTH PLAIN LOGIN EXTERNAL");
    }

    @Test
    @Covers({"RFC 4954 §4", "RFC 4954 §6"})
    void anInitialResponseIsHandedOver() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.questions()).containsExactly("AUTH PLAIN [\0a\0b]");
    }

    @Test
    @Covers("RFC 4954 §4")
    void withoutAnInitialResponseTheClientIsChallenged() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH PLAIN
                S: 334 ...
                C: AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.questions()).containsExactly("AUTH PLAIN", "RESPONSE [\0a\0b]");
        assertThat(output.sent()).startsWith("334 \r\n");
    }

    @Test
    @Covers("RFC 4954 §4")
    void challengesAreSentInBase64AsOftenAsTheMechanismWants() {
        RecordingOutput output = auth().answers("AUTH LOGIN", Reply.of(334, "User Name"))
                .answers("RESPONSE [user]", Reply.of(334, "Password"))
                .answers("RESPONSE [secret]", Reply.of(334, "?".repeat(600)))
                .afterEhlo()
                .plays("""
                C: AUTH LOGIN
                S: 334 VXNlciBOYW1l
                C: dXNlcg==
                S: 334 UGFzc3dvcmQ=
                C: c2VjcmV0
                S: 334 %s
                C:
                S: 235 2.7.0 Authentication successful
                """.formatted("Pz8/".repeat(200)));
        assertThat(output.questions())
                .containsExactly("AUTH LOGIN", "RESPONSE [user]", "RESPONSE [secret]", "RESPONSE []");
    }

    @Test
    @Covers("RFC 4954 §4")
    void anEqualsSignIsAnInitialResponseOfNoOctets() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH EXTERNAL =
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.questions()).containsExactly("AUTH EXTERNAL []");
    }

    @Test
    @Covers("RFC 4954 §4")
    void anAsteriskCancelsTheExchange() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: *
                S: 501 5.7.0 Auth aborted
                C: NOOP
                S: 250 2.0.0 OK
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.questions()).containsExactly("AUTH LOGIN", "ABORTED", "NOOP ", "AUTH PLAIN [\0a\0b]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"A", "AB", "AGEAYg=", "AGEAYg===", "AG*AYg==", "====", "AA==AAAA", "AGEA-_==", "=", "NOOP x", "ü"
            })
    @Covers("RFC 4954 §4")
    void whatIsNotBase64EndsTheExchange(String response) {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: %s
                S: 501 5.5.2 Can't decode base64
                C: NOOP
                S: 250 2.0.0 OK
                """.formatted(response));
        assertThat(output.questions()).containsExactly("AUTH LOGIN", "ABORTED", "NOOP ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "AB", "AGEAYg=", "AG*AYg==", "====", "AA==AAAA", "*"})
    @Covers("RFC 4954 §4")
    void anInitialResponseThatIsNotBase64IsRefusedAtOnce(String response) {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH PLAIN %s
                S: 501 5.5.2 Can't decode base64
                C: NOOP
                S: 250 2.0.0 OK
                """.formatted(response));
        assertThat(output.questions()).containsExactly("NOOP ");
    }

    @Test
    void aControlCharacterOrABareLineFeedEndsTheExchange() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: AGE<NUL>
                S: 501 5.5.2 Error: control character in command
                C: AUTH LOGIN
                S: 334 ...
                C: AGEAYg==<LF>NOOP
                S: 500 5.5.2 Error: a command ends with CR LF
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("AUTH LOGIN", "ABORTED", "AUTH LOGIN", "ABORTED", "NOOP ");
    }

    @Test
    @Covers({"RFC 4954 §4", "RFC 4954 §6"})
    void aResponseMayHave12288OctetsAndNotOneMore() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: {A*12288}
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.questions()).hasSize(2).last().isEqualTo("RESPONSE [" + "\0".repeat(9_216) + "]");
        output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: {A*12289}
                S: 500 5.5.6 Authentication exchange line is too long
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("AUTH LOGIN", "ABORTED", "NOOP ");
    }

    @Test
    @Covers("RFC 4954 §4")
    void anAuthCommandMayHave12288OctetsAndNotOneMore() {
        RecordingOutput output = auth().afterEhlo().plays("C: AUTH  PLAIN {A*12276}\nS: 235 2.7.0 ...\n");
        assertThat(output.questions()).hasSize(1);
        output = auth().afterEhlo().plays("C: AUTH  PLAIN {A*12277}\nS: 500 5.5.2 Command line too long\n");
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.4")
    void otherCommandsMayNotBeAsLongAsAuth() {
        auth().afterEhlo().plays("""
                C: NOOP {x*505}
                S: 250 2.0.0 OK
                C: NOOP {x*506}
                S: 500 5.5.2 Command line too long
                """);
        smtp().afterEhlo().plays("C: AUTH PLAIN {A*2000}\nS: 500 5.5.2 Command line too long\n");
    }

    @Test
    @Covers("RFC 4954 §4")
    void anUnknownMechanismIsRefusedWith504() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH CRAM-MD5
                S: 504 5.5.4 Unrecognized authentication type
                C: AUTH FOO !!!
                S: 504 5.5.4 Unrecognized authentication type
                """);
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers("RFC 4954 §4")
    void authTakesAMechanismAndOneInitialResponse() {
        auth().afterEhlo().plays("""
                C: AUTH
                S: 501 5.5.4 Syntax: AUTH mechanism [initial-response]
                C: AUTH PLAIN AGEA Yg==
                S: 501 5.5.4 Syntax: AUTH mechanism [initial-response]
                """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"auth plain AGEAYg==", "AuTh pLaIn AGEAYg==", "AUTH  PLAIN  AGEAYg==  "})
    @Covers({"RFC 4954 §4", "RFC 5321 §2.4"})
    void commandAndMechanismAreKnownInAnyCase(String command) {
        RecordingOutput output =
                auth().afterEhlo().plays("C: " + command.replace("  ", "<x20><x20>") + "\nS: 235 ...\n");
        assertThat(output.questions()).containsExactly("AUTH PLAIN [\0a\0b]");
    }

    @Test
    @Covers("RFC 4954 §4")
    void aSecondAuthIsRefusedWith503() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                C: AUTH PLAIN AGEAYg==
                S: 503 5.5.1 Already authenticated
                C: EHLO client.example
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250-...
                S: 250 ...
                C: AUTH NONSENSE
                S: 503 5.5.1 Already authenticated
                """);
        assertThat(output.questions()).hasSize(2);
    }

    @Test
    @Covers("RFC 4954 §4")
    void authInATransactionIsOutOfOrder() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: AUTH PLAIN AGEAYg==
                S: 503 5.5.1 Error: bad sequence of commands
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: AUTH PLAIN AGEAYg==
                S: 503 5.5.1 Error: bad sequence of commands
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: AUTH PLAIN AGEAYg==
                S: 503 5.5.1 Error: bad sequence of commands
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
        assertThat(output.messages()).containsExactly("abc");
    }

    @Test
    @Covers("RFC 4954 §4")
    void authNeedsEhloThatOfferedIt() {
        auth().plays("""
                S: 220 ...
                C: AUTH PLAIN AGEAYg==
                S: 503 5.5.1 Error: send HELO or EHLO first
                C: HELO client.example
                S: 250 mx.postern.example
                C: AUTH PLAIN AGEAYg==
                S: 502 5.5.1 Error: AUTH not implemented
                """);
        smtp().afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 502 5.5.1 Error: AUTH not implemented
                """);
        auth().offers(planned -> planned.without("AUTH")).afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 502 5.5.1 Error: AUTH not implemented
                """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AUTH", "AUTH PLAIN", "AUTH PLAIN AGEAYg==", "AUTH PLAIN !!!", "AUTH NONSENSE a b c"})
    @Covers({"RFC 4954 §4", "RFC 4954 §6"})
    void beforeTlsAuthIsRefusedWithoutALookAtIt(String command) {
        RecordingOutput output = auth().authNeedsTls().afterEhlo().plays("""
                C: %s
                S: 538 5.7.11 Encryption required for requested authentication mechanism
                """.formatted(command));
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers({"RFC 4954 §4", "RFC 8314 §3.3"})
    void authThatNeedsTlsWorksOnConnectionsEncryptedFromTheFirstOctetAndBehindStartTls() {
        auth().authNeedsTls().encrypted().afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
        auth().startTls(StartTls.OFFERED)
                .offers(planned -> planned.without("PIPELINING")
                        .without("SIZE")
                        .without("8BITMIME")
                        .without("SMTPUTF8")
                        .without("CHUNKING")
                        .without("BINARYMIME")
                        .without("DSN")
                        .without("LIMITS")
                        .without("HELP"))
                .authNeedsTls()
                .plays("""
                S: 220 ...
                C: EHLO client.example
                S: 250-mx.postern.example
                S: 250-ENHANCEDSTATUSCODES
                S: 250 STARTTLS
                C: STARTTLS
                S: 220 2.0.0 Ready to start TLS
                ! handshake
                C: EHLO client.example
                S: 250-mx.postern.example
                S: 250-ENHANCEDSTATUSCODES
                S: 250 AUTH PLAIN LOGIN EXTERNAL
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                """);
    }

    @Test
    @Covers({"RFC 4954 §4", "RFC 4954 §6"})
    void whereAuthIsRequiredMailWaitsForIt() {
        String refused = "S: 530 5.7.0 Authentication required\n";
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            RecordingOutput output =
                    harness.auth("PLAIN").authRequired().afterEhlo().plays("""
                    C: MAIL FROM:<a@b.example>
                    C: RCPT TO:<a@b.example>
                    C: DATA
                    C: BDAT 6
                    C: NOOP
                    C: VRFY a
                    C: EXPN a
                    C: HELP
                    """ + refused.repeat(7) + """
                    C: NOOP
                    S: 250 2.0.0 OK
                    C: RSET
                    S: 250 2.0.0 OK
                    C: AUTH PLAIN AGEAYg==
                    S: 235 2.7.0 Authentication successful
                    C: VRFY a
                    S: 252 2.5.2 ...
                    C: HELP
                    S: 214 2.0.0 ...
                    C: MAIL FROM:<a@b.example>
                    S: 250 2.1.0 OK
                    C: RCPT TO:<a@b.example>
                    S: 250 2.1.5 OK
                    C: BDAT 0 LAST
                    S: 250 2.6.0 ...
                    C: QUIT
                    S: 221 2.0.0 Bye
                    """);
            assertThat(output.questions())
                    .startsWith("NOOP ", "RSET", "AUTH PLAIN [\0a\0b]", "VRFY a", "HELP ", "MAIL <a@b.example> ");
        }
    }

    @Test
    @Covers("RFC 4954 §6")
    void aFailedAuthenticationMayBeFollowedByAnother() {
        auth().answers("AUTH PLAIN [\0a\0c]", Replies.CREDENTIALS_INVALID)
                .authRequired()
                .afterEhlo()
                .plays("""
                C: AUTH PLAIN AGEAYw==
                S: 535 5.7.8 Authentication credentials invalid
                C: MAIL FROM:<a@b.example>
                S: 530 5.7.0 Authentication required
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 Authentication successful
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                """);
    }

    @Test
    @Covers("RFC 4954 §9")
    void theThirdFailedAuthenticationEndsTheSession() {
        RecordingOutput output = auth().answers("AUTH PLAIN [\0a\0c]", Replies.CREDENTIALS_INVALID)
                .answers("RESPONSE", Replies.CREDENTIALS_INVALID)
                .afterEhlo()
                .plays("""
                C: AUTH PLAIN AGEAYw==
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH LOGIN
                S: 334 ...
                C: AGEA
                S: 535 5.7.8 Authentication credentials invalid
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                C: AUTH PLAIN AGEAYw==
                S: 535 5.7.8 Authentication credentials invalid
                S: 421 4.7.0 Too many failed authentications, closing connection
                C: NOOP
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).doesNotContain("NOOP ");
    }

    @Test
    void thatWeCannotTellIsNoFailedAuthentication() {
        RecordingOutput output = auth().authFailures(1)
                .answers("AUTH", Replies.AUTH_UNAVAILABLE)
                .afterEhlo()
                .plays("C: AUTH PLAIN AGEAYw==\nS: 454 4.7.0 Temporary authentication failure\n".repeat(3));
        assertThat(output.isClosed()).isFalse();
    }

    @Test
    void an421OfTheApplicationEndsTheSession() {
        RecordingOutput output = auth().answers("AUTH", Reply.of(421, "4.7.0", "enough"))
                .afterEhlo()
                .plays("""
                C: AUTH PLAIN AGEAYw==
                S: 421 4.7.0 enough
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void manyExchangesThatAreCancelledAreTooManyMistakes() {
        RecordingOutput output = auth().budgets(5, 3).afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: *
                S: 501 5.7.0 Auth aborted
                C: AUTH LOGIN
                S: 334 ...
                C: ?
                S: 501 5.5.2 Can't decode base64
                C: AUTH LOGIN
                S: 334 ...
                C: *
                S: 421 4.7.0 Too many errors, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "<>, <>",
        "someone@client.example, someone@client.example",
        "e+3Dmc2@client.example, e=mc2@client.example",
        "+3C+3E, <>",
    })
    @Covers("RFC 4954 §5")
    void mailTellsWhoSubmittedTheMessage(String parameter, String submitter) {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> AUTH=%s
                S: 250 2.1.0 OK
                """.formatted(parameter));
        assertThat(output.sender().parameters().submitter()).contains(submitter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"AUTH", "AUTH=", "AUTH=nobody", "AUTH=a@b@c", "AUTH=+4", "AUTH=+0D+0A", "AUTH=a+b@c.example"})
    @Covers("RFC 4954 §5")
    void aMalformedSubmitterIsRefused(String parameter) {
        auth().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> %s
                S: 501 5.5.4 Error: malformed parameter
                """.formatted(parameter));
    }

    @Test
    @Covers("RFC 4954 §5")
    void mailTakesASubmitterWhereAuthIsOfferedOnly() {
        smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> AUTH=<>
                S: 555 5.5.4 MAIL FROM parameters not recognized or not implemented
                """);
    }

    @Test
    @Covers("RFC 4954 §3")
    void authMakesTheLongestMailCommand500OctetsLonger() {
        // RFC 1870 adds 26, RFC 6152 17, RFC 6531 10, RFC 3461 500
        int withoutAuth = 512 + 26 + 17 + 10 + 500;
        String mail = "C: MAIL FROM:<a@b.example>{ *%d}%s\nS: %s\n";
        int fixed = "MAIL FROM:<a@b.example>\r\n".length();
        smtp().afterEhlo().plays(mail.formatted(withoutAuth - fixed, "", "250 2.1.0 OK"));
        smtp().afterEhlo().plays(mail.formatted(withoutAuth - fixed + 1, "", "500 5.5.2 Command line too long"));
        auth().afterEhlo().plays(mail.formatted(withoutAuth + 500 - fixed, "", "250 2.1.0 OK"));
        auth().afterEhlo().plays(mail.formatted(withoutAuth + 501 - fixed, "", "500 5.5.2 Command line too long"));
    }

    @Test
    void aCommandInAnExchangeIsAResponse() {
        RecordingOutput output = auth().afterEhlo().plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: QUIT
                S: 235 2.7.0 Authentication successful
                C: AUTH LOGIN
                S: 503 5.5.1 Already authenticated
                """);
        assertThat(output.questions()).containsExactly("AUTH LOGIN", "RESPONSE [AB\023]");
    }

    @Test
    void challengesAreOwedInAnExchangeOnly() {
        EngineHarness.Run run = auth().afterEhlo().begin(true);
        assertThatThrownBy(() -> run.engine.challenge(new byte[1])).isInstanceOf(IllegalStateException.class);
        run.deliver("NOOP<CR><LF>");
        assertThatThrownBy(() -> run.engine.challenge(new byte[1])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSessionThatEndsInAnExchangeTakesNoAnswerToIt() {
        EngineHarness.Run run = auth().afterEhlo().begin(true);
        run.deliver("AUTH PLAIN AGEAYg==<CR><LF>");
        assertThat(run.engine.awaitsAnswer()).isTrue();
        run.engine.terminate(Replies.SHUTTING_DOWN);
        assertThatThrownBy(() -> run.engine.answer(Replies.AUTHENTICATED)).isInstanceOf(IllegalStateException.class);
        assertThat(run.output.sentLines()).containsExactly(Replies.SHUTTING_DOWN.toString());
    }

    private static final String SECRET =
            Base64.getEncoder().encodeToString("\0user\0secret".getBytes(StandardCharsets.US_ASCII));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AUTH PLAIN @",
                "auth plain @",
                "AUTH PLAIN\n@",
                "AUTH LOGIN\n@\n@",
                "AUTH LOGIN @\n@",
                "AUTH  PLAIN  @",
                "<x20>AUTH PLAIN @",
                "AUTH<x09>PLAIN @",
                "AUTH<xA0>PLAIN @",
                "AUTH=PLAIN @",
                "AUTHPLAIN @",
                "AUTH: PLAIN @",
                "AUTH @",
                "AUTH PLAIN @ @",
                "AUTH PLAIN @!",
                "AUTH NONSENSE @",
                "AUTH LOGIN\n*\n@",
                "AUTH LOGIN\n?\n@",
                "@",
                "@ PLAIN AUTH",
                "XAUTH PLAIN @",
                "AUTH LOGIN\n{A*13000}\n@",
            })
    @Covers("RFC 4954 §9")
    void nothingSecretIsInATraceOrAReply(String spelling) {
        String text = ("C: " + spelling.replace("@", SECRET)).replace("\n", "\nC: ");
        for (EngineHarness harness : List.of(
                auth().greeted(),
                auth().afterHelo(),
                auth().afterEhlo(),
                auth().afterMail(),
                auth().authNeedsTls().afterEhlo(),
                auth().startTls(StartTls.REQUIRED).afterEhlo(),
                auth().answers("RESPONSE", Replies.CREDENTIALS_INVALID).afterEhlo(),
                auth().commandCalls(Map.of("*", 1)).afterEhlo(),
                smtp().afterEhlo(),
                lmtp().auth("PLAIN").afterEhlo())) {
            EngineHarness.Run run = harness.begin();
            for (Transcript.Step step : Transcript.of(text).steps()) {
                run.feed(((Transcript.Client) step).octets());
            }
            run.feed(SECRET + "<CR><LF>");
            assertThat(run.output.received())
                    .isNotEmpty()
                    .noneMatch(line -> line.contains(SECRET) || line.contains("secret") || line.contains("AAAAAAAA"));
            assertThat(run.output.sent()).doesNotContain(SECRET);
        }
    }
}
