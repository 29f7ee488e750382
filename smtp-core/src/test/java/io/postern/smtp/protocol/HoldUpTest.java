package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Reply;
import org.junit.jupiter.api.Test;

/** What a driver may do about a step that a session is about to take. */
class HoldUpTest {

    private static final Reply LATER = Reply.of(451, "4.3.0", "later");

    @Test
    void aStepThatWaitedIsTakenAsIfItHadNot() {
        RecordingOutput output = smtp().holdsUp("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "MESSAGE", "ANSWER")
                .afterEhlo()
                .plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: hi
                C: .
                S: 250 ...
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                C: BDAT 4 LAST
                C: hi
                S: 250 ...
                C: RCPT TO:<c@d.example>
                S: 503 ...
                """);
        assertThat(output.messages()).containsExactly("hi\r\n", "hi\r\n");
        // what is out of order is no step
        assertThat(output.questions()).filteredOn("HELD UP RCPT"::equals).hasSize(2);
    }

    @Test
    void aReplyTakesThePlaceOfAStepAndLeavesTheStateAsItWas() {
        RecordingOutput output = smtp().replaces("DATA", LATER)
                .replaces("BDAT", LATER)
                .replaces("VRFY", LATER)
                .replaces("XFOO", LATER)
                .afterEhlo()
                .plays("""
                C: VRFY c
                S: 451 4.3.0 later
                C: XFOO c
                S: 451 4.3.0 later
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                C: DATA
                S: 451 4.3.0 later
                C: BDAT 6 LAST
                C: NOOP
                S: 451 4.3.0 later
                C: RSET
                S: 250 2.0.0 OK
                """);
        assertThat(output.messages()).isEmpty();
    }

    @Test
    void aMessageThatIsRefusedAtItsEndIsNotWholeForTheApplication() {
        RecordingOutput output = lmtp().replaces("MESSAGE", LATER).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                C: RCPT TO:<e@f.example>
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: hi
                C: .
                S: 451 4.3.0 later
                S: 451 4.3.0 later
                C: NOOP
                S: 250 2.0.0 OK
                """);
        assertThat(output.messages()).isEmpty();
    }

    @Test
    void anAnswerThatIsReplacedDoesNotChangeWhatWasAnswered() {
        RecordingOutput output = smtp().replaces("ANSWER", LATER).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                S: 250 2.1.0 OK
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: hi
                C: .
                S: 451 4.3.0 later
                """);
        assertThat(output.messages()).containsExactly("hi\r\n");
    }

    @Test
    void a421InThePlaceOfAStepEndsTheSession() {
        RecordingOutput output = smtp().replaces("MAIL", Reply.of(421, "4.3.2", "going away"))
                .afterEhlo()
                .plays("""
                C: MAIL FROM:<a@b.example>
                S: 421 4.3.2 going away
                """);
        assertThat(output.isClosed()).isTrue();
        output = smtp().replaces("QUIT", LATER).afterEhlo().plays("""
                C: QUIT
                S: 451 4.3.0 later
                """);
        assertThat(output.isClosed()).isTrue();
    }
}
