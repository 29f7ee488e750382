package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import org.junit.jupiter.api.Test;

class LmtpTest {

    @Test
    @Covers("RFC 2033 §4.2")
    void aMessageIsAnsweredOnceForEachRecipientThatWasAccepted() {
        lmtp().answers("RCPT <bad@postern.example> ", Reply.of(550, "5.1.1", "No such user"))
                .afterRcpt()
                .plays("""
                C: RCPT TO:<bad@postern.example>
                S: 550 5.1.1 No such user
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: hello
                C: .
                S: 250 2.6.0 Message accepted for delivery
                S: 250 2.6.0 Message accepted for delivery
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void aMessageByBdatIsAnsweredOnceForEachRecipientAndOtherChunksOnce() {
        lmtp().afterRcpt().plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 3 LAST
                c: def
                S: 250 2.6.0 ...
                S: 250 2.6.0 ...
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void aMessageThatIsWrongIsRefusedForEachRecipient() {
        lmtp().messageSize(5).afterRcpt().plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: hello
                C: .
                S: 552 5.3.4 ...
                S: 552 5.3.4 ...
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void dataThatIsRefusedBeforeTheMessageHasOneReply() {
        lmtp().answers("DATA", Reply.of(451, "4.3.0", "Not now")).afterRcpt().plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 451 4.3.0 Not now
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void dataWithoutRecipientsIsRefusedWith503() {
        lmtp().afterMail().plays("""
                C: DATA
                S: 503 5.5.1 Error: need RCPT command
                """);
    }

    @Test
    void a421IsSaidForEachRecipientBeforeTheConnectionCloses() {
        RecordingOutput output =
                lmtp().answers("MESSAGE", Replies.SHUTTING_DOWN).afterRcpt().plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: .
                S: 421 4.3.2 ...
                S: 421 4.3.2 ...
                """);
        assertThat(output.isClosed()).isTrue();
    }
}
