package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                ".<CR><LF>|``",
                "..<CR><LF>.<CR><LF>|`.<CR><LF>`",
                "a<CR><LF>.<CR><LF>|`a<CR><LF>`",
                "<CR><LF>.<CR><LF>|`<CR><LF>`",
                "..a<CR><LF>.b<CR><LF>...<CR><LF>a..<CR><LF>.<CR><LF>|`.a<CR><LF>b<CR><LF>..<CR><LF>a..<CR><LF>`",
                "<NUL><xFF><x80>é<CR><LF>.<CR><LF>|`<NUL><xFF><x80>é<CR><LF>`",
                "0123456789abcdef<CR><LF>..0123456789<CR><LF>.<CR><LF>|`0123456789abcdef<CR><LF>.0123456789<CR><LF>`",
            })
    @Covers({"RFC 5321 §4.1.1.4", "RFC 5321 §4.5.2", "RFC 6152 §3"})
    void theDotsOfTheTransferAreTakenOut(String sent, String content) {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: DATA
                S: 354 End data with <CR><LF>.<CR><LF>
                c: %s
                S: 250 2.6.0 Message accepted for delivery
                """.formatted(sent));
        assertThat(output.messages()).containsExactly(text(content));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a<LF>b|`a<CR><LF>b`",
                "a<CR>b|`a<CR><LF>b`",
                "a<CR><CR><LF>b|`a<CR><LF><CR><LF>b`",
                "a<LF><LF>b|`a<CR><LF><CR><LF>b`",
                "a<LF><CR>b|`a<CR><LF><CR><LF>b`",
                "a<LF>.b|`a<CR><LF>.b`",
                "a<CR>.b|`a<CR><LF>.b`",
                ".<CR>x|`<CR><LF>x`",
                ".<LF>x|`<CR><LF>x`",
                "<LF><LF><LF><LF><LF><LF><LF><LF>|`<CR><LF><CR><LF><CR><LF><CR><LF><CR><LF><CR><LF><CR><LF><CR><LF>`",
            })
    @Covers("RFC 5321 §2.3.8")
    void aNewlineThatStandsAloneFollowsThePolicy(String sent, String normalized) {
        String dialogue = """
                C: DATA
                S: 354 ...
                C: %s
                C: .
                S: %s
                """;
        RecordingOutput output = smtp().bareNewlines(BareNewlines.NORMALIZE)
                .afterRcpt()
                .plays(dialogue.formatted(sent, "250 2.6.0 ..."));
        assertThat(output.messages()).containsExactly(text(normalized) + "\r\n");

        output = smtp().bareNewlines(BareNewlines.ALLOW).afterRcpt().plays(dialogue.formatted(sent, "250 2.6.0 ..."));
        String unstuffed = sent.startsWith(".") ? sent.substring(1) : sent;
        assertThat(output.messages()).containsExactly(text(unstuffed) + "\r\n");

        output = smtp().afterRcpt()
                .plays(dialogue.formatted(sent, "554 5.6.0 Error: CR or LF alone in message, lines end with CR LF"));
        assertThat(output.messages()).isEmpty();
        assertThat(output.failures()).isOne();
    }

    @Test
    @Covers("RFC 5321 §4.5.2")
    void crCrLfDotCrLfIsTheEndAndOneCrStandsAlone() {
        RecordingOutput output =
                smtp().bareNewlines(BareNewlines.ALLOW).afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: a<CR>
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).containsExactly("a\r\r\n");
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.6")
    void aLineOfTextHas998OctetsAtTheMost() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: {a*998}
                C: .{b*998}
                C: ..{c*997}
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages()).hasSize(1);
        for (String line : List.of("{a*999}", ".{a*999}", "..{a*998}", "{a*999}<CR><LF>b")) {
            smtp().afterRcpt().plays("""
                    C: DATA
                    S: 354 ...
                    C: %s
                    C: .
                    S: 500 5.6.0 Line too long (see RFC5321 4.5.3.1.6)
                    C: NOOP
                    S: 250 2.0.0 OK
                    """.formatted(line));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = BareNewlines.class,
            names = {"ALLOW", "NORMALIZE"})
    void aNewlineThatStandsAloneEndsALineAsFarAsItsLengthGoes(BareNewlines policy) {
        for (String newline : List.of("<LF>", "<CR>")) {
            smtp().bareNewlines(policy).textLine(20).afterRcpt().plays("""
                    C: DATA
                    S: 354 ...
                    C: {a*18}%1$s{b*18}%1$s{c*18}
                    C: .
                    S: 250 2.6.0 ...
                    C: MAIL FROM:<a@b.example>
                    C: RCPT TO:<a@b.example>
                    C: DATA
                    S: 250 2.1.0 OK
                    S: 250 2.1.5 OK
                    S: 354 ...
                    C: {a*19}%1$sb
                    C: .
                    S: 500 5.6.0 ...
                    """.formatted(newline));
        }
    }

    @Test
    void aLineOfAnyLengthIsTakenWhenThereIsNoLimit() {
        RecordingOutput output = smtp().textLine(0).afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: {a*3000}
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.messages().get(0)).hasSize(3002);
    }

    @Test
    void anEndlessLineFailsTheMessageBeforeItsEnd() {
        EngineHarness.Run run = smtp().afterRcpt().begin();
        run.feed("DATA<CR><LF>{a*998}");
        assertThat(run.output.failures()).isZero();
        run.feed("a");
        assertThat(run.output.failures()).isOne();
    }

    @Test
    @Covers({"RFC 1870 §6.3", "RFC 5321 §4.5.3.1.7"})
    void aMessageThatIsTooLargeIsRefusedAfterItsEndAndTheSessionIsInStep() {
        RecordingOutput output = smtp().messageSize(20).afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: 0123456789
                C: 0123456
                C: .
                S: 552 5.3.4 Error: Too much mail data
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: ..12345678
                C: 0123456
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.failures()).isOne();
        assertThat(output.messages()).hasSize(1);
    }

    @Test
    void whatIsTooLargeAndWrongBesidesIsCalledTooLarge() {
        for (String message : List.of("0123456789<LF>", "<LF>0123456789", "{a*30}", "<LF>{a*30}<LF>")) {
            smtp().messageSize(5).textLine(12).afterRcpt().plays("""
                    C: DATA
                    S: 354 ...
                    C: %s
                    C: .
                    S: 552 5.3.4 Error: Too much mail data
                    """.formatted(message));
        }
    }

    @Test
    @Covers("RFC 5321 §4.1.1.4")
    void aMessageThatTheApplicationRefusesIsOver() {
        smtp().answers("MESSAGE", Reply.of(550, "5.7.1", "Spam")).afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: buy
                C: .
                S: 550 5.7.1 Spam
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                """);
    }

    @Test
    @Covers("RFC 5321 §3.3")
    void dataCanBeRefusedBeforeTheMessage() {
        RecordingOutput output = smtp().answers("DATA", Reply.of(451, "4.3.0", "Not now"))
                .afterRcpt()
                .plays("""
                C: DATA
                S: 451 4.3.0 Not now
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void anEarlyAnswerIsGivenAfterTheEndOfTheMessage(int after) {
        for (Reply answer : List.of(Replies.MESSAGE_ACCEPTED, Reply.of(550, "5.7.1", "Spam"))) {
            if (after == 0 && !answer.isPositive()) {
                continue; // that refuses DATA itself
            }
            RecordingOutput output = smtp().answersMessageAfter(after)
                    .answers("MESSAGE", answer)
                    .afterRcpt()
                    .plays("""
                    C: DATA
                    S: 354 ...
                    C: 0123456789
                    C: QUIT
                    C: .
                    C: NOOP
                    S: %s
                    S: 250 2.0.0 OK
                    """.formatted(answer));
            assertThat(output.failures()).isZero();
        }
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void anEarlyAnswerOf421ClosesTheConnection() {
        RecordingOutput output = smtp().answersMessageAfter(3)
                .answers("MESSAGE", Replies.SHUTTING_DOWN)
                .afterRcpt()
                .plays("""
                C: DATA
                S: 354 ...
                C: 0123456789
                C: .
                C: NOOP
                S: 421 4.3.2 ...
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void a421BeforeTheMessageClosesTheConnection() {
        RecordingOutput output =
                smtp().answers("DATA", Replies.SHUTTING_DOWN).afterRcpt().plays("""
                C: DATA
                C: NOOP
                S: 421 4.3.2 ...
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void aMessageWhoseClientGoesAwayFails() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: half
                ! disconnect
                """);
        assertThat(output.failures()).isOne();
        assertThat(output.messages()).isEmpty();
    }

    @Test
    void commandsBehindTheDotInTheSameReadAreRun() {
        smtp().afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: .
                C: NOOP
                C: MAIL FROM:<a@b.example>
                S: 250 2.6.0 ...
                S: 250 2.0.0 OK
                S: 250 2.1.0 OK
                """);
    }

    @Test
    void answersToAMessageAreRefusedWhenNoneIsOwed() {
        EngineHarness.Run run = smtp().afterRcpt().begin();
        assertThatThrownBy(() -> run.engine.bodyAnswer(Replies.OK)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> run.engine.bodyReady()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> run.engine.answer(Replies.OK)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void tooMuchBehindARefusedMessageEndsTheSession() {
        EngineHarness.Run run = smtp().messageSize(10).textLine(0).afterRcpt().begin();
        run.feed("DATA<CR><LF>");
        run.output.forget();
        byte[] block = new byte[1 << 20];
        Arrays.fill(block, (byte) 'a');
        for (int i = 0; i < 130 && !run.output.isClosed(); i++) {
            run.feed(block.clone());
        }
        assertThat(run.output.sentLines()).containsExactly(Replies.TOO_MUCH_DISCARDED.toString());
        assertThat(run.output.isClosed()).isTrue();
    }

    static String text(String tokens) {
        return tokens == null
                ? ""
                : new String(Transcript.octets(tokens), java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
