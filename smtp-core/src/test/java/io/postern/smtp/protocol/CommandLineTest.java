package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {

    @Test
    void whoDoesNotWantToKnowOfLinesIsNotTold() {
        EngineHarness.Run run = smtp().auth("PLAIN").afterEhlo().begin();
        run.output.leaveAlone();

        run.feed("NOOP<CR><LF>WHAT is this<CR><LF>AUTH PLAIN<CR><LF>*<CR><LF>RSET<CR><LF>");

        assertThat(run.output.received()).isEmpty();
        assertThat(run.output.sentLines())
                .extracting(line -> line.substring(0, 3))
                .containsExactly("250", "500", "334", "501", "250");
    }

    @Test
    void repliesThatGoOutAloneAreTheSameBytesInEachSession() {
        for (int session = 0; session < 3; session++) {
            EngineHarness.Run run = smtp().afterEhlo().begin();
            run.feed("NOOP<CR><LF>");
            run.feed("NOOP<CR><LF>RSET<CR><LF>MAIL FROM:<a@b.example><CR><LF>");
            assertThat(run.output.sentLines())
                    .containsExactly("250 2.0.0 OK", "250 2.0.0 OK", "250 2.0.0 OK", "250 2.1.0 OK");
        }
    }

    @Test
    @Covers({"RFC 5321 §4.5.3.1.4", "RFC 5321 §4.1.1.9"})
    void aCommandLineHas512OctetsAtTheMost() {
        smtp().plays("""
                S: 220 ...
                C: NOOP {a*505}
                S: 250 2.0.0 OK
                C: NOOP {a*506}
                S: 500 5.5.2 Command line too long
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers({"RFC 1870 §3", "RFC 6152 §2", "RFC 6531 §3.1", "RFC 3461 §4"})
    void extensionsMakeMailAndRcptLonger() {
        // 512 + 26 SIZE + 17 8BITMIME + 10 SMTPUTF8 + 500 DSN = 1065 for MAIL, 512 + 500 = 1012 for RCPT
        String mail = "MAIL FROM:<a@b.example>";
        String rcpt = "RCPT TO:<a@b.example>";
        smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>{ *1041}
                S: 500 5.5.2 Command line too long
                C: MAIL FROM:<a@b.example>{ *1040}
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example>{ *990}
                S: 500 5.5.2 Command line too long
                C: RCPT TO:<a@b.example>{ *989}
                S: 250 2.1.5 OK
                C: NOOP {a*506}
                S: 500 5.5.2 Command line too long
                C: NOOP {a*505}
                S: 250 2.0.0 OK
                """);
        assertThat(mail.length() + 1040 + 2).isEqualTo(512 + 26 + 17 + 10 + 500);
        assertThat(rcpt.length() + 989 + 2).isEqualTo(512 + 500);
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.4")
    void theVerbOfAnExtensionHasALineOf512OctetsToo() {
        EngineExtension extension = new EngineExtension(
                Optional.of(new ExtensionVerb("XTIME", "XTIME")), Optional.empty(), Set.of(), Set.of());
        smtp().extension(extension).afterEhlo().plays("""
                C: XTIME {a*505}
                S: 500 5.5.2 Command line too long
                C: XTIME {a*504}
                S: 250 2.0.0 OK
                """);
    }

    @ParameterizedTest
    @CsvSource({"SIZE,26", "8BITMIME,17", "SMTPUTF8,10", "DSN,500"})
    void anExtensionThatIsNotOfferedAddsNothing(String keyword, int growth) {
        int spaces = 1_040 - growth;
        smtp().offers(planned -> planned.without(keyword)).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>{ *%d}
                S: 500 5.5.2 Command line too long
                C: MAIL FROM:<a@b.example>{ *%d}
                S: 250 2.1.0 OK
                """.formatted(spaces + 1, spaces));
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.4")
    void beforeEhloNothingIsLonger() {
        smtp().afterHelo().plays("""
                C: MAIL FROM:<a@b.example>{ *488}
                S: 500 5.5.2 Command line too long
                C: MAIL FROM:<a@b.example>{ *487}
                S: 250 2.1.0 OK
                """);
    }

    @Test
    void anEndlessLineIsAnsweredOnceAndTheSessionIsInStepBehindIt() {
        smtp().plays("""
                S: 220 ...
                C: NOOP {x*3000}
                S: 500 5.5.2 Command line too long
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    void aLineThatIsTooLongIsCalledSoWhateverComesLaterInIt() {
        smtp().plays("""
                S: 220 ...
                C: NOOP {x*600}<LF>NOOP<NUL><CR>NOOP
                S: 500 5.5.2 Command line too long
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 5321 §2.3.8")
    void aLineFeedAloneEndsNoCommand() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NOOP one<LF>NOOP two
                S: 500 5.5.2 Error: a command ends with CR LF
                C: <LF>
                S: 500 5.5.2 Error: a command ends with CR LF
                C: NOOP three<LF><LF>QUIT<LF>
                S: 500 5.5.2 Error: a command ends with CR LF
                C: NOOP four
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("CONNECT", "NOOP four");
    }

    @Test
    @Covers("RFC 5321 §2.3.8")
    void aCarriageReturnAloneEndsNoCommand() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NOOP one<CR>NOOP two
                S: 501 5.5.2 Error: control character in command
                C: NOOP three<CR>
                S: 501 5.5.2 Error: control character in command
                C: NOOP four
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("CONNECT", "NOOP four");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<NUL>", "<x01>", "<x09>", "<x0B>", "<x1B>[2J", "<x7F>", "<xC2><x80>", "<xC2><x9F>"})
    @Covers("RFC 5321 §4.1.2")
    void controlCharactersInACommandAreRefusedAndNeverEchoed(String control) {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NOOP %1$s
                S: 501 5.5.2 Error: control character in command
                C: %1$sNOOP
                S: 501 5.5.2 Error: control character in command
                C: MAIL FROM:<a%1$s@b.example>
                S: 501 5.5.2 Error: control character in command
                """.formatted(control));
        assertThat(output.questions()).containsExactly("CONNECT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<xFF>",
                "<xC3>",
                "<xC3>(",
                "<xE2><x82>",
                "<xC0><x80>",
                "<xED><xA0><x80>",
                "<xF5><x80><x80><x80>",
                "<x80>",
                "<xEF><xBF><xBD>"
            })
    @Covers("RFC 6531 §3.3")
    void malformedUtf8InACommandIsRefused(String octets) {
        smtp().afterMail("SMTPUTF8").plays("""
                C: NOOP %1$s
                S: 501 5.5.2 Error: malformed UTF-8 in command
                C: RCPT TO:<a%1$s@b.example>
                S: 501 5.5.2 Error: malformed UTF-8 in command
                """.formatted(octets));
    }

    @Test
    @Covers("RFC 5321 §4.2.4")
    void unknownCommandsAreRefusedWith500() {
        RecordingOutput output = smtp().budgets(100, 100).plays("""
                S: 220 ...
                C: NONSENSE
                S: 500 5.5.2 Error: command not recognized
                C:
                S: 500 5.5.2 Error: command not recognized
                C:  NOOP
                S: 500 5.5.2 Error: command not recognized
                C: NOOPS
                S: 500 5.5.2 Error: command not recognized
                C: MAILFROM:<a@b.example>
                S: 500 5.5.2 Error: command not recognized
                C: 12345678
                S: 500 5.5.2 Error: command not recognized
                C: ÿNOOP
                S: 500 5.5.2 Error: command not recognized
                """);
        assertThat(output.questions()).containsExactly("CONNECT");
    }

    @Test
    void whatTheClientSentIsNotInTheReply() {
        assertThat(smtp().begin().feed("SECRET word<CR><LF>").output.sent()).doesNotContain("SECRET");
    }
}
