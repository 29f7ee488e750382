package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BdatTest {

    @Test
    void whatIsDroppedOfRefusedChunksIsCountedOverTheSession() {
        EngineHarness.Run run = new EngineHarness.Run(smtp().settings(), new RecordingOutput(smtp(), false));
        run.engine.start(false);
        run.feed("EHLO client.example\r\nBDAT 134217728\r\n".getBytes(US_ASCII));
        byte[] region = new byte[1_048_576];
        for (int i = 0; i < 128; i++) {
            run.engine.receive(region, 0, region.length);
        }
        assertThat(run.output.isClosed()).isFalse();
        run.feed("BDAT 1\r\n".getBytes(US_ASCII));
        assertThat(run.output.isClosed()).isTrue();
        assertThat(run.output.sent())
                .endsWith("421 4.7.0 Too much data after a refused message, closing connection\r\n");
    }

    @Test
    @Covers("RFC 3030 §2")
    void aMessageComesInChunks() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 7
                c: hello<CR><LF>
                S: 250 2.0.0 7 octets received
                C: bdat 4
                c: .<CR><LF>.
                S: 250 2.0.0 4 octets received
                C: BDAT 2 last
                c: <CR><LF>
                S: 250 2.6.0 Message accepted for delivery
                C: BDAT 0
                S: 503 5.5.1 Error: need MAIL command
                """);
        assertThat(output.messages()).containsExactly("hello\r\n.\r\n.\r\n");
    }

    @Test
    @Covers("RFC 3030 §2")
    void aLastChunkMayBeEmpty() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).containsExactly("abc");
        output = smtp().afterRcpt().plays("""
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.messages()).containsExactly("");
    }

    @Test
    @Covers({"RFC 3030 §2", "RFC 2920 §3.1"})
    void chunksMayBePipelined() {
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<a@b.example>
                C: BDAT 3
                c: abc
                C: BDAT 3
                c: def
                C: BDAT 3 LAST
                c: ghi
                C: QUIT
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                S: 250 2.0.0 3 octets received
                S: 250 2.0.0 3 octets received
                S: 250 2.6.0 ...
                S: 221 2.0.0 Bye
                """);
        assertThat(output.messages()).containsExactly("abcdefghi");
    }

    @ParameterizedTest
    @ValueSource(strings = {"afterEhlo", "afterMail"})
    @Covers("RFC 3030 §2")
    void theOctetsOfARefusedChunkAreDropped(String rung) {
        EngineHarness harness = rung.equals("afterMail") ? smtp().afterMail() : smtp().afterEhlo();
        RecordingOutput output = harness.plays("""
                C: BDAT 6
                c: QUIT<CR><LF>
                C: BDAT 6 LAST
                c: QUIT<CR><LF>
                S: 503 5.5.1 ...
                S: 503 5.5.1 ...
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("NOOP ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BDAT",
                "BDAT LAST",
                "BDAT x",
                "BDAT -1",
                "BDAT +1",
                "BDAT 1 FIRST",
                "BDAT 1 LAST LAST",
                "BDAT 1234567890123456789",
                "BDAT 0x10",
                "BDAT 1,000",
                "BDAT 1\u3000LAST",
            })
    @Covers("RFC 3030 §2")
    void whenTheSizeCannotBeToldTheSessionEnds(String command) {
        RecordingOutput output = smtp().afterRcpt().plays("C: " + command + """

                C: QUIT
                S: 501 5.5.4 Syntax: BDAT size [LAST]
                S: 421 4.7.0 Too much data after a refused message, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "BDAT 6<NUL>,501 5.5.2 Error: control character in command",
        "BDAT<x09>6,501 5.5.2 Error: control character in command",
        "bdat 6 <xFF>,501 5.5.2 Error: malformed UTF-8 in command",
        "BDAT 6<CR>,501 5.5.2 Error: control character in command",
        "BDAT 6<LF>,500 5.5.2 Error: a command ends with CR LF",
        "BDAT { *1100}6,500 5.5.2 Command line too long",
    })
    @Covers("RFC 3030 §2")
    void behindABdatLineThatCannotBeReadTheSessionEnds(String command, String reply) {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: %s
                C: QUIT
                S: %s
                S: 421 4.7.0 Too much data after a refused message, closing connection
                """.formatted(command, reply));
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers("RFC 3030 §2")
    void aChunkThatIsRefusedInMidMessageLosesTheMessage() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT { *600}6
                c: QUIT<CR><LF>
                S: 500 5.5.2 Command line too long
                C: BDAT 3 LAST
                c: def
                S: 503 5.5.1 Error: need MAIL command
                """);
        assertThat(output.messages()).isEmpty();
        assertThat(output.failures()).isOne();
    }

    @Test
    void aRefusedChunkThatIsTooLargeToWaitForEndsTheSession() {
        smtp().afterEhlo().plays("""
                C: BDAT 999999999999999999
                C: QUIT
                S: 503 5.5.1 ...
                S: 421 4.7.0 ...
                """);
    }

    @Test
    @Covers("RFC 3030 §2")
    void rsetBetweenChunksFailsTheMessage() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: RSET
                S: 250 2.0.0 OK
                C: BDAT 3 LAST
                c: def
                S: 503 5.5.1 Error: need MAIL command
                """);
        assertThat(output.failures()).isOne();
        assertThat(output.messages()).isEmpty();
    }

    @Test
    @Covers("RFC 3030 §2")
    void betweenChunksOnlyBdatRsetNoopAndQuitAreInOrder() {
        EngineExtension extension = new EngineExtension(
                Optional.of(new ExtensionVerb("XFOO", "XFOO")), Optional.empty(), Set.of(), Set.of());
        smtp().extension(extension).afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: DATA
                S: 503 5.5.1 Error: a BDAT message is under way
                C: RCPT TO:<a@b.example>
                S: 503 5.5.1 Error: a BDAT message is under way
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: a BDAT message is under way
                C: EHLO client.example
                S: 503 Error: a BDAT message is under way
                C: XFOO
                S: 503 5.5.1 Error: bad sequence of commands
                C: NOOP
                S: 250 2.0.0 OK
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                """);
    }

    @Test
    void quitBetweenChunksFailsTheMessage() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: QUIT
                S: 221 2.0.0 Bye
                """);
        assertThat(output.failures()).isOne();
    }

    @Test
    @Covers("RFC 3030 §2")
    void afterAChunkThatFailsTheChunksBehindItAreRefused() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 3
                c: a<LF>b
                C: BDAT 6
                c: QUIT<CR><LF>
                C: BDAT 6 LAST
                c: QUIT<CR><LF>
                S: 554 5.6.0 ...
                S: 503 5.5.1 Error: need MAIL command
                S: 503 5.5.1 Error: need MAIL command
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.failures()).isOne();
    }

    @Test
    @Covers({"RFC 3030 §2", "RFC 1870 §6.3"})
    void aMessageThatIsTooLargeIsRefusedWithTheChunkThatMakesItSo() {
        smtp().messageSize(5).afterRcpt().plays("""
                C: BDAT 5
                c: 01234
                S: 250 2.0.0 5 octets received
                C: BDAT 1
                c: 5
                S: 552 5.3.4 Error: Too much mail data
                """);
        smtp().messageSize(5).afterRcpt().plays("""
                C: BDAT 6 LAST
                c: 012345
                S: 552 5.3.4 Error: Too much mail data
                """);
    }

    @ParameterizedTest
    @EnumSource(BareNewlines.class)
    @Covers("RFC 5321 §2.3.8")
    void aCarriageReturnAtTheVeryEndStandsAlone(BareNewlines policy) {
        RecordingOutput output = smtp().bareNewlines(policy).afterRcpt().plays("""
                C: BDAT 2 LAST
                c: a<CR>
                S: %s
                """.formatted(
                        policy == BareNewlines.REJECT ? "554 5.6.0 ..." : "250 2.6.0 ..."));
        switch (policy) {
            case REJECT -> assertThat(output.messages()).isEmpty();
            case NORMALIZE -> assertThat(output.messages()).containsExactly("a\r\n");
            case ALLOW -> assertThat(output.messages()).containsExactly("a\r");
        }
    }

    @Test
    void aLineEndMayBeCutByChunks() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: BDAT 2
                c: a<CR>
                S: 250 2.0.0 2 octets received
                C: BDAT 1 LAST
                c: <LF>
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).containsExactly("a\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{a*999}", "{a*999}<CR><LF>", "b<CR><LF>{a*999}", "{a*1500}"})
    @Covers("RFC 5321 §4.5.3.1.6")
    void aLineOfTextHas998OctetsAtTheMost(String text) {
        smtp().afterRcpt().plays("""
                C: BDAT %d LAST
                c: %s
                S: 500 5.6.0 ...
                """.formatted(Transcript.octets(text).length, text));
    }

    @Test
    @Covers("RFC 3030 §3")
    void binaryMimeHasNoLinesAndCannotBeSentWithData() {
        RecordingOutput output = smtp().afterRcpt("BODY=BINARYMIME").plays("""
                C: DATA
                S: 503 5.5.1 Error: BODY=BINARYMIME needs BDAT
                C: BDAT 1504
                c: {a*1500}<CR><LF><LF><CR>
                S: 250 2.0.0 1504 octets received
                C: BDAT 5 LAST
                c: .<CR><LF><NUL><CR>
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).containsExactly("a".repeat(1500) + "\r\n\n\r.\r\n\0\r");
    }

    @Test
    void anEarlyRefusalIsToldAtTheEndOfTheChunk() {
        EngineHarness.Run run = smtp().afterRcpt().begin(true);
        run.feed("BDAT 3<CR><LF>a");
        run.engine.bodyAnswer(Reply.of(550, "5.7.1", "Spam"));
        assertThat(run.output.sent()).isEmpty();
        run.feed("bcBDAT 3 LAST<CR><LF>def");
        assertThat(run.output.sentLines()).containsExactly("550 5.7.1 Spam", "503 5.5.1 Error: need MAIL command");
        assertThat(run.output.failures()).isZero();
    }

    @Test
    void anEarlyRefusalWhileANoopIsPendingIsToldWithTheNextChunk() {
        EngineHarness.Run run = smtp().afterRcpt().begin(true);
        run.feed("BDAT 3<CR><LF>abc");
        run.deliver("NOOP<CR><LF>BDAT 3 LAST<CR><LF>def");
        run.engine.bodyAnswer(Reply.of(550, "5.7.1", "Spam"));
        assertThat(run.output.sentLines()).containsExactly("250 2.0.0 3 octets received");
        run.settle();
        assertThat(run.output.sentLines())
                .containsExactly("250 2.0.0 3 octets received", "250 2.0.0 OK", "550 5.7.1 Spam");
        assertThat(run.engine.phase()).isEqualTo(Phase.READY);
    }

    @Test
    void anEarlyAcceptanceIsToldWithTheLastChunk() {
        smtp().answersMessageAfter(0).afterRcpt().plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 3 LAST
                c: def
                S: 250 2.6.0 ...
                """);
    }

    @Test
    void aRefusalAtTheBeginningIsToldAfterTheFirstChunk() {
        smtp().answers("DATA", Reply.of(451, "4.3.0", "Not now")).afterRcpt().plays("""
                C: BDAT 6
                c: QUIT<CR><LF>
                S: 451 4.3.0 Not now
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void a421AtTheBeginningOrEarlyIsToldBeforeTheConnectionCloses() {
        RecordingOutput output =
                smtp().answers("DATA", Replies.SHUTTING_DOWN).afterRcpt().plays("""
                C: BDAT 6
                c: QUIT<CR><LF>
                C: NOOP
                S: 421 4.3.2 ...
                """);
        assertThat(output.isClosed()).isTrue();
        EngineHarness.Run run = smtp().afterRcpt().begin(true);
        run.feed("BDAT 3<CR><LF>a");
        run.engine.bodyAnswer(Replies.SHUTTING_DOWN);
        run.feed("bcNOOP<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly(Replies.SHUTTING_DOWN.toString());
        assertThat(run.output.isClosed()).isTrue();
    }
}
