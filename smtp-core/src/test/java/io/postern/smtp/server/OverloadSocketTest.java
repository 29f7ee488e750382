package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Clients that ask for more than their share, and many of them. */
class OverloadSocketTest extends SocketTestBase {

    @Test
    void aClientThatReadsNoReplyStopsItsOwnInputAndNobodyElses() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                asked.incrementAndGet();
                return Future.succeededFuture(Reply.ok());
            }
        });
        WireClient client = afterEhlo(server);
        int commands = 4_000_000;
        byte[] flood = "NOOP\r\n".repeat(commands).getBytes(StandardCharsets.US_ASCII);
        int taken = client.sendUntilStuck(flood, Duration.ofMillis(300));
        assertThat(taken).isLessThan(flood.length);
        assertThat(afterEhlo(server).command("HELP")).startsWith("214");

        // it reads at last: each command that the server took is answered
        int whole = taken / "NOOP\r\n".length();
        for (int i = 0; i < whole; i++) {
            assertThat(client.line()).isEqualTo(Replies.OK.toString());
        }
        assertThat(asked).hasValue(whole);
    }

    @Test
    void aPipeliningClientLeavesTurnsToOthers() throws Exception {
        Queue<String> order = new ConcurrentLinkedQueue<>();
        Promise<Reply> gate = Promise.promise();
        AtomicInteger first = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                order.add(argument);
                return argument.equals("hog") && first.getAndIncrement() == 0
                        ? gate.future()
                        : Future.succeededFuture(Reply.ok());
            }
        });
        WireClient hog = afterEhlo(server);
        WireClient other = afterEhlo(server);
        hog.send("NOOP hog\r\n".repeat(5_000));
        awaitTrue("the hook was not asked", () -> first.get() > 0);
        gate.complete(Reply.ok());
        assertThat(other.command("NOOP other")).startsWith("250");
        for (int i = 0; i < 5_000; i++) {
            expect(hog.reply(), "250");
        }
        assertThat(order).hasSize(5_001).contains("other");
    }

    @Test
    void manyConnectionsAreServedSideBySide() throws Exception {
        int connections = 300;
        Queue<String> ids = new ConcurrentLinkedQueue<>();
        AtomicInteger gone = new AtomicInteger();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                ids.add(session.id());
                return SmtpHandler.super.handleConnect(session);
            }

            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                Buffer content = Buffer.buffer();
                body.endHandler(end -> answer.complete(
                        Reply.of(250, "got " + content.toString().strip())));
                body.handler(content::appendBuffer);
                return answer.future();
            }

            @Override
            public void handleDisconnect(Session session) {
                gone.incrementAndGet();
            }
        });
        List<WireClient> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            clients.add(inData(server));
        }
        assertThat(server.connections()).isEqualTo(connections);
        for (int i = 0; i < connections; i++) {
            clients.get(i).send("message " + i + "\r\n.\r\n");
        }
        for (int i = 0; i < connections; i++) {
            assertThat(clients.get(i).reply()).isEqualTo("250 2.0.0 got message " + i);
            clients.get(i).close();
        }
        awaitNoConnection(server);
        assertThat(ids).hasSize(connections).doesNotHaveDuplicates();
        awaitTrue("told of " + gone + " ends", () -> gone.get() == connections);
    }
}
