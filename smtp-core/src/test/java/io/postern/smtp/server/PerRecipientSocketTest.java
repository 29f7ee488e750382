package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** Handlers that answer a message for each recipient. */
class PerRecipientSocketTest extends SocketTestBase {

    private static final String FAILED = Replies.HANDLER_FAILED.toString();
    private static final String ACCEPTED = Replies.MESSAGE_ACCEPTED.toString();
    private static final Reply FULL = Reply.of(452, "4.2.2", "Mailbox full");

    private static SmtpHandler answering(Supplier<Future<List<Reply>>> answer) {
        return new SmtpHandler() {
            @Override
            public Future<List<Reply>> handleDataPerRecipient(
                    Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(content -> {});
                return answer.get();
            }
        };
    }

    /** Answers when the body has ended. */
    private static SmtpHandler answering(Reply... replies) {
        return new SmtpHandler() {
            @Override
            public Future<List<Reply>> handleDataPerRecipient(
                    Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<List<Reply>> answer = Promise.promise();
                body.endHandler(end -> answer.complete(List.of(replies)));
                body.handler(content -> {});
                return answer.future();
            }
        };
    }

    private static SmtpServerOptions lmtp() {
        return options().setLmtp(true);
    }

    /** A client that has named two recipients. */
    private WireClient withTwoRecipients(SmtpServer server, String hello, String parameter) throws IOException {
        WireClient client = greeted(server);
        expect(client.command(hello + " client.example"), "250");
        expect(client.command("MAIL FROM:<a@client.example>" + parameter), "250");
        expect(client.command("RCPT TO:<b@mx.example>"), "250");
        expect(client.command("RCPT TO:<c@mx.example>"), "250");
        return client;
    }

    private WireClient withTwoRecipients(SmtpServer server) throws IOException {
        return withTwoRecipients(server, "LHLO", "");
    }

    /** Sends a message with DATA. @return so many replies */
    private static String[] data(WireClient client, int replies) throws IOException {
        expect(client.command("DATA"), "354");
        client.send(MESSAGE + ".\r\n");
        return replies(client, replies);
    }

    private static String[] replies(WireClient client, int count) throws IOException {
        String[] replies = new String[count];
        for (int i = 0; i < count; i++) {
            replies[i] = client.reply();
        }
        return replies;
    }

    @Test
    void eachRecipientOfLmtpHasItsReply() throws Exception {
        SmtpServer server = listen(answering(FULL, Replies.MESSAGE_ACCEPTED), lmtp());
        WireClient client = withTwoRecipients(server);
        assertThat(data(client, 2)).containsExactly(FULL.toString(), ACCEPTED);
        client = withTwoRecipients(server);
        expect(client.send("BDAT 2\r\nhe").reply(), "250 2.0.0 2 octets");
        client.send("BDAT 3 LAST\r\nllo");
        assertThat(replies(client, 2)).containsExactly(FULL.toString(), ACCEPTED);
        assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aClientThatAsksForPrdrHasAReplyForEachRecipientAndOneForAll() throws Exception {
        SmtpServer server =
                listen(answering(FULL, Replies.MESSAGE_ACCEPTED), options().setPrdr(true));
        WireClient client = withTwoRecipients(server, "EHLO", " PRDR");
        assertThat(data(client, 4))
                .containsExactly(Replies.REPLIES_FOLLOW.toString(), FULL.toString(), ACCEPTED, ACCEPTED);
        assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aHandlerThatHasOneReplyGivesItToEachRecipient() throws Exception {
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.endHandler(end -> answer.complete(FULL));
                body.handler(content -> {});
                return answer.future();
            }
        };
        String full = FULL.toString();
        assertThat(data(withTwoRecipients(listen(handler, lmtp())), 2)).containsExactly(full, full);
        WireClient client = withTwoRecipients(listen(handler, options().setPrdr(true)), "EHLO", " PRDR");
        assertThat(data(client, 4)).containsExactly(Replies.REPLIES_FOLLOW.toString(), full, full, full);
    }

    @Test
    void whatIsNotOneReplyForEachRecipientIsAFailureOfTheHandler() throws Exception {
        Reply yes = Replies.MESSAGE_ACCEPTED;
        Map<String, Supplier<Future<List<Reply>>>> broken = Map.of(
                "throws",
                () -> {
                    throw new IllegalStateException("secret of the inside");
                },
                "fails",
                () -> Future.failedFuture("secret of the inside"),
                "gives a Future of null",
                () -> Future.succeededFuture(null),
                "gives none",
                () -> Future.succeededFuture(List.of()),
                "gives too few, later",
                () -> vertx.timer(1).map(v -> List.of(yes)),
                "gives too many",
                () -> Future.succeededFuture(List.of(yes, yes, yes)),
                "gives null among them",
                () -> Future.succeededFuture(Arrays.asList(yes, null)),
                "gives 3xx among them",
                () -> Future.succeededFuture(List.of(Replies.START_DATA, yes)));
        for (var way : broken.entrySet()) {
            SmtpServer server = listen(
                    answering(() -> vertx.timer(1).compose(v -> way.getValue().get())), lmtp());
            try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
                WireClient client = withTwoRecipients(server);
                assertThat(data(client, 2)).as(way.getKey()).containsExactly(FAILED, FAILED);
                assertThat(client.command("NOOP")).as(way.getKey()).isEqualTo(Replies.OK.toString());
                assertThat(log.at(Level.SEVERE))
                        .as(way.getKey())
                        .singleElement()
                        .asString()
                        .contains("handler failed");
            }
        }
    }

    @Test
    void aHandlerThatFailsAtOnceRefusesTheMessageBeforeItIsSent() throws Exception {
        for (Supplier<Future<List<Reply>>> way :
                List.<Supplier<Future<List<Reply>>>>of(() -> null, () -> Future.succeededFuture(List.of(FULL)), () -> {
                    throw new IllegalStateException("secret of the inside");
                })) {
            try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
                WireClient client = withTwoRecipients(listen(answering(way), lmtp()));
                assertThat(client.command("DATA")).isEqualTo(FAILED);
                assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
                assertThat(log.at(Level.SEVERE)).hasSize(1);
            }
        }
    }

    @Test
    void aHandlerThatFailsIsAnsweredOnceWithPrdr() throws Exception {
        SmtpServer server = listen(
                answering(() -> vertx.timer(1).map(v -> List.of(FULL))),
                options().setPrdr(true));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = withTwoRecipients(server, "EHLO", " PRDR");
            assertThat(data(client, 1)).containsExactly(FAILED);
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
    }

    @Test
    void anSmtpExceptionIsSentForEachRecipient() throws Exception {
        SmtpServer server = listen(
                answering(() -> vertx.timer(1).compose(v -> Future.failedFuture(new SmtpException(FULL)))), lmtp());
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(data(withTwoRecipients(server), 2)).containsExactly(FULL.toString(), FULL.toString());
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aMessageThatIsNeverAnsweredIsGivenUpForEachRecipient() throws Exception {
        Promise<List<Reply>> late = Promise.promise();
        SmtpServer server = listen(answering(late::future), lmtp().setHandlerTimeout(Duration.ofMillis(500)));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = withTwoRecipients(server);
            assertThat(data(client, 2)).containsExactly(FAILED, FAILED);
            late.complete(List.of(FULL, FULL));
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aMessageIsAnsweredForEachRecipientBeforeTheServerHasShutDown() throws Exception {
        SmtpServer server = listen(answering(FULL, Replies.MESSAGE_ACCEPTED), lmtp());
        WireClient client = withTwoRecipients(server);
        expect(client.command("DATA"), "354");
        Future<Void> down = server.shutdown(Duration.ofSeconds(SECONDS));
        client.send(MESSAGE + ".\r\n");
        assertThat(client.readToEnd().lines())
                .containsExactly(FULL.toString(), ACCEPTED, Replies.SHUTTING_DOWN.toString());
        await(down);
    }
}
