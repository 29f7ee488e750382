package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Deadlines cost no timer and no look at the clock for what a client sends, however small its pieces are. */
class TimeKeepingSocketTest extends SocketTestBase {

    private static final int PART = 350_000;

    private final AtomicInteger looks = new AtomicInteger();
    private final Queue<String> timers = new ConcurrentLinkedQueue<>();

    /** The same Vert.x, which notes the timers that it is asked for. The periodic ones never tick: the test does that. */
    private Vertx notingTimers() {
        return (Vertx) Proxy.newProxyInstance(
                Vertx.class.getClassLoader(), new Class<?>[] {Vertx.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("setPeriodic")) {
                        timers.add(method.getName());
                        return -1L;
                    }
                    if (method.getName().equals("setTimer") || method.getName().equals("timer")) {
                        timers.add(method.getName());
                    }
                    try {
                        return method.invoke(vertx, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Takes messages and says how long they were. */
    private static final class Counting implements SmtpHandler {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            AtomicInteger octets = new AtomicInteger();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Reply.of(250, "got " + octets)));
            body.handler(buffer -> octets.addAndGet(buffer.length()));
            return answer.future();
        }
    }

    private static void sendOctetByOctet(WireClient client, String text) throws Exception {
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        byte[] one = new byte[1];
        for (byte octet : octets) {
            one[0] = octet;
            client.send(one);
        }
    }

    @Test
    void aMegabyteOctetByOctetCostsNoTimerAndNoLookAtTheClock() throws Exception {
        VertxSmtpServer server = new VertxSmtpServer(notingTimers(), Counting::new, options(), () -> {
            looks.incrementAndGet();
            return 0;
        });
        await(server.listen());
        assertThat(timers).containsExactly("setPeriodic"); // the tick
        assertThat(looks).hasValue(1);

        WireClient client = afterEhlo(server);
        String line = "NOOP " + "x".repeat(393) + "\r\n";
        for (int i = 0; i < PART / line.length(); i++) {
            sendOctetByOctet(client, line);
            expect(client.reply(), "250");
        }
        await(server.tick());
        envelope(client);
        expect(client.command("DATA"), "354");
        sendOctetByOctet(client, ("y".repeat(98) + "\r\n").repeat(PART / 100) + ".\r\n");
        assertThat(client.reply()).isEqualTo("250 2.0.0 got " + PART);
        await(server.tick());
        envelope(client);
        sendOctetByOctet(client, "BDAT " + PART + " LAST\r\n" + ("z".repeat(98) + "\r\n").repeat(PART / 100));
        assertThat(client.reply()).isEqualTo("250 2.0.0 got " + PART);
        await(server.tick());

        assertThat(looks).as("one at the beginning and one for each tick").hasValue(4);
        assertThat(timers).containsExactly("setPeriodic");
    }
}
