package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A reply for each recipient in SMTP, as draft-hall-prdr-00 and Exim have it. */
class PrdrTest {

    private static final Reply FULL = Reply.of(452, "4.2.2", "Mailbox full");
    private static final Reply SPAM = Reply.of(550, "5.7.1", "Spam");

    /** The client has asked for PRDR and named two recipients. */
    private static EngineHarness asked(Reply... answers) {
        return smtp().prdr().answersEach(answers).afterRcpt("PRDR").andRcpt();
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.1")
    void itIsOfferedWhereItIsSwitchedOn() {
        RecordingOutput output = smtp().prdr().begin().feed("EHLO c<CR><LF>").output;
        assertThat(output.sentLines()).contains("250-PRDR");
        output = smtp().begin().feed("EHLO c<CR><LF>").output;
        assertThat(output.sentLines()).noneMatch(line -> line.contains("PRDR"));
        output = lmtp().prdr().begin().feed("LHLO c<CR><LF>").output;
        assertThat(output.sentLines()).noneMatch(line -> line.contains("PRDR"));
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.2")
    void theParameterIsKnownWhereItIsOfferedAndTakesNoValue() {
        RecordingOutput output = smtp().prdr().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> PRDR=1
                S: 501 5.5.4 ...
                C: MAIL FROM:<a@b.example> PRDR PRDR
                S: 501 5.5.4 ...
                C: MAIL FROM:<a@b.example> prdr SIZE=10
                S: 250 2.1.0 OK
                """);
        assertThat(output.sender().parameters().prdr()).isTrue();
        for (EngineHarness without : new EngineHarness[] {
            smtp().afterEhlo(),
            smtp().prdr().afterHelo(),
            lmtp().prdr().afterEhlo(),
            smtp().prdr().offers(planned -> planned.without("PRDR")).afterEhlo()
        }) {
            without.plays("""
                    C: MAIL FROM:<a@b.example> PRDR
                    S: 555 5.5.4 ...
                    """);
        }
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.5")
    void eachRecipientHasAReplyAndAtLastTheMessage() {
        asked(Replies.MESSAGE_ACCEPTED, FULL).plays("""
                C: DATA
                S: 354 ...
                C: hello
                C: .
                C: NOOP
                S: 353 A reply for each recipient follows
                S: 250 2.6.0 ...
                S: 452 4.2.2 Mailbox full
                S: 250 2.6.0 ...
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.5")
    void theLastChunkIsAnsweredInTheSameWayAndOthersOnce() {
        asked(SPAM, Replies.MESSAGE_ACCEPTED).plays("""
                C: BDAT 3
                c: abc
                S: 250 2.0.0 3 octets received
                C: BDAT 3 LAST
                c: def
                C: NOOP
                S: 353 ...
                S: 550 5.7.1 Spam
                S: 250 2.6.0 ...
                S: 250 2.6.0 ...
                S: 250 2.0.0 OK
                """);
    }

    // a client that reads 5xx at last gives up for all recipients, those with 4xx among them
    @ParameterizedTest
    @CsvSource({"450, 550, 450", "550, 450, 450", "550, 554, 550", "550, 251, 251"})
    @Covers("draft-hall-prdr-00 §4.5")
    void theLastReplyTakesNothingFromARecipient(int first, int second, int last) {
        asked(Reply.of(first, "one"), Reply.of(second, "two")).plays("""
                C: DATA
                S: 354 ...
                C: .
                S: 353 ...
                S: %d ...
                S: %d ...
                S: %d ...
                """.formatted(first, second, last));
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.5")
    void aMessageThatIsAnsweredAsAWholeHasOneReply() {
        asked().answers("MESSAGE", FULL).plays("""
                C: DATA
                S: 354 ...
                C: .
                S: 452 4.2.2 Mailbox full
                """);
        asked(Replies.MESSAGE_ACCEPTED, FULL).messageSize(3).plays("""
                C: BDAT 4 LAST
                c: 0123
                S: 552 5.3.4 ...
                """);
        asked().answers("DATA", FULL).plays("""
                C: DATA
                S: 452 4.2.2 Mailbox full
                C: NOOP
                S: 250 2.0.0 OK
                """);
        asked(SPAM, FULL).answersMessageAfter(0).plays("""
                C: BDAT 2
                c: ab
                S: 452 4.2.2 Mailbox full
                C: NOOP
                S: 250 2.0.0 OK
                """);
    }

    @Test
    @Covers("draft-hall-prdr-00 §4.5")
    void aSingleRecipientHasTheOneReply() {
        smtp().prdr()
                .answersEach(FULL)
                .answers("RCPT <two@postern.example> ", SPAM)
                .afterRcpt("PRDR")
                .andRcpt()
                .plays("""
                C: DATA
                S: 354 ...
                C: .
                S: 452 4.2.2 Mailbox full
                """);
    }

    @Test
    void whoHasNotAskedForItHasOneReply() {
        smtp().prdr().answersEach(FULL, SPAM).afterRcpt().andRcpt().plays("""
                C: DATA
                S: 354 ...
                C: .
                S: 250 2.6.0 ...
                """);
    }

    @Test
    void theNextMessageHasToAskAgain() {
        asked(FULL, Replies.MESSAGE_ACCEPTED).plays("""
                C: BDAT 0 LAST
                S: 353 ...
                S: 452 4.2.2 ...
                S: 250 2.6.0 ...
                S: 250 2.6.0 ...
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<one@b.example>
                S: 250 2.1.5 OK
                C: RCPT TO:<two@b.example>
                S: 250 2.1.5 OK
                C: BDAT 0 LAST
                S: 250 2.6.0 ...
                """);
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void a421AmongTheRepliesClosesTheConnectionWhenAllOfThemAreSaid() {
        RecordingOutput output =
                asked(Replies.SHUTTING_DOWN, Replies.MESSAGE_ACCEPTED).plays("""
                C: DATA
                S: 354 ...
                C: .
                C: NOOP
                S: 353 ...
                S: 421 4.3.2 ...
                S: 250 2.6.0 ...
                S: 250 2.6.0 ...
                """);
        assertThat(output.isClosed()).isTrue();
    }
}
