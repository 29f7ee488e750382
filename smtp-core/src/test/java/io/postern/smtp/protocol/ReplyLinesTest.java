package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplyLinesTest {

    @Test
    @Covers({"RFC 2034 §4", "RFC 5321 §4.2"})
    void aReplyWithoutEnhancedCodeGetsTheGeneralOneOfItsClass() {
        smtp().answers("NOOP one", Reply.of(250, "fine"))
                .answers("NOOP two", Reply.of(450, "later"))
                .answers("NOOP three", Reply.of(550, "never"))
                .plays("""
                S: 220 ...
                C: NOOP one
                S: 250 2.0.0 fine
                C: NOOP two
                S: 450 4.0.0 later
                C: NOOP three
                S: 550 5.0.0 never
                """);
    }

    @Test
    @Covers({"RFC 2034 §4", "RFC 5321 §4.2.1"})
    void eachLineOfAReplyHasTheCodes() {
        smtp().answers("NOOP", Reply.of(550, "5.7.1", "one\ntwo\n")).plays("""
                S: 220 ...
                C: NOOP
                S: 550-5.7.1 one
                S: 550-5.7.1 two
                S: 550 5.7.1 ...
                """);
    }

    @Test
    @Covers({"RFC 5321 §4.5.3.1.5", "RFC 5321 §4.2.1"})
    void aLongReplyGoesOnInTheNextLine() {
        String word = "x".repeat(100);
        String text = String.join(" ", java.util.Collections.nCopies(12, word));
        for (String wording : List.of(text, "y".repeat(1200), "é".repeat(700), " ".repeat(1200), "z".repeat(502))) {
            RecordingOutput output = smtp().answers("NOOP", Reply.of(550, "5.7.1", wording))
                    .afterEhlo()
                    .begin()
                    .feed("NOOP<CR><LF>")
                    .output;
            List<String> lines = output.sentLines();
            assertThat(lines).allMatch(line -> line.length() <= 510);
            assertThat(lines.subList(0, lines.size() - 1)).allMatch(line -> line.startsWith("550-5.7.1 "));
            assertThat(lines.get(lines.size() - 1)).startsWith("550 5.7.1 ");
            assertThat(String.join(
                            "", lines.stream().map(line -> line.substring(10)).toList()))
                    .isEqualTo(wording.replace('é', '?'));
        }
    }

    @Test
    @Covers("RFC 6531 §3.7.4.1")
    void repliesAreInUtf8OnlyInATransactionThatIs() {
        EngineHarness harness = smtp().answers("RCPT", Reply.of(550, "5.1.1", "Unbekannt: 用户 " + "ü".repeat(600)))
                .answers("NOOP", Reply.of(250, "ü"));
        RecordingOutput output = harness.afterMail("SMTPUTF8").begin().feed("RCPT TO:<a@b.example><CR><LF>").output;
        assertThat(output.sentLines())
                .allMatch(line -> line.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= 510);
        assertThat(output.sentLines().get(0)).startsWith("550-5.1.1 Unbekannt: 用户 ");
        assertThat(String.join("", output.sentLines())).doesNotContain("\uFFFD", "?");
        harness.afterMail("SMTPUTF8").plays("""
                C: NOOP
                S: 250 2.0.0 ü
                C: RSET
                S: 250 2.0.0 OK
                C: NOOP
                S: 250 2.0.0 ?
                """);
    }

    @Test
    void anAnswerOf3xxIsRefused() {
        EngineHarness.Run run = smtp().begin(true);
        run.deliver("NOOP<CR><LF>");
        assertThatThrownBy(() -> run.engine.answer(Replies.START_DATA)).isInstanceOf(IllegalArgumentException.class);
        run.engine.answer(Replies.OK);
        assertThatThrownBy(() -> run.engine.answer(Replies.OK)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void inputThatIsNotWantedIsRefused() {
        EngineHarness.Run run = smtp().begin(true);
        run.deliver("NOOP<CR><LF>");
        assertThatThrownBy(() -> run.engine.receive(new byte[1], 0, 1)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource(Violation.class)
    @Covers("RFC 2034 §4")
    void everyViolationHasAReplyWithAnEnhancedCode(Violation violation) {
        assertThat(violation.reply().code()).isGreaterThanOrEqualTo(400);
        assertThat(violation.reply().enhancedCode()).isPresent();
    }
}
