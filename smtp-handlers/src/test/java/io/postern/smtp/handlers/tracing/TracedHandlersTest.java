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
import io.postern.smtp.handlers.DebuggingHandler;
import io.postern.smtp.handlers.eventbus.EventBusConsumer;
import io.postern.smtp.handlers.eventbus.EventBusHandler;
import io.postern.smtp.handlers.eventbus.EventBusHandlerOptions;
import io.postern.smtp.handlers.maildir.MaildirHandler;
import io.postern.smtp.handlers.mime.MimeHandler;
import io.postern.smtp.handlers.mime.MimeOptions;
import io.postern.smtp.handlers.mime.SpooledMessage;
import io.postern.smtp.handlers.routing.HandlerChain;
import io.postern.smtp.handlers.routing.RecipientRouter;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What handlers do after they have waited for something still belongs to the span of its transaction. */
class TracedHandlersTest {

    private static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("messaging.destination.name");
    private static final int LARGE = 300_000;

    @TempDir
    private Path directory;

    private final TracedVertx traced = new TracedVertx();
    private final InMemorySpanExporter exporter = traced.exporter;
    private final Vertx vertx = traced.vertx;

    @AfterEach
    void stopVertx() {
        traced.close();
    }

    /** Waits for an answer from elsewhere at each step. */
    private class Asking implements SmtpHandler {

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            return traced.ask("MAIL", Replies.SENDER_OK);
        }

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            return traced.ask("RCPT", Replies.RECIPIENT_OK);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            int[] parts = {0};
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> traced.ask("END", Replies.MESSAGE_ACCEPTED).onComplete(answer));
            body.handler(part -> {
                if (parts[0]++ < 3) {
                    body.pause();
                    traced.ask("PART", true).onSuccess(asked -> body.resume());
                }
            });
            return answer.future();
        }
    }

    /** Asks once more when another handler has answered the message. */
    private final class AskingBehind implements SmtpHandler {

        private final SmtpHandler handler;

        AskingBehind(SmtpHandler handler) {
            this.handler = handler;
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return handler.handleData(session, envelope, body).compose(reply -> traced.ask("BEHIND", reply));
        }
    }

    private void deliver(SmtpHandler handler, ThreadingModel model) {
        SmtpServerVerticle verticle = new SmtpServerVerticle(
                handler,
                new SmtpServerOptions()
                        .setHostName("mx.example.test")
                        .setHost("127.0.0.1")
                        .setPort(0));
        await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(model)));
        try (RawSmtpClient client =
                RawSmtpClient.connect("127.0.0.1", verticle.server().actualPort())) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            client.command("MAIL FROM:<anne@example.org>").expect(250);
            client.command("RCPT TO:<bart@one.example>").expect(250);
            client.command("RCPT TO:<bart@two.example>").expect(250);
            client.command("DATA").expect(354);
            client.send(("x".repeat(62) + "\r\n").repeat(LARGE / 64).getBytes(StandardCharsets.US_ASCII));
            client.send(".\r\n").expect(250);
        }
        await(verticle.server().shutdown(Duration.ofSeconds(20)));
    }

    private SpanData transaction() {
        List<SpanData> transactions = exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals("SMTP transaction"))
                .toList();
        assertThat(transactions).hasSize(1);
        return transactions.get(0);
    }

    /** What was asked at this address of the event bus; all of it is in the trace of the only transaction. */
    private List<SpanData> questions(String address) {
        assertThat(exporter.getFinishedSpanItems())
                .extracting(SpanData::getTraceId)
                .containsOnly(transaction().getTraceId());
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getKind() == SpanKind.CLIENT)
                .filter(span -> address.equals(span.getAttributes().get(DESTINATION)))
                .toList();
    }

    /** Like {@link #questions}; all of them are children of the transaction. */
    private List<SpanData> children(String address) {
        List<SpanData> children = questions(address);
        assertThat(children)
                .extracting(SpanData::getParentSpanId)
                .containsOnly(transaction().getSpanId());
        return children;
    }

    private static void assumeThere(ThreadingModel model) {
        assumeTrue(model != ThreadingModel.VIRTUAL_THREAD || Runtime.version().feature() >= 21);
    }

    @ParameterizedTest
    @EnumSource
    void theHandlersOfAChainAreAskedInTheSpan(ThreadingModel model) {
        assumeThere(model);
        deliver(HandlerChain.of(new Asking(), new Asking(), new Asking()), model);
        // of each MAIL and two RCPT, of the last the end and parts
        assertThat(children("asked")).hasSizeGreaterThanOrEqualTo(3 * 3 + 2);
    }

    @ParameterizedTest
    @EnumSource
    void theBranchesOfARouterAreReadInTheSpan(ThreadingModel model) {
        assumeThere(model);
        deliver(
                RecipientRouter.builder()
                        .route("one.example", new Asking())
                        .route("two.example", HandlerChain.of(new Asking(), new Asking()))
                        .build(),
                model);
        // three handlers with MAIL and RCPT, two with a message
        assertThat(children("asked")).hasSizeGreaterThanOrEqualTo(3 * 2 + 2 * 2);
    }

    @ParameterizedTest
    @EnumSource
    void everyPieceOnTheEventBusIsSentInTheSpan(ThreadingModel model) {
        assumeThere(model);
        await(EventBusConsumer.register(vertx, "mail", (envelope, body) -> {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.handler(part -> {});
            return answer.future();
        }));
        EventBusHandler handler = EventBusHandler.create(vertx, new EventBusHandlerOptions().setAddress("mail"));
        deliver(new AskingBehind(handler), model);
        assertThat(children("mail")).hasSize(1);
        assertThat(questions("asked")).hasSize(1); // beneath the last piece, which it follows
        assertThat(exporter.getFinishedSpanItems())
                .as("the pieces beside the transaction and these two")
                .hasSizeGreaterThan(LARGE / EventBusHandlerOptions.DEFAULT_CHUNK_SIZE);
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsForAMaildirIsStillInTheSpan(ThreadingModel model) {
        assumeThere(model);
        MaildirHandler maildir = new MaildirHandler(directory.resolve("mail"));
        deliver(new AskingBehind(maildir), model);
        await(maildir.close());
        assertThat(children("asked")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aMessageInAFileIsHandledInTheSpan(ThreadingModel model) {
        assumeThere(model);
        MimeOptions inFile =
                new MimeOptions().setDirectory(directory.toString()).setMemoryThreshold(0);
        MimeHandler mime = new MimeHandler(inFile) {
            @Override
            protected Future<Reply> handleMessage(Session session, SpooledMessage message) {
                return traced.ask("HERE", message)
                        .compose(asked -> asked.parsed().compose(parsed -> {
                            Promise<Reply> answer = Promise.promise();
                            message.content()
                                    .endHandler(end -> traced.ask("END", Replies.MESSAGE_ACCEPTED)
                                            .onComplete(answer))
                                    .handler(part -> {});
                            return answer.future();
                        }));
            }
        };
        deliver(new AskingBehind(mime), model);
        assertThat(children("asked")).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsForAPrintIsStillInTheSpan(ThreadingModel model) {
        assumeThere(model);
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        deliver(new AskingBehind(new DebuggingHandler(nowhere)), model);
        assertThat(children("asked")).hasSize(1);
    }

    /** Reads a body that is told to stop from one context and to go on from the other, in this order. */
    private abstract static class Stopping implements SmtpHandler {

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            boolean[] stopped = {false};
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.handler(part -> {
                if (!stopped[0]) {
                    stopped[0] = true;
                    stop(session.context(), Vertx.currentContext(), body);
                }
            });
            return answer.future();
        }

        abstract void stop(Context ofSession, Context ofTransaction, ReadStream<Buffer> body);
    }

    private static final class StoppingInTheTransaction extends Stopping {
        @Override
        void stop(Context ofSession, Context ofTransaction, ReadStream<Buffer> body) {
            ofSession.runOnContext(v -> body.resume());
            body.pause();
        }
    }

    private static final class StoppingInTheSession extends Stopping {
        @Override
        void stop(Context ofSession, Context ofTransaction, ReadStream<Buffer> body) {
            ofSession.runOnContext(v -> {
                ofTransaction.runOnContext(w -> body.resume());
                body.pause();
            });
        }
    }

    @Test
    void pauseAndResumeKeepTheirOrderWhereverTheyComeFrom() {
        deliver(new StoppingInTheTransaction(), ThreadingModel.EVENT_LOOP);
    }

    @Test
    void pauseAndResumeKeepTheirOrderTheOtherWayRound() {
        deliver(new StoppingInTheSession(), ThreadingModel.EVENT_LOOP);
    }

    @Test
    void soTheyDoInTheBranchesOfARouter() {
        deliver(
                RecipientRouter.builder()
                        .route("one.example", new StoppingInTheTransaction())
                        .route("two.example", new StoppingInTheSession())
                        .build(),
                ThreadingModel.EVENT_LOOP);
    }
}
