package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Reply;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AbuseTest {

    @Test
    void theFifthUnknownCommandEndsTheSession() {
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: HALO client.example
                C: Host: mx.postern.example
                C: X
                C: Y
                C: Z
                C: NOOP
                S: 500 5.5.2 Error: command not recognized
                S: 500 5.5.2 Error: command not recognized
                S: 500 5.5.2 Error: command not recognized
                S: 500 5.5.2 Error: command not recognized
                S: 502 5.5.1 Too many unrecognized commands, goodbye.
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers("RFC 5321 §7.8")
    void theTwentiethMistakeEndsTheSession() {
        RecordingOutput output =
                smtp().afterEhlo().plays("C: MAIL FROM:<malformed>\nS: 553 5.1.7 ...\n".repeat(19) + """
                C: RSET now
                C: NOOP
                S: 421 4.7.0 Too many errors, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    @Covers("RFC 2920 §3.1")
    void whatAClientThatPipelinesRunsIntoIsNoMistake() {
        RecordingOutput output = smtp().answers("MAIL", Reply.of(550, "5.7.1", "No"))
                .recipients(2)
                .afterEhlo()
                .plays("C: MAIL FROM:<a@b.example>\nS: 550 5.7.1 No\n"
                        + "C: RCPT TO:<a@b.example>\nS: 503 5.5.1 Error: need MAIL command\n".repeat(30)
                        + "C: DATA\nS: 503 5.5.1 Error: need MAIL command\n"
                        + "C: BDAT 3\nc: abc\nS: 503 5.5.1 Error: need MAIL command\n".repeat(30)
                        + "C: NOOP\nS: 250 2.0.0 OK\n");
        assertThat(output.isClosed()).isFalse();
    }

    @Test
    @Covers({"RFC 5321 §4.5.3.1.8", "RFC 5321 §4.5.3.1.10", "RFC 9422 §4"})
    void recipientsBeyondTheLimitGet452AndAreNoMistake() {
        RecordingOutput output = smtp().recipients(2)
                .afterRcpt()
                .plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                """ + "C: RCPT TO:<three@postern.example>\nS: 452 4.5.3 Too many recipients\n".repeat(30) + """
                C: DATA
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.envelopes().get(0).rcptTos()).containsExactly("one@postern.example", "two@postern.example");
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.8")
    void aThousandRecipientsAreTakenAndNotOneMore() {
        EngineHarness.Run run = smtp().afterMail().begin();
        for (int i = 1; i <= 1_000; i++) {
            run.feed("RCPT TO:<r" + i + "@postern.example><CR><LF>");
        }
        assertThat(run.output.sentLines()).hasSize(1_000).containsOnly("250 2.1.5 OK");
        run.output.forget();
        run.feed("RCPT TO:<r1001@postern.example><CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("452 4.5.3 Too many recipients");
        assertThat(run.output.questions()).isEmpty();
    }

    @Test
    void anAcceptedMessageBeginsTheCountAnew() {
        String mistakes = "C: RSET now\nS: 501 5.5.4 Syntax: RSET\n".repeat(19);
        smtp().afterEhlo().plays(mistakes + """
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                """ + mistakes + """
                C: RSET now
                S: 421 4.7.0 ...
                """);
    }

    @Test
    void aMessageThatIsTheLastMistakeIsAnsweredBeforeTheSessionEnds() {
        RecordingOutput output = smtp().budgets(5, 1).afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: a<LF>b
                C: .
                S: 554 5.6.0 ...
                S: 421 4.7.0 Too many errors, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
        output = smtp().budgets(5, 1).afterRcpt().plays("""
                C: BDAT 3
                c: a<LF>b
                S: 554 5.6.0 ...
                S: 421 4.7.0 Too many errors, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void aCommandThatIsSentTooOftenEndsTheSession() {
        RecordingOutput output =
                smtp().commandCalls(Map.of("NOOP", 2, "MAIL", 1)).afterEhlo().plays("""
                C: NOOP
                S: 250 2.0.0 OK
                C: RSET
                C: RSET
                C: RSET
                S: 250 2.0.0 OK
                S: 250 2.0.0 OK
                S: 250 2.0.0 OK
                C: noop again
                S: 250 2.0.0 OK
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RSET
                S: 250 2.0.0 OK
                C: NOOP
                S: 421 4.7.0 NOOP sent too many times
                C: RSET
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).hasSize(7);
    }

    @Test
    void aLimitMayBeForAllCommandsThatAreNotNamed() {
        EngineHarness harness = smtp().commandCalls(Map.of("*", 1, "NOOP", 2)).afterEhlo();
        harness.plays("""
                C: NOOP
                C: NOOP
                C: RSET
                S: 250 2.0.0 OK
                S: 250 2.0.0 OK
                S: 250 2.0.0 OK
                C: RSET
                S: 421 4.7.0 RSET sent too many times
                """);
        RecordingOutput output = harness.plays("""
                C: EHLO client.example
                S: 421 4.7.0 EHLO sent too many times
                """);
        assertThat(output.questions()).isEmpty();
    }

    @Test
    void calledTooOftenCountsInLmtpAndForChunksToo() {
        RecordingOutput output =
                lmtp().commandCalls(Map.of("BDAT", 1)).afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 6 LAST
                C: NOOP
                S: 421 4.7.0 BDAT sent too many times
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.failures()).isOne();
        assertThat(output.messages()).isEmpty();
    }

    @Test
    void theCommandOfAnExtensionIsCountedAndTheResponsesOfAnExchangeAreNot() {
        RecordingOutput output = smtp().extension(new EngineExtension(
                        Optional.of(new ExtensionVerb("XFOO", "XFOO")), Optional.empty(), Set.of(), Set.of()))
                .auth("LOGIN")
                .answers("RESPONSE [a]", Reply.of(334, ""))
                .commandCalls(Map.of("*", 1))
                .afterEhlo()
                .plays("""
                C: AUTH LOGIN
                S: 334 ...
                C: YQ==
                S: 334 ...
                C: YQ==
                S: 334 ...
                C: Yg==
                S: 235 2.7.0 Authentication successful
                C: XFOO
                S: 250 2.0.0 OK
                C: xfoo
                S: 421 4.7.0 XFOO sent too many times
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void whatIsNoCommandIsNotRepeatedToTheClientHoweverOftenItComes() {
        smtp().commandCalls(Map.of("*", 1)).afterEhlo().plays("""
                C: c2VjcmV0
                C: c2VjcmV0
                S: 500 5.5.2 Error: command not recognized
                S: 500 5.5.2 Error: command not recognized
                """);
    }

    @Test
    void theMessageBeyondTheLimitEndsTheSession() {
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            RecordingOutput output = harness.messages(2).afterEhlo().plays("""
                    C: MAIL FROM:<a@b.example>
                    S: 250 2.1.0 OK
                    C: RCPT TO:<a@b.example>
                    S: 250 2.1.5 OK
                    C: DATA
                    S: 354 ...
                    C: .
                    S: 250 2.6.0 ...
                    C: MAIL FROM:<a@b.example>
                    S: 250 2.1.0 OK
                    C: RCPT TO:<a@b.example>
                    S: 250 2.1.5 OK
                    C: BDAT 0 LAST
                    S: 250 2.6.0 ...
                    C: NOOP
                    S: 250 2.0.0 OK
                    C: MAIL FROM:<a@b.example>
                    S: 421 4.7.0 Too many messages in this connection, closing it
                    C: RCPT TO:<a@b.example>
                    """);
            assertThat(output.isClosed()).isTrue();
            assertThat(output.messages()).hasSize(2);
        }
    }

    private static final String TOO_MUCH_JUNK =
            "S: 421 4.7.0 Too many commands without a message, closing connection\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NOOP\nS: 250 2.0.0 OK",
                "RSET\nS: 250 2.0.0 OK",
                "VRFY a\nS: 252 ...",
                "EXPN a\nS: 502 ...",
                "HELP RSET\nS: 214 ...",
            })
    void commandsThatBringNoMailEndTheSessionBeyondTheirLimit(String junk) {
        String command = junk.substring(0, junk.indexOf('\n'));
        for (EngineHarness harness : List.of(
                smtp().afterEhlo(),
                smtp().afterRcpt(),
                smtp().encrypted().afterEhlo(),
                lmtp().afterEhlo(),
                lmtp().afterRcpt())) {
            RecordingOutput output = harness.junkCommands(3)
                    .plays(("C: " + junk + "\n").repeat(3) + "C: " + command + "\n" + TOO_MUCH_JUNK);
            assertThat(output.isClosed()).isTrue();
        }
    }

    @Test
    void junkBetweenTheChunksOfAMessageCountsAndFailsIt() {
        RecordingOutput output = smtp().junkCommands(1).afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: NOOP
                S: 250 2.0.0 OK
                C: NOOP
                """ + TOO_MUCH_JUNK);
        assertThat(output.failures()).isOne();
    }

    @Test
    void helloIsJunkOnlyWhenItIsRepeated() {
        String offers = "S: 250-...\n".repeat(10) + "S: 250 ...\n";
        smtp().junkCommands(1)
                .afterEhlo()
                .plays("C: EHLO c.example\n" + offers + "C: EHLO c.example\n" + TOO_MUCH_JUNK);
        lmtp().junkCommands(1)
                .afterEhlo()
                .plays("C: LHLO c.example\n" + offers + "C: LHLO c.example\n" + TOO_MUCH_JUNK);
        smtp().junkCommands(1).afterHelo().plays("""
                C: HELO c.example
                S: 250 mx.postern.example
                C: HELO c.example
                """ + TOO_MUCH_JUNK);
    }

    @Test
    void anAcceptedMessageMakesUpForJunkAndARefusedOneDoesNot() {
        String junk = "C: NOOP\nS: 250 2.0.0 OK\n".repeat(2);
        String envelope = "C: MAIL FROM:<a@b.example>\nS: 250 ...\nC: RCPT TO:<a@b.example>\nS: 250 ...\n";
        String data = "C: DATA\nS: 354 ...\nC: .\n";
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            harness.junkCommands(2)
                    .afterEhlo()
                    .plays(junk + envelope + data + "S: 250 ...\n" + junk + envelope + "C: BDAT 0 LAST\nS: 250 ...\n"
                            + junk + "C: NOOP\n" + TOO_MUCH_JUNK);
        }
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            harness.junkCommands(2)
                    .answers("MESSAGE", Reply.of(550, "5.7.1", "No"))
                    .afterEhlo()
                    .plays(junk + envelope + data + "S: 550 ...\nC: NOOP\n" + TOO_MUCH_JUNK);
        }
    }

    private static final String TRANSACTION =
            "C: MAIL FROM:<a@b.example>\n" + "C: RCPT TO:<a@b.example>\n".repeat(30) + "C: DATA\n";

    @Test
    @Covers("RFC 2920 §3.1")
    void aTransactionThatIsPipelinedBeforeItIsKnownThatTlsIsNeededDoesNotEndTheSession() {
        String refused = "S: 530 5.7.0 Must issue a STARTTLS command first\n".repeat(32);
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            RecordingOutput output =
                    harness.startTls(StartTls.REQUIRED).afterEhlo().plays(TRANSACTION + refused + """
                    C: NOOP
                    S: 250 2.0.0 OK
                    """);
            assertThat(output.isClosed()).isFalse();
        }
    }

    @Test
    @Covers("RFC 2920 §3.1")
    void aTransactionThatIsPipelinedBeforeItIsKnownThatAuthIsNeededDoesNotEndTheSession() {
        String refused = "S: 530 5.7.0 Authentication required\n".repeat(32);
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            RecordingOutput output = harness.auth("PLAIN")
                    .authRequired()
                    .afterEhlo()
                    .plays(TRANSACTION + refused + "C: AUTH PLAIN AGEAYg==\nS: 235 ...\n");
            assertThat(output.isClosed()).isFalse();
        }
    }

    @Test
    void whoGoesOnBeyondATransactionWithoutTlsMakesMistakes() {
        for (String command : List.of("MAIL FROM:<a@b.example>", "DATA", "XFOO", "BDAT 0")) {
            RecordingOutput output = smtp().startTls(StartTls.REQUIRED)
                    .recipients(2)
                    .budgets(5, 3)
                    .afterEhlo()
                    .plays(("C: " + command + "\nS: 530 5.7.0 Must issue a STARTTLS command first\n").repeat(4 + 2)
                            + "C: " + command + "\nS: 421 4.7.0 Too many errors, closing connection\n");
            assertThat(output.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1",
                "POST /path HTTP/1.1",
                "get / http/1.0",
                "HEAD /",
                "PUT /a HTTP/1.1",
                "DELETE /a HTTP/1.1",
                "CONNECT mx.postern.example:25 HTTP/1.1",
                "OPTIONS * HTTP/1.1",
                "TRACE / HTTP/1.1",
                "PATCH / HTTP/1.1",
                "PRI * HTTP/2.0",
                "POST",
            })
    @Covers("RFC 5321 §7.8")
    void anHttpClientIsSentAwayBeforeItsSecondLine(String request) {
        String transcript = """
                C: %s
                C: Host: mx.postern.example
                C:
                C: MAIL FROM:<a@b.example>
                S: 421 4.7.0 This is a mail server, closing connection
                """.formatted(request);
        for (EngineHarness harness : List.of(
                smtp().afterEhlo(),
                smtp().afterRcpt(),
                smtp().encrypted().afterEhlo(),
                smtp().startTls(StartTls.REQUIRED).afterEhlo(),
                smtp().auth("PLAIN").authRequired().afterEhlo(),
                lmtp().afterEhlo())) {
            RecordingOutput output = harness.plays(transcript);
            assertThat(output.isClosed()).isTrue();
            assertThat(output.questions()).isEmpty();
        }
        smtp().greeted().plays("S: 220 ...\n" + transcript);
    }

    @Test
    @Covers("RFC 5321 §7.8")
    void anHttpVerbInAMessageIsText() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: GET / HTTP/1.1
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).containsExactly("GET / HTTP/1.1\r\n");
    }

    @Test
    @Covers("RFC 8314 §3.3")
    void aTlsHandshakeOnAPlainConnectionIsClosedWithoutAWord() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                c: <x16><x03><x01><x02><NUL><x01><NUL><x01><xFC>
                """);
        assertThat(output.isClosed()).isTrue();
        output = smtp().plays("""
                S: 220 ...
                C: NOOP
                S: 250 2.0.0 OK
                C: <x16><x03><x01>
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void thatOctetInsideALineIsNoTlsHandshake() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NO<x16>OP
                S: 501 5.5.2 Error: control character in command
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.isClosed()).isFalse();
    }

    @Test
    void aMillionPipelinedNoopsUseConstantStackAndBoundedTurns() {
        int commands = 1_000_000;
        byte[] region = "NOOP\r\n".repeat(commands).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        EngineHarness.Run run = smtp().afterEhlo().begin();
        run.engine.receive(region, 0, region.length);
        int turns = 1;
        while (run.engine.wantsTurn()) {
            assertThat(run.engine.wantsInput()).isFalse();
            assertThat(run.output.questions().size()).isEqualTo(turns * Limits.COMMANDS_PER_TURN);
            run.engine.takeTurn();
            turns++;
        }
        assertThat(run.output.questions()).hasSize(commands);
        assertThat(run.output.sends()).isEqualTo(commands / Limits.COMMANDS_PER_TURN);
        assertThat(run.engine.wantsInput()).isTrue();
    }
}
