package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** How hooks answer: at once, later, from elsewhere, wrongly or not at all. */
class HandlerSocketTest extends SocketTestBase {

    private static final String FAILED = Replies.HANDLER_FAILED.toString();

    private static SmtpHandler answeringNoop(Supplier<Future<Reply>> answer) {
        return new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return answer.get();
            }
        };
    }

    @Test
    void anAnswerMayComeFromAnyThread() throws Exception {
        Vertx elsewhere = Vertx.vertx();
        Map<String, Supplier<Future<Reply>>> ways = Map.of(
                "a thread of the application",
                () -> {
                    Promise<Reply> promise = Promise.promise();
                    new Thread(() -> promise.complete(Reply.of(250, "from afar"))).start();
                    return promise.future();
                },
                "a timer",
                () -> vertx.timer(1).map(v -> Reply.of(250, "from afar")),
                "a worker",
                () -> vertx.executeBlocking(() -> Reply.of(250, "from afar")),
                "another Vert.x",
                () -> elsewhere.timer(1).map(v -> Reply.of(250, "from afar")),
                "a CompletableFuture",
                () -> Future.fromCompletionStage(CompletableFuture.supplyAsync(() -> Reply.of(250, "from afar"))));
        try {
            for (var way : ways.entrySet()) {
                WireClient client = afterEhlo(listen(answeringNoop(way.getValue())));
                client.send("NOOP\r\nNOOP\r\nHELP NOOP\r\n");
                assertThat(client.reply()).as(way.getKey()).isEqualTo("250 2.0.0 from afar");
                assertThat(client.reply()).as(way.getKey()).isEqualTo("250 2.0.0 from afar");
                assertThat(client.reply()).as(way.getKey()).startsWith("214");
            }
        } finally {
            await(elsewhere.close());
        }
    }

    @Test
    void anAnswerGivenInsideExecuteBlockingLeadsBackToTheEventLoop() throws Exception {
        List<Boolean> onEventLoop = new CopyOnWriteArrayList<>();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                onEventLoop.add(Context.isOnEventLoopThread());
                CountDownLatch returned = new CountDownLatch(1);
                session.context().runOnContext(v -> returned.countDown());
                Promise<Reply> promise = Promise.promise();
                vertx.executeBlocking(() -> {
                    returned.await();
                    return promise.tryComplete(Reply.ok());
                });
                return promise.future();
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\nNOOP\r\n");
        expect(client.reply(), "250");
        expect(client.reply(), "250");
        assertThat(onEventLoop).containsExactly(true, true);
    }

    @Test
    void hooksAreCalledOnTheContextOfTheSessionEvenAfterAnAnswerFromElsewhere() throws Exception {
        AtomicInteger elsewhere = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                if (!session.context().equals(Vertx.currentContext())) {
                    elsewhere.incrementAndGet();
                }
                Promise<Reply> promise = Promise.promise();
                new Thread(() -> promise.complete(Reply.ok())).start();
                return promise.future();
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\n".repeat(50));
        for (int i = 0; i < 50; i++) {
            assertThat(client.reply()).isEqualTo(Replies.OK.toString());
        }
        assertThat(elsewhere).hasValue(0);
    }

    @Test
    void theNextCommandWaitsForTheAnswer() throws Exception {
        Promise<Reply> first = Promise.promise();
        AtomicInteger asked = new AtomicInteger();
        SmtpServer server = listen(answeringNoop(
                () -> asked.incrementAndGet() == 1 ? first.future() : Future.succeededFuture(Reply.of(250, "second"))));
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\nNOOP\r\n");
        awaitTrue("the hook was not asked", () -> asked.get() == 1);
        // a whole round trip of another session on the same event loop
        assertThat(afterEhlo(server).command("HELP")).startsWith("214");
        assertThat(asked).hasValue(1);
        first.complete(Reply.of(250, "first"));
        assertThat(client.reply()).isEqualTo("250 2.0.0 first");
        assertThat(client.reply()).isEqualTo("250 2.0.0 second");
    }

    @Test
    void aBrokenHookIsAnsweredWith451AndTheSessionGoesOn() throws Exception {
        Map<String, Supplier<Future<Reply>>> broken = Map.of(
                "throws",
                () -> {
                    throw new IllegalStateException("secret of the inside");
                },
                "throws an error",
                () -> {
                    throw new StackOverflowError("secret of the inside");
                },
                "fails",
                () -> Future.failedFuture(new IllegalStateException("secret of the inside")),
                "fails later",
                () -> vertx.timer(1).compose(v -> Future.failedFuture("secret of the inside")),
                "gives null",
                () -> null,
                "gives a Future of null",
                () -> Future.succeededFuture(null),
                "gives 3xx",
                () -> Future.succeededFuture(Reply.of(354, "secret of the inside")));
        for (var way : broken.entrySet()) {
            AtomicInteger asked = new AtomicInteger();
            SmtpServer server = listen(answeringNoop(
                    () -> asked.incrementAndGet() == 1 ? way.getValue().get() : Future.succeededFuture(Reply.ok())));
            try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
                WireClient client = afterEhlo(server);
                assertThat(client.command("NOOP")).as(way.getKey()).isEqualTo(FAILED);
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
    void everyBrokenHookIsAnsweredWith451() throws Exception {
        // a handler on which every hook but the greeting and the end of the session throws
        SmtpHandler broken = (SmtpHandler) Proxy.newProxyInstance(
                SmtpHandler.class.getClassLoader(), new Class<?>[] {SmtpHandler.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "handleConnect" -> Future.succeededFuture(((Session) arguments[0]).greeting());
                        case "handleException" -> Replies.HANDLER_FAILED;
                        case "handleDisconnect" -> null;
                        default -> throw new IllegalStateException("broken on purpose");
                    };
                });
        SmtpServer server = listen(broken);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = greeted(server);
            for (String command : new String[] {"VRFY b", "EXPN b", "HELP", "NOOP", "RSET"}) {
                assertThat(client.command(command)).as(command).isEqualTo(FAILED);
            }
            for (String command : new String[] {"HELO c", "EHLO c"}) {
                assertThat(client.command(command)).as(command).startsWith("451 ");
            }
            client.send("QUIT\r\n");
            assertThat(client.readToEnd()).isEqualTo(FAILED + "\r\n");
            assertThat(log.at(Level.SEVERE)).hasSize(8);
        }
    }

    @Test
    void aFailingGreetingRefusesTheClientForNow() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                throw new IllegalStateException("broken on purpose");
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = connected(server);
            assertThat(client.reply()).startsWith("451 ");
            client.send("QUIT\r\n");
            assertThat(client.readToEnd()).isEqualTo(Replies.BYE + "\r\n");
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
    }

    @Test
    void aFailingEhloLeavesTheSessionWhereItWas() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
                return asked.incrementAndGet() == 1
                        ? Future.failedFuture(new SmtpException(450, "4.7.1", "not you, not now"))
                        : Future.succeededFuture(planned.without("SIZE").with("X-FOO bar"));
            }
        });
        WireClient client = greeted(server);
        assertThat(client.command("EHLO c")).isEqualTo("450 not you, not now");
        assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo(Replies.SEND_HELLO_FIRST.toString());
        assertThat(client.command("EHLO c").lines()).contains("250 X-FOO bar").noneMatch(line -> line.contains("SIZE"));
        assertThat(client.command("MAIL FROM:<a@b.example> SIZE=1"))
                .isEqualTo(Replies.MAIL_PARAMETER_UNKNOWN.toString());
    }

    @Test
    void anSmtpExceptionIsSentAsItIs() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
                SmtpException refusal = new SmtpException(550, "5.7.1", "not from there");
                if (asked.incrementAndGet() == 1) {
                    throw refusal;
                }
                return Future.failedFuture(refusal);
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo("550 5.7.1 not from there");
            assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo("550 5.7.1 not from there");
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void handleExceptionChoosesWhatTheClientReads() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return Future.failedFuture(new IllegalStateException("broken on purpose"));
            }

            @Override
            public Reply handleException(Session session, Throwable failure) {
                return Reply.of(454, "4.3.0", failure.getClass().getSimpleName());
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(afterEhlo(server).command("NOOP")).isEqualTo("454 4.3.0 IllegalStateException");
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
    }

    @Test
    void aBrokenHandleExceptionIsAnsweredWith451() throws Exception {
        Map<String, Supplier<Reply>> broken = Map.of(
                "throws",
                () -> {
                    throw new IllegalStateException("broken on purpose");
                },
                "gives null",
                () -> null,
                "says yes",
                Reply::ok);
        for (var way : broken.entrySet()) {
            SmtpServer server = listen(new SmtpHandler() {
                @Override
                public Future<Reply> handleNoop(Session session, String argument) {
                    throw new IllegalStateException("broken on purpose");
                }

                @Override
                public Reply handleException(Session session, Throwable failure) {
                    return way.getValue().get();
                }
            });
            try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
                WireClient client = afterEhlo(server);
                assertThat(client.command("NOOP")).as(way.getKey()).isEqualTo(FAILED);
                assertThat(client.command("HELP")).startsWith("214");
                assertThat(log.at(Level.SEVERE)).isNotEmpty();
            }
        }
    }

    @Test
    void aHookThatNeverAnswersIsGivenUpAndItsLateAnswerDropped() throws Exception {
        Promise<Reply> never = Promise.promise();
        AtomicInteger asked = new AtomicInteger();
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(
                answeringNoop(() -> asked.incrementAndGet() == 1 ? never.future() : Future.succeededFuture(Reply.ok())),
                options(),
                clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            client.send("NOOP\r\n");
            awaitTrue("the hook was not asked", () -> asked.get() == 1);
            pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT, server, clock);
            assertThat(client.reply()).isEqualTo(FAILED);
            never.complete(Reply.of(250, "too late"));
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.WARNING)).hasSize(1);
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aMessageThatIsNeverAnsweredIsGivenUpAndItsLateAnswerDropped() throws Exception {
        Promise<Reply> never = Promise.promise();
        Promise<Void> whole = Promise.promise();
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                        body.endHandler(whole::complete);
                        body.handler(buffer -> {});
                        return never.future();
                    }
                },
                options(),
                clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = inData(server);
            client.send(MESSAGE + ".\r\n");
            await(whole.future());
            pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT, server, clock);
            assertThat(client.reply()).isEqualTo(FAILED);
            never.complete(Reply.of(250, "too late"));
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aHookThatIsGivenUpBetweenTwoChunksCostsNotTheMessage() throws Exception {
        Promise<Reply> never = Promise.promise();
        Promise<Void> asked = Promise.promise();
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleNoop(Session session, String argument) {
                        asked.complete();
                        return never.future();
                    }

                    @Override
                    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                        Promise<Reply> answer = Promise.promise();
                        Buffer content = Buffer.buffer();
                        body.endHandler(end -> answer.complete(Reply.of(250, "got " + content)));
                        body.handler(content::appendBuffer);
                        return answer.future();
                    }
                },
                options(),
                clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterRcpt(server);
            expect(client.send("BDAT 2\r\nhe").reply(), "250");
            client.send("NOOP\r\n");
            await(asked.future());
            pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT, server, clock);
            assertThat(client.reply()).isEqualTo(FAILED);
            assertThat(client.send("BDAT 3 LAST\r\nllo").reply()).isEqualTo("250 2.0.0 got hello");
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }
}
