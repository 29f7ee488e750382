package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** How sessions end, by the one side or the other. */
class ClosingSocketTest extends SocketTestBase {

    private final Queue<String> ended = new ConcurrentLinkedQueue<>();

    private SmtpHandler countingEnds() {
        return new SmtpHandler() {
            @Override
            public void handleDisconnect(Session session) {
                ended.add(session.id());
            }
        };
    }

    @Test
    void quitIsAnsweredAndTheConnectionClosed() throws Exception {
        SmtpServer server = listen(countingEnds());
        WireClient client = greeted(server);
        client.send("QUIT\r\n");
        assertThat(client.readToEnd()).isEqualTo(Replies.BYE + "\r\n");
        awaitNoConnection(server);
        assertThat(ended).hasSize(1);
    }

    @Test
    void whatComesBehindQuitIsDroppedWithoutAWord() throws Exception {
        SmtpServer server = listen(countingEnds());
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = greeted(server);
            client.send("QUIT\r\nNOOP\r\n");
            assertThat(client.readToEnd()).isEqualTo(Replies.BYE + "\r\n");
            awaitNoConnection(server);
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aReply421OfAHookClosesTheConnection() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return Future.succeededFuture(Reply.of(421, "4.7.0", "enough"));
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\nNOOP\r\n");
        assertThat(client.readToEnd()).isEqualTo("421 4.7.0 enough\r\n");
    }

    @Test
    void aClientThatWaitsTooLongGets421() throws Exception {
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(countingEnds(), options(), clock);
        WireClient client = greeted(server);
        clock.advance(SmtpServerOptions.DEFAULT_TIMEOUT);
        await(server.tick());
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        awaitNoConnection(server);
        assertThat(ended).hasSize(1);
    }

    @Test
    void aClientThatStopsInsideAMessageGets421() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(recorder, options(), clock);
        WireClient client = inData(server);
        pass(SmtpServerOptions.DEFAULT_DATA_TIMEOUT, server, clock);
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        assertThat(await(recorder.failed())).isNotNull();
        assertThat(recorder.hasEnded()).isFalse();
    }

    @Test
    void aClientThatReadsNoReplyIsCutOffAfterTheTimeout() throws Exception {
        SmtpServer server = listen(countingEnds(), options().setTimeout(Duration.ofSeconds(3)));
        WireClient client = greeted(server);
        byte[] help = "HELP\r\n".repeat(2_000_000).getBytes(StandardCharsets.US_ASCII);
        int taken = client.sendUntilStuck(help, Duration.ofMillis(200));
        assertThat(taken).isLessThan(help.length);
        awaitNoConnection(server);
        assertThat(ended).hasSize(1);
    }

    @Test
    void anEndOfWhateverKindIsToldOnce() throws Exception {
        SmtpServer server = listen(countingEnds());
        WireClient quit = greeted(server);
        quit.send("QUIT\r\n");
        quit.readToEnd();
        greeted(server).close();
        greeted(server).reset();
        afterRcpt(server).reset();
        awaitTrue("ended are " + ended, () -> ended.size() >= 4);
        awaitNoConnection(server);
        await(server.close());
        assertThat(ended).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void anAnswerToAClientThatHasGoneIsDropped() throws Exception {
        Promise<Reply> late = Promise.promise();
        Promise<Void> asked = Promise.promise();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                asked.complete();
                return late.future();
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(server);
            client.send("NOOP\r\n");
            await(asked.future());
            client.reset();
            awaitNoConnection(server);
            late.complete(Reply.ok());
            assertThat(afterEhlo(server).command("HELP")).startsWith("214");
            assertThat(log.at(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void aThrowingHandleDisconnectHarmsNobody() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public void handleDisconnect(Session session) {
                throw new IllegalStateException("broken on purpose");
            }
        });
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            greeted(server).close();
            awaitNoConnection(server);
            WireClient next = greeted(server);
            assertThat(next.command("NOOP")).startsWith("250");
            next.close();
            awaitNoConnection(server);
            assertThat(log.at(Level.SEVERE)).hasSize(2);
        }
    }

    @Test
    void aSupplierThatFailsIsAnsweredWith421() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        SmtpServer server = await(SmtpServer.create(
                        vertx,
                        () -> {
                            asked.incrementAndGet();
                            throw new IllegalStateException("broken on purpose");
                        },
                        options())
                .listen());
        try (CapturedLog log = CapturedLog.of(VertxSmtpServer.class)) {
            assertThat(connected(server).readToEnd()).isEqualTo(Replies.CONNECTION_FAILED + "\r\n");
            assertThat(log.at(Level.SEVERE)).hasSize(1);
        }
        assertThat(asked).hasValue(1);
        assertThat(server.connections()).isZero();
    }

    @Test
    void aClientThatHasClosedItsSideStillGetsItsReplies() throws Exception {
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return vertx.timer(100).map(v -> Reply.ok());
            }
        });
        WireClient client = afterEhlo(server);
        client.send("NOOP\r\nNOOP\r\n");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("250 2.0.0 OK\r\n250 2.0.0 OK\r\n");
        awaitNoConnection(server);
    }
}
