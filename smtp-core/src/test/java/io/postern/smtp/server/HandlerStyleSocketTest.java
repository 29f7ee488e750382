package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Extension;
import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Hooks on an event loop, on worker threads and on virtual threads, and what holds when they block. */
class HandlerStyleSocketTest extends SocketTestBase {

    private static final String GOODBYE = Replies.SHUTTING_DOWN + "\r\n";
    private static final Duration STUCK = Duration.ofMillis(300);

    private final ManualClock clock = new ManualClock();
    private final CountDownLatch gate = new CountDownLatch(1);
    private String deployment;

    @AfterEach
    void openTheGate() {
        gate.countDown();
    }

    /** Blocks the thread until the test opens the gate. */
    private void block() {
        try {
            if (!gate.await(SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the test has not opened the gate");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private VertxSmtpServer deploy(Style style, SmtpHandler handler) throws Exception {
        return deploy(style, handler, options());
    }

    private VertxSmtpServer deploy(Style style, SmtpHandler handler, SmtpServerOptions options) throws Exception {
        AtomicReference<VertxSmtpServer> server = new AtomicReference<>();
        DeploymentOptions deploymentOptions = new DeploymentOptions().setThreadingModel(style.model());
        deployment = await(vertx.deployVerticle(
                () -> new SmtpServerVerticle(handler, options) {
                    @Override
                    protected SmtpServer createServer(
                            Supplier<? extends SmtpHandler> handlers, SmtpServerOptions merged) {
                        server.set(new VertxSmtpServer(vertx, handlers, merged, clock));
                        return server.get();
                    }
                },
                deploymentOptions));
        return server.get();
    }

    private void pass(VertxSmtpServer server, Duration time) throws Exception {
        clock.advance(time);
        await(server.tick());
    }

    /** Goes through a whole transaction, up to the reply to its message. */
    private static String transaction(WireClient client) throws IOException {
        envelope(client);
        expect(client.command("DATA"), "354");
        return client.send(MESSAGE + ".\r\n").reply();
    }

    /** Takes every message. */
    private static class Taking implements SmtpHandler {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.handler(buffer -> {});
            return answer.future();
        }
    }

    private final class BlockingForSlow extends Taking {
        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            if (sender.address().startsWith("slow-mail")) {
                block();
            }
            return super.handleMail(session, envelope, sender);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            if (envelope.mailFrom().startsWith("slow-data")) {
                block();
            }
            return super.handleData(session, envelope, body);
        }
    }

    private static Future<Buffer> whole(ReadStream<Buffer> body) {
        return body.collect(Collectors.reducing(
                Buffer.buffer(), (content, part) -> content.copy().appendBuffer(part)));
    }

    private static String failed() {
        return Replies.HANDLER_FAILED.toString();
    }

    // Others are served meanwhile

    @ParameterizedTest
    @EnumSource(names = {"WORKER", "VIRTUAL_THREAD"})
    void aHookThatBlocksHoldsUpItsOwnConnectionOnly(Style style) throws Exception {
        SmtpServer server = deploy(style, new BlockingForSlow());
        WireClient slowMail = afterEhlo(server);
        slowMail.send("MAIL FROM:<slow-mail@client.example>\r\n");
        WireClient slowData = afterEhlo(server);
        expect(slowData.command("MAIL FROM:<slow-data@client.example>"), "250");
        expect(slowData.command("RCPT TO:<b@mx.example>"), "250");
        slowData.send("DATA\r\n");

        for (int i = 0; i < 3; i++) {
            WireClient other = afterEhlo(server);
            assertThat(transaction(other)).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
            assertThat(transaction(other)).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        }
        assertThat(slowMail.sawNothing()).isTrue();
        assertThat(slowData.sawNothing()).isTrue();

        gate.countDown();
        assertThat(slowMail.reply()).isEqualTo(Replies.SENDER_OK.toString());
        expect(slowData.reply(), "354");
        assertThat(slowData.send(MESSAGE + ".\r\n").reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
    }

    @Test
    void aHookThatBlocksAnEventLoopHoldsUpThatLoopOnly() throws Exception {
        Queue<SmtpServerVerticle> verticles = new ConcurrentLinkedQueue<>();
        BlockingForSlow handler = new BlockingForSlow();
        await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle =
                            new SmtpServerVerticle(handler, options().setPort(-2));
                    verticles.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(2)));
        int port = verticles.element().server().actualPort();
        WireClient slow = connected(port); // connections go to the instances in turn
        WireClient other = connected(port);
        for (WireClient client : List.of(slow, other)) {
            expect(client.reply(), "220");
            expect(client.command("EHLO client.example"), "250");
        }
        slow.send("MAIL FROM:<slow-mail@client.example>\r\n");
        assertThat(transaction(other)).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(slow.sawNothing()).isTrue();
        gate.countDown();
        assertThat(slow.reply()).isEqualTo(Replies.SENDER_OK.toString());
    }

    // The order of hooks, and their context

    /** Notes every hook, and whether it was called where and when it should be. */
    private static final class Noting implements SmtpHandler {
        private final Queue<String> hooks = new ConcurrentLinkedQueue<>();
        private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
        private final AtomicInteger inside = new AtomicInteger();
        private final CountDownLatch gone = new CountDownLatch(1);

        private <T> Future<T> note(Session session, String hook, Future<T> answer) {
            if (inside.incrementAndGet() != 1) {
                wrong.add(hook + " while another hook runs");
            }
            if (!session.context().equals(Vertx.currentContext())) {
                wrong.add(hook + " on " + Thread.currentThread());
            }
            hooks.add(hook);
            inside.decrementAndGet();
            return answer;
        }

        @Override
        public Future<Reply> handleConnect(Session session) {
            return note(session, "connect", SmtpHandler.super.handleConnect(session));
        }

        @Override
        public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
            return note(session, "ehlo " + session.hostName(), Future.succeededFuture(planned));
        }

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            String hook = "mail " + session.hostName().orElseThrow();
            return note(session, hook, SmtpHandler.super.handleMail(session, envelope, sender));
        }

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            String hook = "rcpt " + envelope.rcptTos().size();
            return note(session, hook, SmtpHandler.super.handleRcpt(session, envelope, recipient));
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Future<Reply> answer = whole(body)
                    .compose(content -> note(
                            session, "body " + content.length(), Future.succeededFuture(Replies.MESSAGE_ACCEPTED)));
            return note(session, "data " + envelope.rcptTos().size(), answer);
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            Promise<Reply> promise = Promise.promise();
            new Thread(() -> promise.complete(Reply.ok())).start();
            return note(session, "noop", promise.future());
        }

        @Override
        public Future<Reply> handleQuit(Session session) {
            return note(session, "quit", SmtpHandler.super.handleQuit(session));
        }

        @Override
        public void handleDisconnect(Session session) {
            note(session, "disconnect", Future.succeededFuture());
            gone.countDown();
        }
    }

    @ParameterizedTest
    @EnumSource
    void pipelinedCommandsMeetTheirHooksInOrderOnTheContextOfTheSession(Style style) throws Exception {
        Noting handler = new Noting();
        SmtpServer server = deploy(style, handler);
        WireClient client = greeted(server);
        expect(client.command("EHLO client.example"), "250");
        String chunk = "BDAT " + MESSAGE.length() + "\r\n" + MESSAGE + "NOOP\r\nBDAT 2 LAST\r\n\r\n";
        String envelope = "MAIL FROM:<a@client.example>\r\n" + "RCPT TO:<b@mx.example>\r\n".repeat(2);
        client.send(envelope + chunk + "NOOP\r\n" + envelope + "DATA\r\n");
        for (int i = 0; i < 3 + 3 + 1 + 3; i++) {
            expect(client.reply(), "250");
        }
        expect(client.reply(), "354");
        client.send(MESSAGE + ".\r\nNOOP\r\nQUIT\r\n");
        assertThat(client.readToEnd())
                .isEqualTo(Replies.MESSAGE_ACCEPTED + "\r\n" + Reply.ok() + "\r\n" + Replies.BYE + "\r\n");
        assertThat(handler.gone.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        String body = "body " + MESSAGE.length();
        assertThat(handler.hooks)
                .containsExactly(
                        "connect",
                        "ehlo Optional.empty",
                        "mail client.example",
                        "rcpt 0",
                        "rcpt 1",
                        "data 2",
                        "noop",
                        "body " + (MESSAGE.length() + 2),
                        "noop",
                        "mail client.example",
                        "rcpt 0",
                        "rcpt 1",
                        "data 2",
                        body,
                        "noop",
                        "quit",
                        "disconnect");
        assertThat(handler.wrong).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void hooksRunOnThreadsOfTheModelThatWasDeployed(Style style) throws Exception {
        Queue<ThreadingModel> models = new ConcurrentLinkedQueue<>();
        AtomicInteger onEventLoop = new AtomicInteger();
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                models.add(session.context().threadingModel());
                if (Context.isOnEventLoopThread()) {
                    onEventLoop.incrementAndGet();
                }
                return Future.succeededFuture(Reply.ok());
            }
        });
        expect(afterEhlo(server).command("NOOP"), "250");
        assertThat(models).containsExactly(style.model());
        assertThat(onEventLoop).hasValue(style == Style.EVENT_LOOP ? 1 : 0);
    }

    @ParameterizedTest
    @EnumSource
    void extensionsAuthenticatorsAndHandleExceptionRunWhereHooksRun(Style style) throws Exception {
        Queue<String> onContextOf = new ConcurrentLinkedQueue<>();
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Reply handleException(Session session, Throwable failure) {
                onContextOf.add("handleException " + session.context().equals(Vertx.currentContext()));
                return Reply.of(450, "4.3.0", "seen");
            }
        };
        Extension extension = new Extension() {
            @Override
            public Optional<String> verb() {
                return Optional.of("XFAIL");
            }

            @Override
            public Future<Reply> handle(Session session, Envelope envelope, String argument) {
                onContextOf.add("extension " + session.context().equals(Vertx.currentContext()));
                throw new IllegalStateException("broken on purpose");
            }
        };
        AtomicReference<SmtpServer> server = new AtomicReference<>();
        await(vertx.deployVerticle(
                () -> new SmtpServerVerticle(handler, options().setAuthRequireTls(false)) {
                    @Override
                    protected SmtpServer createServer(
                            Supplier<? extends SmtpHandler> handlers, SmtpServerOptions merged) {
                        server.set(super.createServer(handlers, merged)
                                .addExtension(extension)
                                .addMechanism(SaslMechanism.plain((credentials, context) -> {
                                    onContextOf.add("authenticator "
                                            + Vertx.currentContext().threadingModel());
                                    return Future.succeededFuture(Optional.empty());
                                })));
                        return server.get();
                    }
                },
                new DeploymentOptions().setThreadingModel(style.model())));
        WireClient client = afterEhlo(server.get());
        expect(client.command("AUTH PLAIN AGEAYg=="), "535");
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(client.command("XFAIL")).isEqualTo("450 4.3.0 seen");
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
        assertThat(onContextOf)
                .containsExactly("authenticator " + style.model(), "extension true", "handleException true");
        expect(client.command("NOOP"), "250");
    }

    // Bodies

    @ParameterizedTest
    @CsvSource({"false, DATA", "false, BDAT", "true, DATA", "true, BDAT"})
    void aVirtualThreadMayAwaitTheBodyInsideTheHook(boolean lmtp, String verb) throws Exception {
        AtomicReference<Buffer> read = new AtomicReference<>();
        SmtpHandler straight = new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                read.set(whole(body).await());
                return Future.succeededFuture(
                        Reply.of(250, "2.0.0", "got " + read.get().length()));
            }
        };
        WireClient client =
                greeted(deploy(Style.VIRTUAL_THREAD, straight, options().setLmtp(lmtp)));
        expect(client.command((lmtp ? "LHLO" : "EHLO") + " client.example"), "250");
        for (int i = 0; i < 2; i++) {
            envelope(client);
            sendMessage(client, verb, MESSAGE);
            assertThat(client.reply()).isEqualTo("250 2.0.0 got " + MESSAGE.length());
            assertThat(read.get()).hasToString(MESSAGE);
        }
    }

    private static void sendMessage(WireClient client, String verb, String message) throws IOException {
        if (verb.equals("DATA")) {
            expect(client.command("DATA"), "354");
            client.send(message + ".\r\n");
        } else {
            // between two chunks the hook is still at it, and others are asked
            expect(client.send("BDAT 4\r\n" + message.substring(0, 4)).reply(), "250");
            expect(client.command("NOOP"), "250");
            client.send("BDAT " + (message.length() - 4) + " LAST\r\n" + message.substring(4));
        }
    }

    @ParameterizedTest
    @CsvSource({"DATA, half of it", "BDAT 50, half of it", "BDAT 10, half of it"})
    void anAbortByTheClientEndsTheWaitForTheBody(String command, String half) throws Exception {
        Promise<Throwable> failure = Promise.promise();
        Noted end = new Noted();
        SmtpServer server = deploy(Style.VIRTUAL_THREAD, new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                try {
                    whole(body).await();
                } catch (RuntimeException aborted) {
                    failure.complete(aborted);
                }
                end.note("handleData returns");
                return Future.succeededFuture(Reply.ok());
            }

            @Override
            public void handleDisconnect(Session session) {
                end.note("handleDisconnect");
            }
        });
        WireClient client = afterRcpt(server);
        client.send(command + "\r\n");
        if (command.equals("DATA")) {
            expect(client.reply(), "354");
        }
        client.send(half);
        client.reset();
        assertThat(await(failure.future())).isInstanceOf(MessageAbortedException.class);
        end.awaitAll("handleData returns", "handleDisconnect");
    }

    /** Notes what happens, to be awaited. */
    private static final class Noted {
        private final Queue<String> events = new ConcurrentLinkedQueue<>();

        void note(String event) {
            events.add(event);
        }

        void awaitAll(String... expected) {
            awaitTrue("saw only " + events, () -> events.size() >= expected.length);
            assertThat(events).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRefusalBeforeTheBodyComesInPlaceOf354(Style style) throws Exception {
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                return Future.failedFuture(new SmtpException(550, "5.7.1", "not from you"));
            }
        });
        WireClient client = afterRcpt(server);
        assertThat(client.command("DATA")).isEqualTo("550 5.7.1 not from you");
        envelope(client);
        assertThat(client.send("BDAT 5 LAST\r\nhello").reply()).isEqualTo("550 5.7.1 not from you");
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatThreadsOfTheHandlerPauseStopsTheSender(Style style) throws Exception {
        byte[] large = ("x".repeat(76) + "\r\n").repeat(400_000).getBytes(StandardCharsets.US_ASCII);
        AtomicReference<Session> paused = new AtomicReference<>();
        AtomicReference<ReadStream<Buffer>> stream = new AtomicReference<>();
        AtomicLong got = new AtomicLong();
        SmtpServer server = deploy(
                style,
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                        Promise<Reply> answer = Promise.promise();
                        body.endHandler(end -> answer.complete(Reply.of(250, "got " + got)));
                        body.handler(buffer -> {
                            got.addAndGet(buffer.length());
                            if (stream.compareAndSet(null, body)) {
                                body.pause();
                                paused.set(session);
                            }
                        });
                        return answer.future();
                    }
                },
                options().setDataSizeLimit(0));
        WireClient client = inData(server);
        int taken = client.sendUntilStuck(large, STUCK);
        awaitTrue("nothing was read", () -> paused.get() != null);
        long first = got.get();
        // what the kernel and Vert.x hold by themselves; it does not grow with the message
        assertThat(taken).isLessThan(16 * 1024 * 1024);
        assertThat(first).isPositive().isLessThanOrEqualTo(64 * 1024);

        paused.get().context().runOnContext(v -> stream.get().resume());
        byte[] rest = Arrays.copyOfRange(large, taken, large.length);
        assertThat(client.sendUntilStuck(rest, Duration.ofSeconds(SECONDS))).isEqualTo(rest.length);
        assertThat(client.send(".\r\n").reply()).isEqualTo("250 2.0.0 got " + large.length);
    }

    @ParameterizedTest
    @EnumSource
    void fetchingOneByOneGivesTheWholeBodyInOrder(Style style) throws Exception {
        // a dot at the start of each line cuts what is handed over into pieces
        StringBuilder sent = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            sent.append("..").append(i).append("\r\n");
            expected.append('.').append(i).append("\r\n");
        }
        AtomicReference<String> read = new AtomicReference<>();
        AtomicInteger unasked = new AtomicInteger();
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                StringBuilder content = new StringBuilder();
                AtomicInteger asked = new AtomicInteger(1);
                body.pause();
                body.handler(buffer -> {
                    if (asked.decrementAndGet() < 0) {
                        unasked.incrementAndGet();
                    }
                    content.append(buffer);
                    // from another thread altogether
                    vertx.executeBlocking(
                            () -> {
                                asked.incrementAndGet();
                                return body.fetch(1);
                            },
                            false);
                });
                body.endHandler(end -> {
                    read.set(content.toString());
                    answer.complete(Replies.MESSAGE_ACCEPTED);
                });
                body.fetch(1);
                return answer.future();
            }
        });
        WireClient client = inData(server);
        expect(client.send(sent + ".\r\n").reply(), "250");
        assertThat(read.get()).isEqualTo(expected.toString());
        assertThat(unasked).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void aBodyHandlerThatThrowsIsAnsweredWith451AndHearsNothingMore(Style style) throws Exception {
        AtomicInteger called = new AtomicInteger();
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(buffer -> {
                    called.incrementAndGet();
                    throw new IllegalStateException("broken on purpose");
                });
                return Promise.<Reply>promise().future();
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = inData(server);
            assertThat(client.send("..a\r\n..b\r\n..c\r\n.\r\n").reply()).isEqualTo(failed());
            assertThat(log.at(Level.SEVERE)).hasSize(1);
            expect(client.command("NOOP"), "250");
        }
        assertThat(called).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void aMessageWhoseBodyHandlerHasThrownIsNotAcceptedByALaterAnswer(Style style) throws Exception {
        SmtpServer server = deploy(style, new SmtpHandler() {
            private final Promise<Reply> answer = Promise.promise();

            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(buffer -> {
                    throw new IllegalStateException("broken on purpose");
                });
                return answer.future();
            }

            @Override
            public Reply handleException(Session session, Throwable failure) {
                answer.complete(Replies.MESSAGE_ACCEPTED);
                return Reply.of(452, "the first failure counts");
            }
        });
        WireClient client = inData(server);
        assertThat(client.send(MESSAGE + ".\r\n").reply()).endsWith("the first failure counts");
        expect(client.command("NOOP"), "250");
    }

    // Time, and the end

    @ParameterizedTest
    @EnumSource(names = {"WORKER", "VIRTUAL_THREAD"})
    void aHookThatBlocksForTooLongIsAnsweredWith451AndItsAnswerIsIgnored(Style style) throws Exception {
        Queue<String> asked = new ConcurrentLinkedQueue<>();
        VertxSmtpServer server = deploy(style, new Taking() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                asked.add(argument);
                if (argument.equals("slow")) {
                    block();
                    return Future.succeededFuture(Reply.of(250, "too late"));
                }
                return Future.succeededFuture(Reply.ok());
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP slow\r\nNOOP next\r\n");
        awaitTrue("the hook was not called", () -> !asked.isEmpty());
        pass(server, SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        assertThat(client.reply()).isEqualTo(failed());
        assertThat(client.sawNothing()).isTrue();
        gate.countDown();
        assertThat(client.reply()).isEqualTo(Reply.ok().toString());
        assertThat(transaction(client)).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(asked).containsExactly("slow", "next");
    }

    @ParameterizedTest
    @EnumSource(names = {"WORKER", "VIRTUAL_THREAD"})
    void aMessageWhoseHookBlocksForTooLongIsAnsweredWith451InPlaceOf354(Style style) throws Exception {
        Promise<Throwable> failure = Promise.promise();
        CountDownLatch called = new CountDownLatch(1);
        VertxSmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                called.countDown();
                block();
                return whole(body).onFailure(failure::complete).map(Replies.MESSAGE_ACCEPTED);
            }
        });
        WireClient client = afterRcpt(server);
        client.send("DATA\r\n");
        assertThat(called.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        pass(server, SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        assertThat(client.reply()).isEqualTo(failed());
        gate.countDown();
        // who begins to read after that learns that there is nothing to read
        assertThat(await(failure.future())).isInstanceOf(MessageAbortedException.class);
        expect(client.command("NOOP"), "250");
    }

    @ParameterizedTest
    @EnumSource(names = {"WORKER", "VIRTUAL_THREAD"})
    void theEndOfTheConnectionIsToldWhenTheLastHookHasReturned(Style style) throws Exception {
        Noted noted = new Noted();
        CountDownLatch called = new CountDownLatch(1);
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                called.countDown();
                block();
                noted.note("handleNoop returns");
                return Future.succeededFuture(Reply.ok());
            }

            @Override
            public void handleDisconnect(Session session) {
                noted.note("handleDisconnect " + session.context().equals(Vertx.currentContext()) + " "
                        + session.hostName().orElseThrow());
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\n");
        assertThat(called.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        client.reset();
        awaitNoConnection(server);
        assertThat(noted.events).isEmpty();
        gate.countDown();
        noted.awaitAll("handleNoop returns", "handleDisconnect true client.example");
    }

    @Test
    void theEndOfTheConnectionIsNotToldWhileAHookAwaitsSomething() throws Exception {
        Promise<Void> awaited = Promise.promise();
        Noted noted = new Noted();
        CountDownLatch called = new CountDownLatch(1);
        SmtpServer server = deploy(Style.VIRTUAL_THREAD, new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                called.countDown();
                awaited.future().await();
                noted.note("handleNoop returns");
                return Future.succeededFuture(Reply.ok());
            }

            @Override
            public void handleDisconnect(Session session) {
                noted.note("handleDisconnect");
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\n");
        assertThat(called.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        client.reset();
        awaitNoConnection(server);
        awaited.complete();
        noted.awaitAll("handleNoop returns", "handleDisconnect");
    }

    @ParameterizedTest
    @EnumSource
    void undeployingEndsTheServerAndTellsTheHandler(Style style) throws Exception {
        AtomicInteger ended = new AtomicInteger();
        SmtpServer server = deploy(style, new SmtpHandler() {
            @Override
            public void handleDisconnect(Session session) {
                ended.incrementAndGet();
            }
        });
        int port = server.actualPort();
        List<WireClient> clients = List.of(greeted(server), afterEhlo(server));
        await(vertx.undeploy(deployment));
        assertThat(ended).hasValue(2);
        for (WireClient client : clients) {
            assertThat(client.readToEnd()).isEqualTo(GOODBYE);
        }
        assertThat(server.connections()).isZero();
        awaitTrue("port " + port + " still takes connections", () -> isRefused(port));
    }

    private static boolean isRefused(int port) {
        try {
            new WireClient(port).close();
            return false;
        } catch (IOException refused) {
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WORKER", "VIRTUAL_THREAD"})
    void undeployingDoesNotWaitForAHookThatBlocksForEver(Style style) throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        SmtpServer server = deploy(
                style,
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleNoop(Session session, String argument) {
                        called.countDown();
                        block();
                        return Future.succeededFuture(Reply.ok());
                    }
                },
                options().setShutdownGrace(Duration.ZERO));
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\n");
        assertThat(called.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        try (CapturedLog log = CapturedLog.of(VertxSmtpServer.class)) {
            await(vertx.undeploy(deployment));
            assertThat(log.at(Level.WARNING)).hasSize(1);
        }
        assertThat(gate.getCount()).isEqualTo(1);
        assertThat(client.readToEnd()).isEqualTo(GOODBYE);
    }

    @Test
    void withoutVirtualThreadsADeploymentOnThemFailsAndSaysSo() {
        assumeThat(Runtime.version().feature()).isLessThan(Style.FIRST_JDK_WITH_VIRTUAL_THREADS);
        assertThatThrownBy(() -> await(vertx.deployVerticle(
                        () -> new SmtpServerVerticle(new SmtpHandler() {}, options()),
                        new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))))
                .hasMessageContaining("does not support virtual threads");
    }
}
