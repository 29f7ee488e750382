package io.postern.smtp.handlers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.testkit.SmtpHandlerTester;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class MessageHandlerTest {

    private static final String ACCEPTED = Replies.MESSAGE_ACCEPTED.toString();

    /** Keeps the messages it gets and answers what it is told to. */
    private static final class Inbox extends MessageHandler {

        final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
        final BlockingQueue<Boolean> onOwnContext = new LinkedBlockingQueue<>();
        private final Function<Message, Future<Reply>> answer;

        Inbox() {
            this(DEFAULT_MAX_MESSAGE_SIZE);
        }

        Inbox(int maxMessageSize) {
            super(maxMessageSize);
            this.answer = message -> Future.succeededFuture(Replies.MESSAGE_ACCEPTED);
        }

        Inbox(Function<Message, Future<Reply>> answer) {
            this.answer = answer;
        }

        @Override
        protected Future<Reply> handleMessage(Session session, Message message) {
            Context current = Vertx.currentContext();
            onOwnContext.add(session.context().equals(current));
            messages.add(message);
            return answer.apply(message);
        }

        Message take() throws InterruptedException {
            Message message = messages.poll(30, TimeUnit.SECONDS);
            assertThat(message).isNotNull();
            return message;
        }
    }

    @Test
    void aMessageComesWholeWithItsEnvelopeAndItsExactBytes() throws InterruptedException {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            client.begin(" BODY=8BITMIME", "<a@example.org>", "<b@example.org>");
            client.send("Subject: x\r\n\r\n..dot\r\n\u00fc\t\r\n");
            assertThat(client.say(".")).isEqualTo(ACCEPTED);

            Message message = inbox.take();
            assertThat(message.content().toString()).isEqualTo("Subject: x\r\n\r\n.dot\r\n\u00fc\t\r\n");
            assertThat(message.envelope().mailFrom()).isEqualTo("from@example.org");
            assertThat(message.envelope().mailOptions()).containsExactly("BODY=8BITMIME");
            assertThat(message.envelope().rcptTos()).isEqualTo(List.of("a@example.org", "b@example.org"));
            assertThat(message.peer().port()).isEqualTo(tester.session().peer().port());
            assertThat(inbox.onOwnContext.take()).isTrue();
        }
    }

    @Test
    void aMessageThatComesByteByByteIsTheSame() throws InterruptedException {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            client.begin("", "<to@example.org>");
            for (char c : "a\r\n..b\r\n.\r\n".toCharArray()) {
                client.wire().send(new byte[] {(byte) c});
            }
            assertThat(client.reply()).isEqualTo(ACCEPTED);
            assertThat(inbox.take().content().toString()).isEqualTo("a\r\n.b\r\n");
        }
    }

    @Test
    void anEmptyMessageHasNoContent() throws InterruptedException {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            client.message("");
            assertThat(inbox.take().content().length()).isZero();
        }
    }

    @Test
    void messagesOfOneSessionDoNotShareEnvelopeOrContent() throws InterruptedException {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            client.begin("", "<a@example.org>");
            client.finish("one\n");
            client.begin("", "<b@example.org>");
            client.finish("two\n");
            Message first = inbox.take();
            assertThat(first.envelope().rcptTos()).containsExactly("a@example.org");
            assertThat(first.content().toString()).isEqualTo("one\r\n");
            assertThat(inbox.take().envelope().rcptTos()).containsExactly("b@example.org");
        }
    }

    // a read of the network is up to 64 KiB large, and a slice of it keeps all of it
    @Test
    void aSmallMessageDoesNotKeepTheReadThatItCameIn() throws InterruptedException {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            client.begin("", "<to@example.org>");
            client.send("tiny\r\n.\r\n" + "NOOP\r\n".repeat(1_000));
            assertThat(client.reply()).isEqualTo(ACCEPTED);
            ByteBuf kept = ((BufferInternal) inbox.take().content()).getByteBuf();
            assertThat(kept.hasArray()).isTrue();
            assertThat(kept.array().length).isLessThanOrEqualTo(256);
        }
    }

    @Test
    void aMessageAsLargeAsTheBoundIsTaken() throws InterruptedException {
        Inbox inbox = new Inbox(1_000);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x".repeat(98) + "\n" + ("x".repeat(98) + "\n").repeat(9)))
                    .isEqualTo(ACCEPTED);
            assertThat(inbox.take().content().length()).isEqualTo(1_000);
        }
    }

    @Test
    void aMessageOverTheBoundIsRefusedWith552WhereTheServerHasNone() {
        Inbox inbox = new Inbox(1_000);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                        inbox, TestSmtpServer.defaultOptions().setDataSizeLimit(0));
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x\n" + ("x".repeat(98) + "\n").repeat(10)))
                    .isEqualTo(Replies.TOO_MUCH_DATA.toString());
            assertThat(inbox.messages).isEmpty();
            assertThat(client.message("small\n")).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void aDeclaredSizeOverTheBoundIsRefusedBeforeTheMessageIsSent() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new Inbox(1_000));
                WireClient client = new WireClient(tester)) {
            client.say("MAIL FROM:<from@example.org> SIZE=1001");
            client.say("RCPT TO:<to@example.org>");
            assertThat(client.say("DATA")).isEqualTo(Replies.SIZE_TOO_LARGE.toString());
        }
    }

    @Test
    void theAnswerIsTheHandlers() {
        Inbox inbox = new Inbox(message -> Future.failedFuture(new SmtpException(554, "5.7.1", "no spam")));
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x\n")).isEqualTo("554 5.7.1 no spam");
        }
    }

    @Test
    void aHandlerThatThrowsIsAnswered451() {
        Inbox inbox = new Inbox(message -> {
            throw new IllegalStateException("broken");
        });
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox);
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x\n")).isEqualTo(Replies.HANDLER_FAILED.toString());
        }
    }

    @Test
    void aMessageThatIsCutOffIsNotHandled() {
        Inbox inbox = new Inbox();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(inbox)) {
            try (WireClient client = new WireClient(tester)) {
                client.begin("", "<to@example.org>");
                client.send("half a message\r\n");
            }
            assertThat(inbox.messages).isEmpty();
        }
    }

    @Test
    void aBoundBelowOneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Inbox(0))
                .withMessage("maxMessageSize is 0; allowed is 1 or more");
    }

    @Test
    void aHandlerThatGivesNothingHasFailed() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new Inbox(message -> null));
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("hello\n")).isEqualTo(Replies.HANDLER_FAILED.toString());
        }
    }
}
