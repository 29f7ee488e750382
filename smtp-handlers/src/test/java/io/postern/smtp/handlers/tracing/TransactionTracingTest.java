package io.postern.smtp.handlers.tracing;

import static io.postern.smtp.handlers.tracing.TracedVertx.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.tracing.TracingPolicy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans as OpenTelemetry sees them, over a real socket. */
class TransactionTracingTest {

    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("smtp.transaction.outcome");
    private static final AttributeKey<String> CODE = AttributeKey.stringKey("smtp.response.status_code");
    private static final String ENVELOPE = "MAIL FROM:<anne@example.org>\r\nRCPT TO:<bart@example.com>\r\n";
    private static final String TEXT = "Subject: hi\r\n\r\nhello\r\n";

    private final TracedVertx traced = new TracedVertx();
    private final InMemorySpanExporter exporter = traced.exporter;
    private final Vertx vertx = traced.vertx;
    private final SmtpServerOptions options = new SmtpServerOptions()
            .setHostName("mx.example.test")
            .setHost("127.0.0.1")
            .setPort(0);
    private SmtpServerVerticle verticle;

    @AfterEach
    void stopVertx() {
        traced.close();
    }

    /** Asks somebody on the event bus in each hook, and from the handler of the body. */
    private final class Asking implements SmtpHandler {

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            return traced.ask("MAIL", Replies.SENDER_OK);
        }

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            return traced.ask("RCPT", Replies.RECIPIENT_OK);
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return traced.ask("NOOP", Replies.OK);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> traced.ask("DATA", Replies.MESSAGE_ACCEPTED).onComplete(answer));
            body.handler(content -> {});
            return answer.future();
        }
    }

    /** Answers as the local part of the sender says. */
    private static final class Answering implements SmtpHandler {

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            return sender.address().startsWith("refuse")
                    ? Future.succeededFuture(Reply.of(550, "5.7.1", "not you"))
                    : Future.succeededFuture(Replies.SENDER_OK);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> {
                if (envelope.mailFrom().startsWith("fail")) {
                    throw new IllegalStateException("the disk is on fire");
                }
                answer.complete(Replies.MESSAGE_ACCEPTED);
            });
            body.handler(content -> {});
            return answer.future();
        }
    }

    private RawSmtpClient serve(SmtpHandler handler) {
        return serve(handler, ThreadingModel.EVENT_LOOP);
    }

    private RawSmtpClient serve(SmtpHandler handler, ThreadingModel model) {
        verticle = new SmtpServerVerticle(handler, options);
        await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(model)));
        RawSmtpClient client =
                RawSmtpClient.connect("127.0.0.1", verticle.server().actualPort());
        client.expect(220);
        client.command((options.isLmtp() ? "LHLO" : "EHLO") + " client.example").expect(250);
        return client;
    }

    /** Waits until the server has done with all connections. */
    private void drain(RawSmtpClient client) {
        client.close();
        await(verticle.server().shutdown(Duration.ofSeconds(20)));
    }

    private List<SpanData> transactions() {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getKind() == SpanKind.SERVER)
                .toList();
    }

    private SpanData transaction() {
        assertThat(transactions()).hasSize(1);
        return transactions().get(0);
    }

    private static String outcome(SpanData span) {
        return span.getAttributes().get(OUTCOME) + " " + span.getAttributes().get(CODE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA", "BDAT"})
    void aTransactionIsOneSpanUntilTheAnswerToItsMessage(String command) {
        try (RawSmtpClient client = serve(new Answering())) {
            client.send(ENVELOPE);
            client.expect(250);
            client.expect(250);
            assertThat(exporter.getFinishedSpanItems()).isEmpty();
            if (command.equals("DATA")) {
                client.command("DATA").expect(354);
                client.send(TEXT + ".\r\n");
            } else {
                client.send("BDAT " + TEXT.length() + " LAST\r\n" + TEXT);
            }
            client.expect(250);
            SpanData span = transaction(); // it has ended before the client reads the reply
            assertThat(span.getName()).isEqualTo("SMTP transaction");
            assertThat(span.hasEnded()).isTrue();
            assertThat(span.getEvents()).isEmpty(); // nothing failed
            assertThat(span.getAttributes().get(AttributeKey.stringKey("network.protocol.name")))
                    .isEqualTo("smtp");
            assertThat(outcome(span)).isEqualTo("accepted 250");
            assertThat(span.getAttributes().toString()).doesNotContain("@", "anne", "bart", "hello");
            drain(client);
            assertThat(exporter.getFinishedSpanItems()).hasSize(1);
        }
    }

    @Test
    void overLmtpItIsCalledThat() {
        options.setLmtp(true);
        try (RawSmtpClient client = serve(new Answering())) {
            client.send(ENVELOPE + "DATA\r\n");
            client.expect(250);
            client.expect(250);
            client.expect(354);
            client.send(TEXT + ".\r\n").expect(250);
            assertThat(transaction().getName()).isEqualTo("LMTP transaction");
        }
    }

    @Test
    void pipelinedTransactionsAreSpansOfTheirOwn() {
        try (RawSmtpClient client = serve(new Asking())) {
            String message = ENVELOPE + "BDAT " + TEXT.length() + " LAST\r\n" + TEXT;
            client.send(message.repeat(3) + "QUIT\r\n");
            for (int reply = 0; reply < 9; reply++) {
                client.expect(250);
            }
            client.expect(221);
            assertThat(transactions())
                    .hasSize(3)
                    .extracting(SpanData::getTraceId)
                    .doesNotHaveDuplicates();
            assertThat(transactions()).allSatisfy(this::hasItsChildren);
        }
    }

    private void hasItsChildren(SpanData span) {
        assertThat(exporter.getFinishedSpanItems())
                .filteredOn(child -> child.getParentSpanId().equals(span.getSpanId()))
                .hasSize(3) // one for each of MAIL, RCPT and the message
                .allSatisfy(child -> assertThat(child.getTraceId()).isEqualTo(span.getTraceId()));
    }

    @ParameterizedTest
    @EnumSource
    void whatHooksDoBecomesChildrenOnEveryKindOfThread(ThreadingModel model) {
        assumeTrue(model != ThreadingModel.VIRTUAL_THREAD || isVirtualThreadThere());
        try (RawSmtpClient client = serve(new Asking(), model)) {
            for (int message = 0; message < 2; message++) {
                client.send(ENVELOPE + "NOOP\r\nDATA\r\n");
                client.expect(250);
                client.expect(250);
                client.expect(250); // a NOOP within the transaction belongs to it
                client.expect(354);
                client.send(TEXT + ".\r\n").expect(250);
            }
            client.command("NOOP").expect(250); // this one belongs to none, and nobody traces it
            drain(client);
            assertThat(transactions())
                    .hasSize(2)
                    .allSatisfy(span -> assertThat(exporter.getFinishedSpanItems())
                            .filteredOn(child -> child.getParentSpanId().equals(span.getSpanId()))
                            .hasSize(4)
                            .allSatisfy(child -> assertThat(child.getTraceId()).isEqualTo(span.getTraceId())));
            assertThat(exporter.getFinishedSpanItems()).hasSize(2 * (1 + 4));
        }
    }

    private static boolean isVirtualThreadThere() {
        return Runtime.version().feature() >= 21;
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO again.example"})
    void aTransactionThatIsGivenUpEndsItsSpan(String command) {
        try (RawSmtpClient client = serve(new Answering())) {
            client.send(ENVELOPE);
            client.expect(250);
            client.expect(250);
            client.command(command).expect(250);
            assertThat(outcome(transaction())).isEqualTo("reset null");
            client.command("RSET").expect(250);
            drain(client);
            assertThat(transactions()).hasSize(1);
        }
    }

    @Test
    void aClientThatGoesAwayEndsItsSpan() {
        try (RawSmtpClient client = serve(new Answering())) {
            client.send(ENVELOPE + "DATA\r\n");
            client.expect(250);
            client.expect(250);
            client.expect(354);
            client.send("half a mess");
            client.reset();
            drain(client);
            assertThat(outcome(transaction())).isEqualTo("aborted null");
        }
    }

    @Test
    void aSenderThatIsRefusedEndsItsSpan() {
        try (RawSmtpClient client = serve(new Answering())) {
            client.command("MAIL FROM:<refuse@example.org>").expect(550);
            assertThat(outcome(transaction())).isEqualTo("refused 550");
            drain(client);
            assertThat(transactions()).hasSize(1);
        }
    }

    @Test
    void aHookThatFailsIsTheFailureOfItsSpan() {
        try (RawSmtpClient client = serve(new Answering())) {
            client.send("MAIL FROM:<fail@example.org>\r\nRCPT TO:<bart@example.com>\r\nDATA\r\n");
            client.expect(250);
            client.expect(250);
            client.expect(354);
            client.send(TEXT + ".\r\n").expect(451);
            SpanData span = transaction();
            assertThat(outcome(span)).isEqualTo("deferred 451");
            assertThat(span.getEvents())
                    .singleElement()
                    .satisfies(
                            event -> assertThat(event.getAttributes().get(AttributeKey.stringKey("exception.message")))
                                    .isEqualTo("the disk is on fire"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"IGNORE", "PROPAGATE"})
    void withoutATraceToGoOnWithThereIsNoSpan(TracingPolicy policy) {
        options.setTracingPolicy(policy);
        try (RawSmtpClient client = serve(new Asking())) {
            client.send(ENVELOPE + "DATA\r\n");
            client.expect(250);
            client.expect(250);
            client.expect(354);
            client.send(TEXT + ".\r\n").expect(250);
            drain(client);
            assertThat(exporter.getFinishedSpanItems()).isEmpty();
        }
    }
}
