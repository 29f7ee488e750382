package io.postern.smtp.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** LMTP (RFC 2033) over TCP and over a Unix socket. */
@ParameterizedClass(name = "Unix socket: {0}")
@ValueSource(booleans = {false, true})
@Timeout(60)
class LmtpServerTest {

    private static final String UNKNOWN_COMMAND = Replies.UNKNOWN_COMMAND.toString();
    private static final String ACCEPTED = Replies.MESSAGE_ACCEPTED.toString();

    private static final Reply FULL = Reply.of(452, "4.2.2", "mailbox full");
    private static final Reply SPAM = Reply.of(550, "5.7.1", "spam");

    @Parameter
    boolean unixSocket;

    @TempDir
    Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final SmtpHandler handler = new KnowsNoNobody();

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    @Test
    void lhloIsAnsweredAsEhloIsInSmtp() throws Exception {
        try (Client client = connect()) {
            assertThat(client.ask("LHLO client.example.org"))
                    .startsWith("250-store.example.org")
                    // RFC 2033 §5 asks for the first two
                    .contains("250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME", "250-CHUNKING");
        }
    }

    @Test
    void heloAndEhloAreNotKnown() throws Exception {
        try (Client client = connect()) {
            assertThat(client.ask("HELO client.example.org")).containsExactly(UNKNOWN_COMMAND);
            assertThat(client.ask("EHLO client.example.org")).containsExactly(UNKNOWN_COMMAND);
            assertThat(client.ask("MAIL FROM:<a@example.org>")).containsExactly(Replies.SEND_LHLO_FIRST.toString());
        }
    }

    @Test
    void dataIsAnsweredForEachRecipient() throws Exception {
        try (Client client = recipients("bart@example.org", "carl@example.org")) {
            assertThat(client.ask("DATA")).containsExactly(Replies.START_DATA.toString());
            client.send("Hi!\r\n.\r\nNOOP\r\n");
            assertThat(client.lines(3)).containsExactly(ACCEPTED, ACCEPTED, "250 2.0.0 OK");
        }
        assertThat(messages).containsExactly("bart@example.org carl@example.org: Hi!\r\n");
    }

    @Test
    void theLastBdatIsAnsweredForEachRecipientAndOthersOnce() throws Exception {
        try (Client client = recipients("bart@example.org", "carl@example.org")) {
            client.send("BDAT 4\r\nHi \r").send("BDAT 2 LAST\r\n\nxNOOP\r\n");
            List<String> replies = client.lines(4);
            assertThat(replies.get(0)).startsWith("250 2.0.0 4 octets");
            assertThat(replies.subList(1, 4)).containsExactly(ACCEPTED, ACCEPTED, "250 2.0.0 OK");
        }
        assertThat(messages).containsExactly("bart@example.org carl@example.org: Hi \r\nx");
    }

    @Test
    void aRefusedRecipientHasNoReplyToTheMessage() throws Exception {
        try (Client client = recipients("bart@example.org", "nobody@example.org", "carl@example.org")) {
            client.send("BDAT 4 LAST\r\nHi\r\nNOOP\r\n");
            assertThat(client.lines(3)).containsExactly(ACCEPTED, ACCEPTED, "250 2.0.0 OK");
        }
    }

    @Test
    void dataWithoutAnyAcceptedRecipientIsRefusedOnce() throws Exception {
        try (Client client = recipients("nobody@example.org")) {
            client.send("DATA\r\nNOOP\r\n");
            assertThat(client.lines(2)).containsExactly(Replies.NEED_RCPT.toString(), "250 2.0.0 OK");
        }
    }

    @Test
    void aFaultOfTheHandlerIsToldForEachRecipient() throws Exception {
        SmtpHandler faulty = new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(content -> {
                    throw new UnsupportedOperationException("a fault that a test makes");
                });
                return Future.future(never -> {});
            }
        };
        try (Client client = greeted(LmtpServer.create(vertx, () -> faulty, options()))) {
            recipients(client, "bart@example.org", "carl@example.org");
            assertThat(client.ask("DATA")).containsExactly(Replies.START_DATA.toString());
            client.send("Hi!\r\n.\r\n");
            String failed = Replies.HANDLER_FAILED.toString();
            assertThat(client.lines(2)).containsExactly(failed, failed);
        }
    }

    @Test
    void aVerticleSpeaksLmtpWhateverItsConfigurationSays() throws Exception {
        LmtpServerVerticle verticle = new LmtpServerVerticle(handler, options());
        await(vertx.deployVerticle(
                verticle,
                new DeploymentOptions()
                        .setConfig(new JsonObject().put("lmtp", false).put("ident", "LMTP configured"))));
        try (Client client = new Client(address(verticle.server()))) {
            assertThat(client.lines(1)).containsExactly("220 store.example.org LMTP configured");
            assertThat(client.ask("EHLO client.example.org")).containsExactly(UNKNOWN_COMMAND);
            assertThat(client.ask("LHLO client.example.org")).startsWith("250-store.example.org");
        }
    }

    @Test
    void theOptionsOfTheCallerStayAsTheyAre() {
        SmtpServerOptions options = options();
        LmtpServer.create(vertx, handler, options);
        assertThat(options.isLmtp()).isFalse();
    }

    @Test
    void theMessageFailsForSomeAndIsDeliveredToOthers() throws Exception {
        try (Client client = greeted(LmtpServer.create(vertx, new Mailboxes(), options()))) {
            recipients(client, "full@example.org", "bart@example.org", "strict@example.org");
            assertThat(client.ask("DATA")).containsExactly(Replies.START_DATA.toString());
            client.send("Hi!\r\n.\r\nNOOP\r\n");
            assertThat(client.lines(4)).containsExactly(FULL.toString(), ACCEPTED, SPAM.toString(), "250 2.0.0 OK");
            recipients(client, "bart@example.org", "full@example.org");
            client.send("BDAT 2\r\nHi").send("BDAT 2 LAST\r\n\r\nNOOP\r\n");
            assertThat(client.lines(4).subList(1, 4)).containsExactly(ACCEPTED, FULL.toString(), "250 2.0.0 OK");
        }
        assertThat(messages).containsExactly("bart@example.org: Hi!\r\n", "bart@example.org: Hi\r\n");
    }

    @Test
    void theMessageFailsForAll() throws Exception {
        try (Client client = greeted(LmtpServer.create(vertx, new Mailboxes(), options()))) {
            recipients(client, "full@example.org", "strict@example.org");
            client.send("BDAT 4 LAST\r\nHi\r\nNOOP\r\n");
            assertThat(client.lines(3)).containsExactly(FULL.toString(), SPAM.toString(), "250 2.0.0 OK");
        }
        assertThat(messages).isEmpty();
    }

    @Test
    void inSmtpAnLmtpHandlerGivesTheWorstOfItsReplies() throws Exception {
        SmtpServer server = SmtpServer.create(vertx, new Mailboxes(), options());
        await(server.listen());
        try (Client client = new Client(address(server))) {
            client.lines(1);
            client.ask("EHLO client.example.org");
            assertThat(answerTo(client, "bart@example.org")).isEqualTo(ACCEPTED);
            assertThat(answerTo(client, "bart@example.org", "strict@example.org"))
                    .isEqualTo(SPAM.toString());
            assertThat(answerTo(client, "strict@example.org", "full@example.org", "bart@example.org"))
                    .isEqualTo(FULL.toString());
        }
    }

    @Test
    void inSmtpAnLmtpHandlerWithoutAReplyForEachHasFailed() throws Exception {
        for (List<Reply> replies : List.of(
                List.<Reply>of(), List.of(FULL), List.of(SPAM, Replies.START_DATA), List.of(SPAM, SPAM, SPAM))) {
            LmtpHandler broken = (session, envelope, body) -> Future.succeededFuture(replies);
            SmtpServer server = SmtpServer.create(vertx, broken, options());
            await(server.listen());
            try (Client client = new Client(address(server))) {
                client.lines(1);
                client.ask("EHLO client.example.org");
                envelope(client, "bart@example.org", "carl@example.org");
                assertThat(client.ask("DATA")).containsExactly(Replies.HANDLER_FAILED.toString());
            }
            await(server.close());
        }
    }

    /** Sends a message. @return the reply to it */
    private static String answerTo(Client client, String... recipients) throws IOException {
        envelope(client, recipients);
        client.ask("DATA");
        client.send("Hi!\r\n.\r\n");
        return client.lines(1).get(0);
    }

    private SmtpServerOptions options() {
        SmtpServerOptions options = new SmtpServerOptions().setHostName("store.example.org");
        return unixSocket
                ? options.setUnixSocket(directory.resolve("lmtp").toString())
                : options.setHost("127.0.0.1").setPort(0);
    }

    private SocketAddress address(SmtpServer server) {
        return unixSocket
                ? UnixDomainSocketAddress.of(directory.resolve("lmtp"))
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), server.actualPort());
    }

    private Client connect() throws Exception {
        return greeted(LmtpServer.create(vertx, handler, options()));
    }

    private Client greeted(SmtpServer server) throws Exception {
        await(server.listen());
        Client client = new Client(address(server));
        assertThat(client.lines(1)).containsExactly("220 store.example.org LMTP Postern");
        return client;
    }

    /** A client that has named its recipients. */
    private Client recipients(String... recipients) throws Exception {
        Client client = connect();
        recipients(client, recipients);
        return client;
    }

    private static void recipients(Client client, String... recipients) throws IOException {
        client.ask("LHLO client.example.org");
        envelope(client, recipients);
    }

    private static void envelope(Client client, String... recipients) throws IOException {
        assertThat(client.ask("MAIL FROM:<anne@example.org>")).containsExactly(Replies.SENDER_OK.toString());
        for (String recipient : recipients) {
            String code = recipient.startsWith("nobody") ? "550" : "250";
            assertThat(client.ask("RCPT TO:<" + recipient + ">"))
                    .singleElement()
                    .asString()
                    .startsWith(code);
        }
    }

    private static void await(Future<?> future) throws Exception {
        future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static Future<Buffer> whole(ReadStream<Buffer> body) {
        return body.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer));
    }

    /** A handler as it would be written for LMTP: each recipient has a mailbox of its own. */
    private final class Mailboxes implements LmtpHandler {

        @Override
        public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return whole(body)
                    .map(content -> envelope.recipients().stream()
                            .map(recipient -> deliver(recipient, content))
                            .toList());
        }

        private Reply deliver(Recipient recipient, Buffer content) {
            return switch (recipient.mailbox().localPart()) {
                case "full" -> FULL;
                case "strict" -> SPAM;
                default -> {
                    messages.add(recipient.address() + ": " + content);
                    yield Replies.MESSAGE_ACCEPTED;
                }
            };
        }
    }

    /** A handler as it would be written for SMTP. */
    private final class KnowsNoNobody implements SmtpHandler {

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            return recipient.mailbox().localPart().equals("nobody")
                    ? Future.succeededFuture(Reply.of(550, "5.1.1", "no such user"))
                    : Future.succeededFuture(Replies.RECIPIENT_OK);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return whole(body).map(content -> {
                messages.add(String.join(" ", envelope.rcptTos()) + ": " + content);
                return Replies.MESSAGE_ACCEPTED;
            });
        }
    }
}
