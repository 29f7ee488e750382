package io.postern.smtp.handlers.eventbus;

import static io.postern.smtp.handlers.eventbus.BusServer.await;
import static io.postern.smtp.handlers.eventbus.BusServer.begin;
import static io.postern.smtp.handlers.eventbus.BusServer.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BodyType;
import io.postern.smtp.DsnNotify;
import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Server and consumer on one event bus. */
class EventBusHandlerTest {

    private static final String ADDRESS = "mail";

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<BusEnvelope> envelopes = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> contents = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        await(vertx.close());
    }

    private static EventBusHandlerOptions options() {
        return new EventBusHandlerOptions().setAddress(ADDRESS);
    }

    private EventBusConsumer register(MailConsumer consumer) {
        return await(EventBusConsumer.register(vertx, ADDRESS, consumer));
    }

    /** Keeps what comes. */
    private Future<Reply> keep(BusEnvelope envelope, ReadStream<Buffer> body) {
        envelopes.add(envelope);
        return body.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer))
                .onSuccess(content -> contents.add(content.toString()))
                .onFailure(failures::add)
                .map(Reply.of(250, "2.6.0", "kept " + envelope.id()));
    }

    @Test
    void theConsumerHasTheMessageAndTheClientHasItsReply() throws Exception {
        register(this::keep);
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "Subject: hi\r\n\r\nhello");

            String reply = client.expect(250).text();

            assertThat(contents.poll(10, TimeUnit.SECONDS)).isEqualTo("Subject: hi\r\n\r\nhello\r\n");
            assertThat(reply).isEqualTo("2.6.0 kept " + envelopes.remove().id());
        }
    }

    @Test
    void theEnvelopeTellsWhatTheClientSaid() {
        register(this::keep);
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            client.command("MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=100").expect(250);
            client.command("RCPT TO:<b@example.org> NOTIFY=FAILURE").expect(250);
            client.command("RCPT TO:<c@example.org>").expect(250);
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n").expect(250);

            BusEnvelope envelope = envelopes.remove();

            assertThat(envelope.mailFrom()).isEqualTo("a@example.org");
            assertThat(envelope.sender().orElseThrow().parameters().body()).isEqualTo(BodyType.EIGHTBITMIME);
            assertThat(envelope.sender().orElseThrow().parameters().size()).hasValue(100);
            assertThat(envelope.rcptTos()).containsExactly("b@example.org", "c@example.org");
            assertThat(envelope.recipients().get(0).parameters().notifyOn().orElseThrow())
                    .containsExactly(DsnNotify.FAILURE);
            assertThat(envelope.session().serverName()).isEqualTo("mx.example.org");
            assertThat(envelope.session().hostName()).contains("client.example.org");
            assertThat(envelope.session().peer().hostAddress()).isEqualTo("127.0.0.1");
            assertThat(envelope.session().tls()).isEmpty();
            assertThat(envelope.session().authenticated()).isEmpty();
            assertThat(envelope.session().lmtp()).isFalse();
        }
    }

    @Test
    void theEnvelopeIsTheSameBehindTheWire() {
        register(this::keep);
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "hello");
            client.expect(250);

            Buffer wire = Buffer.buffer();
            Frame offer = new Offer(envelopes.remove(), 1, new Content(List.of(), true));
            FrameCodec.encode(wire, offer);

            assertThat(FrameCodec.decode(0, wire)).isEqualTo(offer);
        }
    }

    @Test
    void withinAProcessContentIsHandedOverAndNotCopied() {
        Buffer part = Buffer.buffer("as it is");
        Queue<Buffer> seen = new ConcurrentLinkedQueue<>();
        register((envelope, body) -> {
            Promise<Reply> answer = Promise.promise();
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.handler(seen::add);
            return answer.future();
        });
        Frame offer = new Offer(Samples.fullEnvelope(), 1_000, new Content(List.of(part), true));

        await(vertx.eventBus().request(ADDRESS, offer, FrameCodec.delivery(10_000)));

        assertThat(seen.remove()).isSameAs(part);
    }

    @Test
    void aLargeMessageComesInPieces() throws Exception {
        register(this::keep);
        String text = IntStream.range(0, 40_000)
                .mapToObj(line -> "line " + line + "\r\n")
                .collect(Collectors.joining());
        try (RawSmtpClient client =
                BusServer.start(vertx, options().setChunkSize(4_096)).client()) {
            begin(client);
            client.send(text + ".\r\n").expect(250);

            assertThat(contents.poll(10, TimeUnit.SECONDS)).isEqualTo(text);
        }
    }

    @Test
    void chunksOfBdatComeAsOneMessage() throws Exception {
        register(this::keep);
        try (RawSmtpClient client =
                BusServer.start(vertx, options().setChunkSize(1_024)).client()) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(250);
            String chunk = "x".repeat(998) + "\r\n";
            for (int i = 0; i < 5; i++) {
                client.send("BDAT 1000\r\n" + chunk).expect(250);
            }
            client.send("BDAT 0 LAST\r\n").expect(250);

            assertThat(contents.poll(10, TimeUnit.SECONDS)).isEqualTo(chunk.repeat(5));
        }
    }

    @Test
    void whileTheConsumerReadsNothingTheClientIsNotRead() {
        Promise<ReadStream<Buffer>> begun = Promise.promise();
        Promise<Reply> answer = Promise.promise();
        register((envelope, body) -> {
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.pause().handler(part -> {});
            begun.complete(body);
            return answer.future();
        });
        byte[] body = "0123456789abcd\r\n".repeat(2 << 20).getBytes(StandardCharsets.US_ASCII);
        try (RawSmtpClient client = BusServer.start(
                        vertx, options().setTimeout(Duration.ofMillis(600)).setChunkSize(16_384))
                .client()) {
            begin(client);
            // more than three times the timeout: a consumer that waits is not taken for dead
            int taken = client.sendUntilStuck(body, Duration.ofSeconds(2));

            assertThat(taken).isLessThan(body.length);

            await(begun.future()).resume();
            client.send(Arrays.copyOfRange(body, taken, body.length));
            client.send(".\r\n").expect(250);
        }
    }

    @Test
    void aConsumerMayTakeLongerThanTheTimeout() {
        Promise<Reply> answer = Promise.promise();
        register((envelope, body) -> {
            body.handler(part -> {});
            vertx.setTimer(1_500, late -> answer.complete(Replies.MESSAGE_ACCEPTED));
            return answer.future();
        });
        try (RawSmtpClient client = BusServer.start(vertx, options().setTimeout(Duration.ofMillis(300)))
                .client()) {
            send(client, "hello");
            client.expect(250);
        }
    }

    @Test
    void aClientMayBeSlowerThanTheTimeout() throws Exception {
        register(this::keep);
        try (RawSmtpClient client = BusServer.start(
                        vertx, options().setTimeout(Duration.ofMillis(300)).setChunkSize(1_024))
                .client()) {
            begin(client);
            client.send(("x".repeat(98) + "\r\n").repeat(20));
            assertThat(envelopes.poll(10, TimeUnit.SECONDS)).isNotNull();
            Promise<Void> later = Promise.promise();
            vertx.setTimer(1_500, due -> later.complete());
            await(later.future());
            client.send("the end\r\n.\r\n").expect(250);

            assertThat(contents.remove()).endsWith("the end\r\n");
        }
    }

    @Test
    void aConsumerThatNeverAnswersIsGivenUp() throws Exception {
        register((envelope, body) -> {
            body.exceptionHandler(failures::add).pause().handler(part -> {});
            return Promise.<Reply>promise().future();
        });
        EventBusHandlerOptions impatient =
                options().setTimeout(Duration.ofMillis(300)).setAnswerTimeout(Duration.ofMillis(500));
        try (RawSmtpClient client = BusServer.start(vertx, impatient).client()) {
            send(client, "hello");

            assertThat(client.expect(451).text()).isEqualTo("4.3.0 " + Replies.HANDLER_FAILED.text());
            assertThat(failures.poll(10, TimeUnit.SECONDS)).isInstanceOf(MessageAbortedException.class);
        }
    }

    @Test
    void withoutAConsumerTheClientMayComeAgain() {
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "hello");

            assertThat(client.expect(451).text()).isEqualTo("4.3.0 " + Replies.HANDLER_FAILED.text());
            register(this::keep);
            send(client, "hello");
            client.expect(250);
        }
    }

    @Test
    void whoeverElseAnswersAtTheAddressIsNotBelieved() {
        vertx.eventBus().consumer(ADDRESS, message -> message.reply("250 OK"));
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "hello");
            client.expect(451);
        }
    }

    @Test
    void whatNoServerOfOursSentIsAnsweredAndNotConsumed() {
        register(this::keep);

        Frame answer = await(vertx.eventBus().<Frame>request(ADDRESS, "hello")).body();

        assertThat(answer).isEqualTo(new Answer(List.of(Replies.HANDLER_FAILED)));
        assertThat(envelopes).isEmpty();
    }

    @Test
    void aRefusalHasAllItsPartsAndFailingIsAnsweredForNow() {
        Queue<Future<Reply>> answers = new ConcurrentLinkedQueue<>(List.of(
                Future.succeededFuture(Reply.of(554, "5.7.1", "one\ntwo")),
                Future.failedFuture(new SmtpException(452, "4.2.2", "full")),
                Future.failedFuture(new IllegalStateException("secret")),
                Future.succeededFuture(Replies.START_DATA)));
        register((envelope, body) -> {
            Future<Reply> answer = answers.poll();
            if (answer == null) {
                throw new IllegalStateException("secret");
            }
            return answer;
        });
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "hello");
            assertThat(client.expect(554).lines()).containsExactly("5.7.1 one", "5.7.1 two");
            send(client, "hello");
            assertThat(client.expect(452).text()).isEqualTo("4.2.2 full");
            for (int i = 0; i < 3; i++) {
                send(client, "hello");
                assertThat(client.expect(451).text()).isEqualTo("4.3.0 " + Replies.HANDLER_FAILED.text());
            }
        }
    }

    @Test
    void aFaultInAHandlerOfTheBodyIsAnsweredForNow() {
        register((envelope, body) -> {
            body.handler(part -> {
                throw new IllegalStateException("secret");
            });
            return Promise.<Reply>promise().future();
        });
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            send(client, "hello");
            assertThat(client.expect(451).text()).isEqualTo("4.3.0 " + Replies.HANDLER_FAILED.text());
        }
    }

    @Test
    void aClientThatGoesAwayFailsTheBodyWhichNeverEnds() throws Exception {
        register(this::keep);
        BusServer server = BusServer.start(vertx, options().setChunkSize(1_024));
        try (RawSmtpClient client = server.client()) {
            begin(client);
            client.send(("x".repeat(98) + "\r\n").repeat(20));
            assertThat(envelopes.poll(10, TimeUnit.SECONDS)).isNotNull();
            client.reset();
        }
        assertThat(failures.poll(10, TimeUnit.SECONDS)).isInstanceOf(MessageAbortedException.class);
        assertThat(contents).isEmpty();
    }

    @Test
    void inLmtpEachRecipientHasItsReply() {
        register(new MailConsumer() {
            @Override
            public Future<Reply> handle(BusEnvelope envelope, ReadStream<Buffer> body) {
                return Future.failedFuture(new AssertionError("not asked in LMTP"));
            }

            @Override
            public Future<List<Reply>> handlePerRecipient(BusEnvelope envelope, ReadStream<Buffer> body) {
                envelopes.add(envelope);
                body.handler(part -> {});
                return Future.succeededFuture(List.of(Reply.ok(), Reply.of(452, "4.2.2", "full")));
            }
        });
        BusServer server = BusServer.start(vertx, options(), new SmtpServerOptions().setLmtp(true));
        try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", server.port())) {
            client.expect(220);
            client.command("LHLO client.example.org").expect(250);
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(250);
            client.command("RCPT TO:<c@example.org>").expect(250);
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            client.expect(250);
            assertThat(client.expect(452).text()).isEqualTo("4.2.2 full");
            assertThat(envelopes.remove().session().lmtp()).isTrue();
        }
    }

    @Test
    void whatIsNotOneReplyForEachRecipientIsAnsweredForNow() {
        register(new MailConsumer() {
            @Override
            public Future<Reply> handle(BusEnvelope envelope, ReadStream<Buffer> body) {
                return Future.failedFuture(new AssertionError("not asked in LMTP"));
            }

            @Override
            public Future<List<Reply>> handlePerRecipient(BusEnvelope envelope, ReadStream<Buffer> body) {
                return Future.succeededFuture(List.of(Reply.ok()));
            }
        });
        BusServer server = BusServer.start(vertx, options(), new SmtpServerOptions().setLmtp(true));
        try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", server.port())) {
            client.expect(220);
            client.command("LHLO client.example.org").expect(250);
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(250);
            client.command("RCPT TO:<c@example.org>").expect(250);
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            client.expect(451);
            client.expect(451);
        }
    }

    @Test
    void recipientsAreAskedForAtTheirAddress() {
        BusServer server = BusServer.start(vertx, options().setRecipientAddress("recipients"));
        try (RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(451);
            BlockingQueue<RecipientQuestion> questions = new LinkedBlockingQueue<>();
            await(EventBusConsumer.registerRecipients(vertx, "recipients", question -> {
                questions.add(question);
                return switch (question.recipient().mailbox().localPart()) {
                    case "b" -> Future.succeededFuture(Replies.RECIPIENT_OK);
                    case "fault" -> throw new IllegalStateException("secret");
                    default -> Future.succeededFuture(Reply.of(550, "5.1.1", "no such user"));
                };
            }));

            client.command("RCPT TO:<b@example.org> NOTIFY=NEVER").expect(250);
            assertThat(client.command("RCPT TO:<c@example.org>").expect(550).text())
                    .isEqualTo("5.1.1 no such user");
            client.command("RCPT TO:<fault@example.org>").expect(451);

            RecipientQuestion question = questions.remove();
            assertThat(question.sender().orElseThrow().address()).isEqualTo("a@example.org");
            assertThat(question.recipient().parameters().options()).containsExactly("NOTIFY=NEVER");
            assertThat(question.session().hostName()).contains("client.example.org");
        }
    }

    @Test
    void whatAConsumerDoesNotWorkOnAtATimeIsRefusedForNow() throws Exception {
        Promise<Reply> first = Promise.promise();
        BlockingQueue<String> begun = new LinkedBlockingQueue<>();
        await(EventBusConsumer.register(
                vertx, new EventBusConsumerOptions().setAddress(ADDRESS).setMaxMessages(1), (envelope, body) -> {
                    begun.add(envelope.id());
                    return first.future();
                }));
        BusServer server = BusServer.start(vertx, options());
        try (RawSmtpClient one = server.client();
                RawSmtpClient two = server.client()) {
            send(one, "hello");
            assertThat(begun.poll(10, TimeUnit.SECONDS)).isNotNull();
            send(two, "hello");
            two.expect(452);
            first.complete(Replies.MESSAGE_ACCEPTED);
            one.expect(250);
            send(two, "hello");
            two.expect(250);
        }
    }

    @Test
    void whatAServerMayNotHoldIsRefusedForNow() {
        register(this::keep);
        try (RawSmtpClient client =
                BusServer.start(vertx, options().setMaxBytesHeld(4_096)).client()) {
            String line = "x".repeat(98) + "\r\n";
            for (int i = 0; i < 3; i++) {
                begin(client);
                client.send(line.repeat(50) + ".\r\n").expect(452);
                begin(client);
                client.send(line.repeat(30) + ".\r\n").expect(250);
            }
            assertThat(contents).containsOnly(line.repeat(30)).hasSize(3);
        }
    }

    @Test
    void clientsThatGoAwayUseUpNoPlaceWhateverTheConsumerDoes() throws Exception {
        BlockingQueue<String> begun = new LinkedBlockingQueue<>();
        await(EventBusConsumer.register(
                vertx, new EventBusConsumerOptions().setAddress(ADDRESS).setMaxMessages(1), (envelope, body) -> {
                    Promise<Reply> answer = Promise.promise();
                    body.exceptionHandler(failures::add); // and forgets to answer
                    body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
                    body.handler(part -> begun.add("begun"));
                    return answer.future();
                }));
        BusServer server = BusServer.start(vertx, options().setChunkSize(1_024));
        for (int i = 0; i < 3; i++) {
            try (RawSmtpClient client = server.client()) {
                begin(client);
                client.send(("x".repeat(98) + "\r\n").repeat(20));
                assertThat(begun.poll(10, TimeUnit.SECONDS)).isNotNull();
                client.reset();
            }
            assertThat(failures.poll(10, TimeUnit.SECONDS)).isInstanceOf(MessageAbortedException.class);
            begun.clear();
        }
        try (RawSmtpClient client = server.client()) {
            send(client, "hello");
            client.expect(250);
        }
    }

    @Test
    void aConsumerThatIsClosedTakesNothingMoreAndFinishesWhatItHas() throws Exception {
        Promise<Reply> answer = Promise.promise();
        BlockingQueue<String> begun = new LinkedBlockingQueue<>();
        EventBusConsumer consumer = register((envelope, body) -> {
            begun.add(envelope.id());
            return answer.future();
        });
        BusServer server = BusServer.start(vertx, options());
        try (RawSmtpClient one = server.client();
                RawSmtpClient two = server.client()) {
            send(one, "hello");
            assertThat(begun.poll(10, TimeUnit.SECONDS)).isNotNull();

            Future<Void> closed = consumer.close();
            assertThat(consumer.close()).isSameAs(closed);
            send(two, "hello");
            two.expect(451);
            assertThat(closed.isComplete()).isFalse();

            answer.complete(Replies.MESSAGE_ACCEPTED);
            one.expect(250);
            await(closed);
        }
    }

    @Test
    void consumersTakeTurns() {
        for (String name : List.of("one", "two")) {
            register((envelope, body) -> Future.succeededFuture(Reply.of(250, "2.6.0", name)));
        }
        try (RawSmtpClient client = BusServer.start(vertx, options()).client()) {
            BlockingQueue<String> replies = new LinkedBlockingQueue<>();
            for (int i = 0; i < 4; i++) {
                send(client, "hello");
                replies.add(client.expect(250).text());
            }
            assertThat(replies)
                    .hasSize(4)
                    .containsOnly("2.6.0 one", "2.6.0 two")
                    .containsSubsequence("2.6.0 one", "2.6.0 two")
                    .containsSubsequence("2.6.0 two", "2.6.0 one");
        }
    }

    /** A consumer that takes one message at a time. */
    private EventBusConsumerOptions oneAtATime() {
        return new EventBusConsumerOptions().setAddress(ADDRESS).setMaxMessages(1);
    }

    @Test
    void aConsumerThatGivesNothingHasFailedAndTakesTheNext() {
        MailConsumer nothing = new MailConsumer() {
            @Override
            public Future<Reply> handle(BusEnvelope envelope, ReadStream<Buffer> body) {
                return null;
            }

            @Override
            public Future<List<Reply>> handlePerRecipient(BusEnvelope envelope, ReadStream<Buffer> body) {
                return null;
            }
        };
        EventBusConsumer consumer = await(EventBusConsumer.register(vertx, oneAtATime(), nothing));
        for (boolean lmtp : new boolean[] {false, true}) {
            BusServer server = BusServer.start(vertx, options(), new SmtpServerOptions().setLmtp(lmtp));
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", server.port())) {
                client.expect(220);
                client.command((lmtp ? "LHLO" : "EHLO") + " client.example.org").expect(250);
                for (int message = 0; message < 3; message++) {
                    send(client, "hello");
                    client.expect(451); // 452 would be: too many at a time
                }
            }
        }
        await(consumer.close()); // no message is left
    }

    @Test
    void aConsumerOfRecipientsThatGivesNothingHasFailedAndTakesTheNext() {
        EventBusConsumer consumer = await(EventBusConsumer.registerRecipients(vertx, oneAtATime(), question -> null));
        EventBusHandlerOptions asking = options().setRecipientAddress(ADDRESS);
        try (RawSmtpClient client = BusServer.start(vertx, asking).client()) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            for (int recipient = 0; recipient < 3; recipient++) {
                client.command("RCPT TO:<b@example.org>").expect(451);
            }
        }
        await(consumer.close());
    }

    @Test
    void aSmallMessageThatIsReadLongAfterItCameIsWhole() throws Exception {
        Duration timeout = Duration.ofMillis(500);
        register((envelope, body) -> {
            body.pause();
            vertx.setTimer(2 * timeout.toMillis(), due -> body.resume());
            return keep(envelope, body);
        });
        try (RawSmtpClient client =
                BusServer.start(vertx, options().setTimeout(timeout)).client()) {
            send(client, "hello");
            client.expect(250);
        }
        assertThat(contents.remove()).isEqualTo("hello\r\n");
        assertThat(failures).isEmpty();
    }
}
