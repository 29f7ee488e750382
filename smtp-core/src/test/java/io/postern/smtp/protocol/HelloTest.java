package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HelloTest {

    @Test
    @Covers({
        "RFC 5321 §4.1.1.1",
        "RFC 1870 §4",
        "RFC 2920 §3",
        "RFC 3030 §2",
        "RFC 6152 §2",
        "RFC 6531 §3.1",
        "RFC 2034 §3",
        "RFC 3461 §4",
        "RFC 9422 §4"
    })
    void ehloIsAnsweredWithTheExtensions() {
        smtp().plays("""
                S: 220 ...
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
                """);
    }

    @Test
    @Covers({"RFC 1870 §4", "RFC 6531 §3.1"})
    void whatIsSwitchedOffIsNotOffered() {
        RecordingOutput output = smtp().messageSize(0).withoutSmtpUtf8().begin().feed("EHLO c<CR><LF>").output;
        assertThat(output.sentLines()).noneMatch(line -> line.contains("SIZE") || line.contains("SMTPUTF8"));
    }

    @Test
    @Covers("RFC 5321 §4.1.1.1")
    void heloIsAnsweredWithOneLineAndNoExtension() {
        smtp().plays("""
                S: 220 ...
                C: helo client.example
                S: 250 mx.postern.example
                C: MAIL FROM:<a@b.example> SIZE=10
                S: 555 5.5.4 ...
                C: MAIL FROM:<a@b.example> BODY=8BITMIME
                S: 555 5.5.4 ...
                C: MAIL FROM:<a@b.example> SMTPUTF8
                S: 555 5.5.4 ...
                C: MAIL FROM:<a@b.example> RET=FULL
                S: 555 5.5.4 ...
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example> NOTIFY=NEVER
                S: 555 5.5.4 ...
                C: BDAT 3 LAST
                c: abc
                S: 503 5.5.1 Error: need RCPT command
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: BDAT 3 LAST
                c: abc
                S: 502 5.5.1 Error: command not implemented
                """);
    }

    @Test
    @Covers({"RFC 5321 §4.1.1.1", "RFC 2034 §4"})
    void aHelloWithoutNameIsRefusedAndShowsNoEnhancedCode() {
        smtp().plays("""
                S: 220 ...
                C: EHLO
                S: 501 Syntax: EHLO hostname
                C: HELO<x20>
                S: 501 Syntax: HELO hostname
                """);
        lmtp().plays("""
                S: 220 ...
                C: LHLO
                S: 501 Syntax: LHLO hostname
                """);
    }

    @Test
    @Covers("RFC 5321 §4.1.4")
    void aHelloInMidTransactionEndsIt() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: HELO other.example
                S: 250 mx.postern.example
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                C: RCPT TO:<a@b.example>
                S: 503 5.5.1 Error: need MAIL command
                """);
        assertThat(output.questions()).containsExactly("HELO other.example");
    }

    @Test
    @Covers("RFC 5321 §4.1.4")
    void aHelloThatIsRefusedChangesNothing() {
        EngineHarness.Run run = smtp().answers("EHLO other.example", Reply.of(550, "5.7.1", "Not you"))
                .afterRcpt()
                .begin();
        run.feed("EHLO other.example<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("550 Not you");
        assertThat(run.engine.hostName()).contains("client.example");
        assertThat(run.engine.phase()).isEqualTo(Phase.RECIPIENTS);
    }

    @Test
    void theSessionKnowsTheNameAndTheKindOfHello() {
        EngineHarness.Run run = smtp().begin();
        assertThat(run.engine.hostName()).isEmpty();
        run.feed("EHLO [192.0.2.1]<CR><LF>");
        assertThat(run.engine.hostName()).contains("[192.0.2.1]");
        assertThat(run.engine.extended()).isTrue();
        run.feed("HELO client<CR><LF>");
        assertThat(run.engine.hostName()).contains("client");
        assertThat(run.engine.extended()).isFalse();
    }

    @Test
    @Covers("RFC 2033 §4.1")
    void lmtpHasLhloInPlaceOfHeloAndEhlo() {
        lmtp().plays("""
                S: 220 ...
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: send LHLO first
                C: HELO client.example
                S: 500 5.5.2 Error: command not recognized
                C: EHLO client.example
                S: 500 5.5.2 Error: command not recognized
                """);
        smtp().plays("""
                S: 220 ...
                C: LHLO client.example
                S: 500 5.5.2 Error: command not recognized
                """);
        assertThat(lmtp().begin().feed("LHLO c<CR><LF>").output.sentLines())
                .contains("250-mx.postern.example", "250-PIPELINING", "250-ENHANCEDSTATUSCODES");
    }

    @ParameterizedTest
    @CsvSource({
        "SIZE,MAIL FROM:<a@b.example> SIZE=10",
        "8BITMIME,MAIL FROM:<a@b.example> BODY=7BIT",
        "SMTPUTF8,MAIL FROM:<a@b.example> SMTPUTF8",
        "DSN,MAIL FROM:<a@b.example> ENVID=1"
    })
    void whatTheApplicationTakesOutOfTheOfferIsOff(String keyword, String command) {
        smtp().offers(planned -> planned.without(keyword)).afterEhlo().plays("C: " + command + """

                S: 555 5.5.4 ...
                """);
        assertThat(smtp().afterEhlo().begin().feed(command + "<CR><LF>").output.sentLines())
                .containsExactly("250 2.1.0 OK");
    }

    @Test
    void withoutEnhancedStatusCodesInTheOfferNoneAreShown() {
        smtp().offers(planned -> planned.without("enhancedstatuscodes"))
                .afterEhlo()
                .plays("""
                C: NOOP
                S: 250 OK
                C: MAIL FROM:<a@b.example>
                S: 250 OK
                C: NONSENSE
                S: 500 Error: command not recognized
                """);
    }

    @Test
    void linesThatTheApplicationAddsAreOffered() {
        RecordingOutput output =
                smtp().offers(planned -> planned.with("X-FOO bar")).begin().feed("EHLO c<CR><LF>").output;
        assertThat(output.sentLines()).endsWith("250-HELP", "250 X-FOO bar");
    }
}
