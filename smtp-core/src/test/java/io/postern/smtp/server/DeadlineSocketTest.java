package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** How long the server waits for whom, by a clock that stands still unless a test moves it. */
class DeadlineSocketTest extends SocketTestBase {

    private static final Duration TIMEOUT = SmtpServerOptions.DEFAULT_TIMEOUT;
    private static final Duration DATA_TIMEOUT = SmtpServerOptions.DEFAULT_DATA_TIMEOUT;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final ManualClock clock = new ManualClock();
    private VertxSmtpServer server;
    private WireClient neighbour;

    private void serve(SmtpHandler handler, SmtpServerOptions options) throws Exception {
        server = new VertxSmtpServer(vertx, () -> handler, options, clock);
        await(server.listen());
        neighbour = afterEhlo(server);
    }

    private void serve(SmtpHandler handler) throws Exception {
        serve(handler, options());
    }

    /**
     * Lets time pass, once the server has read what clients have sent: all connections share an event loop, and what had
     * arrived before the command of the neighbour is read in the same round at the latest.
     */
    private void pass(Duration time) throws Exception {
        expect(neighbour.command("NOOP neighbour"), "250");
        clock.advance(time);
        await(server.tick());
    }

    @Test
    void anIdleClientIsToldSoAndClosed() throws Exception {
        serve(new SmtpHandler() {});
        WireClient client = afterEhlo(server);
        pass(TIMEOUT.minus(MOMENT));
        expect(client.command("NOOP"), "250");
        pass(TIMEOUT.minus(MOMENT));
        expect(client.command("NOOP"), "250");
        pass(TIMEOUT);
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
    }

    @Test
    void aClientThatNeverSpeaksIsToldSoAndClosed() throws Exception {
        serve(new SmtpHandler() {});
        WireClient client = greeted(server);
        pass(TIMEOUT);
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
    }

    @Test
    void zeroIsNoDeadline() throws Exception {
        serve(new SmtpHandler() {}, options().setTimeout(Duration.ZERO));
        WireClient client = afterEhlo(server);
        pass(Duration.ofDays(1));
        expect(client.command("NOOP"), "250");
    }

    @Test
    void theOctetsOfACommandDoNotRenewItsDeadline() throws Exception {
        serve(new SmtpHandler() {});
        WireClient client = afterEhlo(server);
        for (char octet : "NOOP and so".toCharArray()) {
            client.send(String.valueOf(octet));
            pass(TIMEOUT.dividedBy(11));
        }
        pass(MOMENT);
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
    }

    @Test
    void anEndlessCommandLineDoesNotRenewItsDeadline() throws Exception {
        serve(new SmtpHandler() {});
        WireClient client = afterEhlo(server);
        for (int i = 0; i < 5; i++) {
            client.send("x".repeat(5_000));
            pass(TIMEOUT.dividedBy(5));
        }
        pass(MOMENT);
        assertThat(client.readToEnd()).endsWith(Replies.CLIENT_TIMEOUT + "\r\n");
    }

    @Test
    void aBodyThatStopsIsGivenUp() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        serve(recorder);
        WireClient client = inData(server);
        client.send("Subject: hi\r\n");
        pass(DATA_TIMEOUT.minus(MOMENT));
        client.send("\r\n");
        pass(MOMENT);
        pass(DATA_TIMEOUT);
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        assertThat(await(recorder.failed())).isNotNull();
        assertThat(recorder.hasEnded()).isFalse();
    }

    /** @return how long the client could send two octets a second */
    private Duration trickle(WireClient client, String part) throws Exception {
        Duration step = DATA_TIMEOUT.dividedBy(6);
        Duration passed = Duration.ZERO;
        int connections = server.connections();
        while (server.connections() == connections && passed.compareTo(DATA_TIMEOUT.multipliedBy(4)) < 0) {
            client.send(part.repeat((int) (2 * step.toSeconds() / part.length())));
            pass(step);
            passed = passed.plus(step);
            if (server.connections() < connections) {
                break;
            }
            expect(neighbour.command("NOOP"), "250"); // the connection needs a turn to close
        }
        return passed;
    }

    @Test
    void aTrickledBodyIsDroppedWithinTwiceTheTimeout() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        serve(recorder);
        WireClient client = inData(server);
        Duration passed = trickle(client, "a\r\n");
        assertThat(passed).isLessThanOrEqualTo(DATA_TIMEOUT.multipliedBy(2));
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        assertThat(await(recorder.failed())).isNotNull();
    }

    @Test
    void aTrickledChunkIsDroppedWithinTwiceTheTimeout() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        serve(recorder);
        WireClient client = afterRcpt(server);
        client.send("BDAT 1000000 LAST\r\n");
        Duration passed = trickle(client, "a\r\n");
        assertThat(passed).isLessThanOrEqualTo(DATA_TIMEOUT.multipliedBy(2));
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        assertThat(await(recorder.failed())).isNotNull();
    }

    @Test
    void aBodyThatIsFastEnoughMayTakeForEver() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        serve(recorder);
        WireClient client = inData(server);
        for (int i = 0; i < 10; i++) {
            client.send(("x".repeat(98) + "\r\n").repeat((int) DATA_TIMEOUT.toSeconds()));
            pass(DATA_TIMEOUT.minus(MOMENT));
        }
        client.send(".\r\n");
        expect(client.reply(), "250");
    }

    @Test
    void aHandlerThatDoesNotAnswerIsGivenUpAndTheSessionGoesOn() throws Exception {
        Promise<Reply> late = Promise.promise();
        serve(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return argument.isEmpty() ? late.future() : SmtpHandler.super.handleNoop(session, argument);
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\n");
        pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        assertThat(client.reply()).isEqualTo(Replies.HANDLER_FAILED.toString());
        late.complete(Reply.of(250, "too late"));
        assertThat(client.command("NOOP still there")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aHandlerThatDoesNotGreetIsGivenUpWhereverTheClockBegins() throws Exception {
        clock.advance(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT.multipliedBy(-9));
        Promise<Session> asked = Promise.promise();
        SmtpHandler silent = new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                asked.complete(session);
                return Promise.<Reply>promise().future();
            }
        };
        server = listen(silent, options(), clock);
        WireClient client = connected(server);
        await(asked.future());
        clock.advance(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        await(server.tick());
        expect(client.reply(), "451");
    }

    @Test
    void aHandlerThatLeavesABodyWaitingIsGivenUp() throws Exception {
        Promise<Throwable> failed = Promise.promise();
        serve(new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.exceptionHandler(failed::complete);
                body.pause();
                body.handler(buffer -> {});
                return Promise.<Reply>promise().future();
            }
        });
        WireClient client = inData(server);
        client.send("x\r\n".repeat(10_000));
        pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
        assertThat(await(failed.future())).isNotNull();
        client.send(".\r\n");
        assertThat(client.reply()).isEqualTo(Replies.HANDLER_FAILED.toString());
        assertThat(client.command("NOOP still there")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aSlowHandlerDoesNotCountAsASlowClient() throws Exception {
        Promise<ReadStream<Buffer>> paused = Promise.promise();
        Promise<Reply> answer = Promise.promise();
        serve(
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                        body.endHandler(end -> answer.complete(Reply.ok()));
                        body.pause();
                        body.handler(buffer -> {});
                        paused.complete(body);
                        return answer.future();
                    }
                },
                options().setHandlerTimeout(DATA_TIMEOUT.multipliedBy(10)));
        WireClient client = inData(server);
        client.send("x\r\n.\r\n");
        pass(DATA_TIMEOUT.multipliedBy(3));
        await(paused.future()).resume();
        expect(client.reply(), "250");
    }

    @Test
    void aClientThatReadsNothingIsCut() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        serve(new SmtpHandler() {
            @Override
            public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
                asked.incrementAndGet();
                return Future.succeededFuture(planned);
            }
        });
        WireClient client = afterEhlo(server);
        sendUntilNothingIsRead(client, server, asked::get);
        pass(TIMEOUT.minus(MOMENT));
        assertThat(server.connections()).isEqualTo(2);
        pass(MOMENT);
        awaitTrue("the client was not cut", () -> server.connections() == 1);
        expect(neighbour.command("NOOP still there"), "250");
    }

    @Test
    void aClientThatTalksBeforeTheGreetingIsRefused() throws Exception {
        server = new VertxSmtpServer(
                vertx, () -> new SmtpHandler() {}, options().setGreetingDelay(Duration.ofHours(1)), clock);
        await(server.listen());
        WireClient client = connected(server);
        client.send("EHLO client.example\r\n");
        // in place of the greeting, which has no enhanced code
        assertThat(client.readToEnd()).isEqualTo("554 Error: the server speaks first\r\n");
        awaitNoConnection(server);
    }

    @Test
    void aClientThatWaitsForTheGreetingGetsIt() throws Exception {
        Duration delay = Duration.ofMinutes(1);
        server = listen(new SmtpHandler() {}, options().setGreetingDelay(delay), clock);
        WireClient client = connected(server);
        awaitTrue("the connection is not there", () -> server.connections() == 1);
        pass(delay.minus(MOMENT), server, clock);
        assertThat(client.sawNothing()).isTrue();
        clock.advance(MOMENT);
        await(server.tick());
        expect(client.reply(), "220");
        expect(client.command("EHLO client.example"), "250");
        envelope(client);
    }

    @Test
    void aClientThatClosesItsSideBeforeTheGreetingGetsItStill() throws Exception {
        Duration delay = Duration.ofMinutes(1);
        server = listen(new SmtpHandler() {}, options().setGreetingDelay(delay), clock);
        WireClient client = connected(server);
        client.shutdownOutput();
        WireClient other = connected(server);
        awaitTrue("the connections are not there", () -> server.connections() == 2);
        pass(delay, server, clock);
        expect(other.reply(), "220");
        assertThat(client.readToEnd()).startsWith("220 ");
        assertThat(other.command("NOOP")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aHandlerThatDoesNotDecideAboutAProxyIsGivenUp() throws Exception {
        Promise<Boolean> decision = Promise.promise();
        Promise<Session> asked = Promise.promise();
        SmtpHandler undecided = new SmtpHandler() {
            @Override
            public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
                asked.complete(session);
                return decision.future();
            }
        };
        // no matter how long a client may take, it is not the client who is waited for
        server = listen(
                undecided,
                options().setProxyProtocol(true).setTimeout(MOMENT).setHandlerTimeout(MOMENT.multipliedBy(9)),
                clock);
        try (CapturedLog log = CapturedLog.of(Entry.class)) {
            WireClient client = connected(server).send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n");
            Session session = await(asked.future());
            clock.advance(MOMENT.multipliedBy(8));
            await(server.tick());
            assertThat(client.sawNothing()).isTrue();
            clock.advance(MOMENT);
            await(server.tick());
            assertThat(client.readToEnd()).isEmpty();
            decision.complete(true);
            awaitNoConnection(server);
            assertThat(log.at(Level.WARNING)).singleElement().asString().startsWith(session.id());
        }
    }

    @Test
    void aClientThatClosesItsSideWhileItsProxyIsJudgedIsNotReadBeforeTheGreeting() throws Exception {
        Promise<Boolean> decision = Promise.promise();
        Promise<Session> asked = Promise.promise();
        SmtpHandler undecided = new SmtpHandler() {
            @Override
            public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
                asked.complete(session);
                return decision.future();
            }
        };
        server = listen(undecided, options().setProxyProtocol(true), clock);
        WireClient client =
                connected(server).send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\nEHLO client.example\r\nQUIT\r\n");
        client.shutdownOutput();
        await(asked.future());
        await(server.tick());
        assertThat(client.sawNothing()).isTrue();
        decision.complete(true);
        assertThat(client.readToEnd()).startsWith("220 ").contains("\r\n250 ").endsWith(Replies.BYE + "\r\n");
    }
}
