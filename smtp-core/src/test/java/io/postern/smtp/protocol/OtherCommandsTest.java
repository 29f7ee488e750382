package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Reply;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OtherCommandsTest {

    @Test
    @Covers("RFC 5321 §4.1.1.8")
    void helpListsTheCommandsAndTellsTheSyntaxOfEach() {
        smtp().plays("""
                S: 220 ...
                C: HELP
                S: 214 2.0.0 Supported commands: AUTH BDAT DATA EHLO EXPN HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY
                C: help mail
                S: 214 2.0.0 Syntax: MAIL FROM:<address> [SP parameters]
                C: HELP LHLO
                S: 504 5.5.4 Supported commands: ...
                """);
        lmtp().plays("""
                S: 220 ...
                C: HELP
                S: 214 2.0.0 Supported commands: AUTH BDAT DATA EXPN HELP LHLO MAIL NOOP QUIT RCPT RSET STARTTLS VRFY
                """);
    }

    @Test
    @Covers({"RFC 5321 §3.5.1", "RFC 5321 §4.1.1.6", "RFC 5321 §4.1.1.7"})
    void vrfyAndExpnAskTheApplication() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: VRFY Some One
                S: 252 2.5.2 Cannot VRFY user, but will accept message and attempt delivery
                C: EXPN list
                S: 502 5.5.1 EXPN not implemented
                C: VRFY
                S: 501 5.5.4 Syntax: VRFY address
                C: EXPN
                S: 501 5.5.4 Syntax: EXPN list
                """);
        assertThat(output.questions()).containsExactly("CONNECT", "VRFY Some One", "EXPN list");
    }

    @Test
    @Covers("RFC 6531 §3.7.4.2")
    void vrfyAndExpnTakeUtf8WithTheParameterOnly() {
        RecordingOutput output = smtp().answers("VRFY", Reply.of(250, "2.1.5", "Jürgen <jürgen@b.example>"))
                .afterEhlo()
                .plays("""
                C: VRFY jürgen
                S: 553 5.6.7 ...
                C: EXPN jürgen
                S: 553 5.6.7 ...
                C: VRFY jürgen smtputf8
                S: 250 2.1.5 Jürgen <jürgen@b.example>
                C: VRFY jurgen
                S: 250 2.1.5 J?rgen <j?rgen@b.example>
                C: VRFY SMTPUTF8
                S: 250 2.1.5 ...
                """);
        assertThat(output.questions()).containsExactly("VRFY jürgen", "VRFY jurgen", "VRFY SMTPUTF8");
    }

    @Test
    @Covers("RFC 5321 §4.1.1.9")
    void noopTakesAnArgument() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NOOP  any thing<x20>
                S: 250 2.0.0 OK
                """);
        assertThat(output.questions()).containsExactly("CONNECT", "NOOP any thing");
    }

    @Test
    @Covers("RFC 5321 §2.2.2")
    void theVerbOfAnExtensionIsAQuestion() {
        EngineExtension extension = new EngineExtension(
                Optional.of(new ExtensionVerb("XFOOBARBAZ", "XFOOBARBAZ word")),
                Optional.of("X-FOO 1"),
                Set.of(),
                Set.of());
        RecordingOutput output = smtp().extension(extension)
                .answers("XFOOBARBAZ", Reply.of(250, "2.3.4", "Done"))
                .afterEhlo()
                .plays("""
                C: XfooBarBaz  Some Word
                S: 250 2.3.4 Done
                C: HELP xfoobarbaz
                S: 214 2.0.0 Syntax: XFOOBARBAZ word
                C: XFOO
                S: 500 5.5.2 ...
                """);
        assertThat(output.questions()).containsExactly("XFOOBARBAZ Some Word", "HELP xfoobarbaz");
        assertThat(smtp().extension(extension)
                        .begin()
                        .feed("EHLO c<CR><LF>")
                        .output
                        .sentLines())
                .endsWith("250 X-FOO 1");
    }
}
