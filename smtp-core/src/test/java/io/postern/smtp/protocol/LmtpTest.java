package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    private static EngineHarness withTwoRecipients(Reply... answers) {
        return lmtp().answersEach(answers).afterRcpt().andRcpt();
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void eachRecipientHasTheReplyThatTheApplicationGivesIt() {
        RecordingOutput output = withTwoRecipients(Reply.of(452, "4.2.2", "Mailbox full"), Replies.MESSAGE_ACCEPTED)
                .plays("""
                C: DATA
                S: 354 ...
                C: hello
                C: .
                C: NOOP
                S: 452 4.2.2 Mailbox full
                S: 250 2.6.0 ...
                S: 250 2.0.0 OK
                """);
        assertThat(output.messages()).containsExactly("hello\r\n");
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void eachRecipientHasItsReplyAfterTheLastChunkToo() {
        withTwoRecipients(Replies.MESSAGE_ACCEPTED, Reply.of(550, "5.7.1", "Spam"))
                .plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 3 LAST
                c: def
                C: NOOP
                S: 250 2.6.0 ...
                S: 550 5.7.1 Spam
                S: 250 2.0.0 OK
                """);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void earlyAnswersAreGivenAfterTheEndOfTheMessage(int after) {
        withTwoRecipients(Reply.of(550, "5.7.1", "Spam"), Replies.MESSAGE_ACCEPTED)
                .answersMessageAfter(after)
                .plays("""
                C: DATA
                S: 354 ...
                C: 0123456789
                C: .
                S: 550 5.7.1 Spam
                S: 250 2.6.0 ...
                """);
        withTwoRecipients(Reply.of(550, "5.7.1", "Spam"), Replies.MESSAGE_ACCEPTED)
                .answersMessageAfter(after)
                .plays("""
                C: BDAT 6
                c: abcdef
                S: 250 2.0.0 6 octets received
                C: BDAT 0 LAST
                S: 550 5.7.1 Spam
                S: 250 2.6.0 ...
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void dataThatIsRefusedForAllBeforeTheMessageHasOneReplyWhichLetsTheClientTryAgain() {
        withTwoRecipients(Reply.of(550, "5.7.1", "Spam"), Reply.of(452, "4.2.2", "Mailbox full"))
                .answersMessageAfter(0)
                .plays("""
                C: DATA
                S: 452 4.2.2 Mailbox full
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("RFC 3030 §2")
    void aMessageThatIsRefusedForAllBetweenItsChunksHasOneReply() {
        withTwoRecipients(Reply.of(550, "5.7.1", "Spam"), Reply.of(550, "5.2.2", "Mailbox full"))
                .answersMessageAfter(0)
                .plays("""
                C: BDAT 3
                c: abc
                S: 550 5.7.1 Spam
                C: BDAT 3 LAST
                c: def
                S: 503 5.5.1 ...
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void whatIsWrongWithAMessageIsToldForEachRecipientWhateverTheApplicationSays() {
        for (int after : new int[] {-1, 0}) {
            withTwoRecipients(Reply.of(550, "5.7.1", "Spam"), Replies.MESSAGE_ACCEPTED)
                    .answersMessageAfter(after)
                    .plays("""
                    C: BDAT 3 LAST
                    c: a<LF>b
                    S: 554 5.6.0 ...
                    S: 554 5.6.0 ...
                    """);
        }
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void a421AmongTheRepliesClosesTheConnectionWhenAllOfThemAreSaid() {
        RecordingOutput output = withTwoRecipients(Replies.SHUTTING_DOWN, Replies.MESSAGE_ACCEPTED)
                .plays("""
                C: DATA
                S: 354 ...
                C: .
                C: NOOP
                S: 421 4.3.2 ...
                S: 250 2.6.0 ...
                """);
        assertThat(output.isClosed()).isTrue();
        output = withTwoRecipients(Reply.of(451, "4.3.0", "Not now"), Replies.SHUTTING_DOWN)
                .answersMessageAfter(0)
                .plays("""
                C: DATA
                C: NOOP
                S: 421 4.3.2 ...
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    void aMessageIsAnsweredForEachRecipientBeforeAServerStops() {
        withTwoRecipients(Replies.MESSAGE_ACCEPTED, Reply.of(550, "5.7.1", "Spam"))
                .plays("""
                C: DATA
                S: 354 ...
                C: hello
                ! stop
                C: .
                S: 250 2.6.0 ...
                S: 550 5.7.1 Spam
                S: 421 4.3.2 ...
                """);
    }

    @Test
    void aMessageThatIsForgottenInTheGraceTimeIsAnsweredOnce() {
        EngineHarness.Run run = withTwoRecipients().begin(true);
        run.feed("DATA<CR><LF>");
        run.output.forget();
        run.deliver("hello<CR><LF>.<CR><LF>");
        run.engine.terminate(Replies.SHUTTING_DOWN);
        assertThat(run.output.sentLines()).containsExactly(Replies.SHUTTING_DOWN.toString());
        assertThat(run.output.failures()).isOne();
    }

    @Test
    void aMessageThatIsAcceptedForOneMakesUpForMistakes() {
        String mistakes = """
                C: NOOP<NUL>
                C: NOOP<NUL>
                S: 501 5.5.2 ...
                S: 501 5.5.2 ...
                """;
        String message = """
                C: DATA
                S: 354 ...
                C: .
                S: 550 5.7.1 Spam
                S: %s
                """;
        Reply spam = Reply.of(550, "5.7.1", "Spam");
        withTwoRecipients(spam, Replies.MESSAGE_ACCEPTED)
                .budgets(5, 4)
                .plays(mistakes + message.formatted("250 2.6.0 ...") + mistakes);
        withTwoRecipients(spam, spam).budgets(5, 3).plays(mistakes + message.formatted("550 5.7.1 ...") + """
                C: NOOP<NUL>
                S: 421 4.7.0 ...
                """);
    }

    @Test
    void theNumberOfRepliesMustBeThatOfTheRecipients() {
        EngineHarness.Run run = withTwoRecipients().begin(true);
        run.feed("DATA<CR><LF>");
        List<Reply> three = List.of(Replies.OK, Replies.OK, Replies.OK);
        assertThatThrownBy(() -> run.engine.bodyAnswer(three)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> run.engine.bodyAnswer(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> run.engine.bodyAnswer(List.of(Replies.OK, Replies.START_DATA)))
                .isInstanceOf(IllegalArgumentException.class);
        EngineHarness.Run smtp = EngineHarness.smtp().afterRcpt().andRcpt().begin(true);
        smtp.feed("DATA<CR><LF>");
        assertThatThrownBy(() -> smtp.engine.bodyAnswer(List.of(Replies.OK, Replies.OK)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
