package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrderOfCommandsTest {

    private static final Set<Verb> ALWAYS = EnumSet.of(
            Verb.HELO, Verb.EHLO, Verb.LHLO, Verb.RSET, Verb.NOOP, Verb.VRFY, Verb.EXPN, Verb.HELP, Verb.QUIT);

    @ParameterizedTest
    @EnumSource(Phase.class)
    @Covers("RFC 5321 §4.1.4")
    void eachPhaseAllowsTheCommandsThatItsJavadocTells(Phase phase) {
        Map<Phase, Set<Verb>> expected = new EnumMap<>(Phase.class);
        expected.put(Phase.GREETING, Set.of());
        expected.put(Phase.REFUSED, Set.of(Verb.QUIT));
        expected.put(Phase.CONNECTED, ALWAYS);
        expected.put(Phase.TLS, Set.of());
        expected.put(Phase.INSECURE, Set.of(Verb.QUIT));
        expected.put(Phase.EXCHANGE, Set.of());
        expected.put(Phase.READY, with(Verb.MAIL, Verb.STARTTLS, Verb.AUTH));
        expected.put(Phase.SENDER, with(Verb.RCPT));
        expected.put(Phase.RECIPIENTS, with(Verb.RCPT, Verb.DATA, Verb.BDAT));
        expected.put(Phase.BODY, Set.of());
        expected.put(Phase.CHUNKS, Set.of(Verb.BDAT, Verb.RSET, Verb.NOOP, Verb.QUIT));
        expected.put(Phase.CLOSED, Set.of());
        assertThat(Arrays.stream(Verb.values()).filter(phase::allows)).hasSameElementsAs(expected.get(phase));
    }

    private static Set<Verb> with(Verb... more) {
        Set<Verb> all = EnumSet.copyOf(ALWAYS);
        all.addAll(List.of(more));
        return all;
    }

    @Test
    @Covers("RFC 5321 §4.1.4")
    void mailBeforeHelloIsRefusedWith503() {
        smtp().plays("""
                S: 220 ...
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: send HELO or EHLO first
                C: RCPT TO:<a@b.example>
                S: 503 5.5.1 Error: send HELO or EHLO first
                C: DATA
                S: 503 5.5.1 Error: send HELO or EHLO first
                """);
    }

    @Test
    @Covers("RFC 5321 §4.1.4")
    void noopHelpVrfyExpnAndRsetNeedNoHello() {
        RecordingOutput output = smtp().plays("""
                S: 220 ...
                C: NOOP
                S: 250 2.0.0 OK
                C: HELP NOOP
                S: 214 2.0.0 Syntax: NOOP [ignored]
                C: VRFY someone
                S: 252 2.5.2 ...
                C: EXPN list
                S: 502 5.5.1 ...
                C: RSET
                S: 250 2.0.0 OK
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: send HELO or EHLO first
                """);
        assertThat(output.questions())
                .containsExactly("CONNECT", "NOOP ", "HELP NOOP", "VRFY someone", "EXPN list", "RSET");
    }

    @Test
    @Covers({"RFC 5321 §3.3", "RFC 5321 §4.1.4"})
    void eachStepOfATransactionNeedsTheOneBeforeIt() {
        smtp().afterEhlo().plays("""
                C: RCPT TO:<a@b.example>
                S: 503 5.5.1 Error: need MAIL command
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: nested MAIL command
                C: DATA
                S: 503 5.5.1 Error: need RCPT command
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: nested MAIL command
                C: DATA
                S: 354 End data with <CR><LF>.<CR><LF>
                C: .
                S: 250 2.6.0 Message accepted for delivery
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                """);
    }

    @Test
    @Covers({"RFC 5321 §3.3", "RFC 5321 §4.1.1.3"})
    void whatIsRefusedIsNotRecorded() {
        RecordingOutput output = smtp().answers("MAIL <bad@client.example> ", Reply.of(550, "5.7.1", "No"))
                .answers("RCPT <bad@postern.example> ", Reply.of(450, "4.2.1", "Later"))
                .afterEhlo()
                .plays("""
                C: MAIL FROM:<bad@client.example>
                S: 550 5.7.1 No
                C: RCPT TO:<a@b.example>
                S: 503 5.5.1 Error: need MAIL command
                C: MAIL FROM:<good@client.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<bad@postern.example>
                S: 450 4.2.1 Later
                C: DATA
                S: 503 5.5.1 Error: need RCPT command
                C: RCPT TO:<good@postern.example>
                S: 250 2.1.5 OK
                C: RCPT TO:<bad@postern.example>
                S: 450 4.2.1 Later
                C: DATA
                S: 354 ...
                C: hello
                C: .
                S: 250 2.6.0 ...
                """);
        Envelope envelope = output.envelopes().get(0);
        assertThat(envelope.mailFrom()).isEqualTo("good@client.example");
        assertThat(envelope.rcptTos()).containsExactly("good@postern.example");
        assertThat(output.messages()).containsExactly("hello\r\n");
    }

    @Test
    void eachTransactionHasAnEnvelopeOfItsOwn() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: DATA
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                C: MAIL FROM:<>
                S: 250 2.1.0 OK
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                """);
        assertThat(output.envelopes()).hasSize(2);
        assertThat(output.envelopes().get(0).rcptTos()).containsExactly("one@postern.example");
        assertThat(output.envelopes().get(1).rcptTos()).containsExactly("two@postern.example");
    }

    @Test
    @Covers("RFC 5321 §4.1.1.5")
    void rsetEndsTheTransactionButKeepsTheHello() {
        smtp().afterRcpt().plays("""
                C: RSET
                S: 250 2.0.0 OK
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                C: MAIL FROM:<a@b.example> SIZE=10
                S: 250 2.1.0 OK
                """);
    }

    @Test
    @Covers({"RFC 5321 §4.1.1.4", "RFC 5321 §4.1.1.5", "RFC 5321 §4.1.1.10"})
    void commandsWithoutParametersTakeNone() {
        smtp().afterRcpt().plays("""
                C: RSET now
                S: 501 5.5.4 Syntax: RSET
                C: QUIT now
                S: 501 5.5.4 Syntax: QUIT
                C: DATA now
                S: 501 5.5.4 Syntax: DATA
                C: DATA<x20>
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                """);
    }

    @Test
    @Covers("RFC 5321 §4.1.1.10")
    void quitClosesAndNothingBehindItIsRead() {
        RecordingOutput output = smtp().afterRcpt().plays("""
                C: QUIT
                C: NOOP
                S: 221 2.0.0 Bye
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).containsExactly("QUIT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL", "RCPT", "NOOP", "VRFY x", "RSET", "QUIT"})
    @Covers("RFC 5321 §3.8")
    void anAnswerOf421ClosesTheConnection(String command) {
        String line = command.equals("MAIL")
                ? "MAIL FROM:<a@b.example>"
                : command.equals("RCPT") ? "RCPT TO:<a@b.example>" : command;
        EngineHarness harness = smtp().answers(command.split(" ")[0], Replies.SHUTTING_DOWN);
        if (command.equals("RCPT")) {
            harness.afterMail();
        } else {
            harness.afterEhlo();
        }
        RecordingOutput output = harness.plays("C: " + line + """

                C: NOOP
                S: 421 4.3.2 Service shutting down, closing connection
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    @Covers("RFC 2920 §3.1")
    void repliesOfOneRunAreSentTogether() {
        EngineHarness.Run run = smtp().afterEhlo().begin();
        run.feed("MAIL FROM:<a@b.example><CR><LF>RCPT TO:<a@b.example><CR><LF>NOOP<CR><LF>DATA<CR><LF>");
        assertThat(run.output.sentLines()).hasSize(4);
        assertThat(run.output.sends()).isOne();
    }

    @Test
    @Covers("RFC 2920 §3.1")
    void aPipelinedTransactionIsAnsweredInOrder() {
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<a@b.example>
                C: RCPT TO:<c@d.example>
                C: DATA
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                S: 250 2.1.5 OK
                S: 354 ...
                C: hello
                C: .
                C: RSET
                C: QUIT
                S: 250 2.6.0 ...
                S: 250 2.0.0 OK
                S: 221 2.0.0 Bye
                """);
        assertThat(output.messages()).containsExactly("hello\r\n");
    }
}
