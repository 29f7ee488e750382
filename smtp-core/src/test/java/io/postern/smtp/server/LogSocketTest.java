package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** What the log tells, and what it never tells. */
class LogSocketTest extends SocketTestBase {

    private static final String SECRET = "content-of-the-message";

    private final Queue<String> ids = new ConcurrentLinkedQueue<>();
    private final Promise<Void> never = Promise.promise();

    private final SmtpHandler handler = new SmtpHandler() {
        @Override
        public Future<Reply> handleConnect(Session session) {
            ids.add(session.id());
            return SmtpHandler.super.handleConnect(session);
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            if (argument.equals("never")) {
                never.complete();
                return Promise.<Reply>promise().future();
            }
            return Future.failedFuture("broken");
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.endHandler(end -> answer.complete(Reply.ok()));
            body.handler(buffer -> {});
            return answer.future();
        }
    };

    @Test
    void everyLineAboutASessionCarriesItsId() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            ManualClock clock = new ManualClock();
            VertxSmtpServer server = listen(handler, options(), clock);
            WireClient client = inData(server);
            expect(client.send(MESSAGE + ".\r\n").reply(), "250");
            expect(client.command("NOOP"), "451");
            client.send("NOOP never\r\n");
            await(never.future());
            clock.advance(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
            await(server.tick());
            expect(client.reply(), "451");
            client.send("QUIT\r\n");
            client.readToEnd();
            inData(server).reset();
            awaitNoConnection(server);
            assertThat(ids).hasSize(2);
            assertThat(log.messages())
                    .hasSizeGreaterThan(20)
                    .allMatch(line -> ids.stream().anyMatch(id -> line.startsWith(id + ": ")));
        }
    }

    @Test
    void theWireTraceShowsCommandsAndReplies() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = greeted(listen(handler));
            expect(client.command("EHLO client.example"), "250");
            expect(client.command("MAIL FROM:<a@b.example> SIZE=7"), "250");
            String id = ids.element();
            assertThat(log.messages())
                    .containsSubsequence(
                            id + ": S: 220 mx.example ESMTP Postern",
                            id + ": C: EHLO client.example",
                            id + ": S: 250-mx.example",
                            id + ": S: 250-PIPELINING",
                            id + ": C: MAIL FROM:<a@b.example> SIZE=7",
                            id + ": S: 250 2.1.0 OK");
        }
    }

    @Test
    void noContentOfAMessageIsEverLogged() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            SmtpServer server = listen(handler);
            WireClient client = inData(server);
            expect(client.send(SECRET + "\r\n.\r\n").reply(), "250");
            envelope(client);
            expect(client.send("BDAT 24 LAST\r\n" + SECRET + "\r\n").reply(), "250");
            envelope(client);
            expect(client.command("DATA"), "354");
            expect(client.send("bare\n" + SECRET + "\r\n.\r\n").reply(), "554");
            // a chunk that is refused is content too
            expect(client.send("BDAT 24 LAST\r\n" + SECRET + "\r\n").reply(), "503");
            WireClient aborting = inData(server);
            aborting.send(SECRET);
            aborting.reset();
            client.close();
            awaitNoConnection(server);
            assertThat(log.messages()).isNotEmpty().noneMatch(line -> line.contains(SECRET));
        }
    }

    @Test
    void noCredentialsAreEverLogged() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = afterEhlo(listen(handler));
            for (String line : List.of("AUTH PLAIN " + SECRET, " auth plain " + SECRET, "AUTH=PLAIN " + SECRET)) {
                expect(client.command(line), "50");
            }
            assertThat(log.messages()).isNotEmpty().noneMatch(line -> line.contains(SECRET));
        }
    }

    @Test
    void withoutDebugNothingIsTracedOfASessionThatGoesWell() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class, Level.INFO)) {
            WireClient client = inData(listen(handler));
            expect(client.send(MESSAGE + ".\r\n").reply(), "250");
            assertThat(log.messages()).isEmpty();
        }
    }
}
