package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.dataTo;
import static io.postern.smtp.handlers.relay.RelayFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A message waits where it comes from: the client is read no faster than the next hop reads, and nothing piles up. */
class BackPressureIT {

    private static final int MEBIBYTE = 1_048_576;
    /** Buffers of Vert.x, and those of the system on both sides: far more on the loopback than anywhere else. */
    private static final long BUFFERS = 24L * MEBIBYTE;

    private final RelayFixture fixture = new RelayFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private static byte[] block() {
        return ("x".repeat(1022) + "\r\n").repeat(1024).getBytes(StandardCharsets.US_ASCII);
    }

    /** Counts the octets, which are too many to keep. */
    private static final class Counting implements SmtpHandler {
        private final AtomicLong octets = new AtomicLong();
        private final Promise<Void> start = Promise.promise();

        @Override
        public boolean holdsMessages() {
            return false;
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> reply = Promise.promise();
            body.pause();
            body.exceptionHandler(reply::tryFail);
            body.endHandler(end -> reply.tryComplete(Replies.MESSAGE_ACCEPTED));
            body.handler(part -> octets.addAndGet(part.length()));
            start.future().onSuccess(go -> body.resume());
            return reply.future();
        }
    }

    private static SmtpServerOptions unlimited() {
        // lines of the message are longer than usual, so that it is made of few
        return new SmtpServerOptions().setDataSizeLimit(0).setLineLengthLimit(2_000);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNextHopThatReadsNothingStopsTheClientAndOneThatGoesOnGetsAll(boolean chunking) {
        Counting hop = new Counting();
        int port = fixture.front(
                fixture.relay(to(fixture.hop(hop, unlimited()))
                        .setChunking(chunking)
                        .setReceived(false)
                        .setPeerField(false)),
                unlimited());
        byte[] block = block();
        int blocks = 100;
        try (RawSmtpClient client = dataTo(port)) {
            client.setTimeout(Duration.ofSeconds(60));
            client.send("A: b\r\n\r\n");
            long sent = 0;
            int taken = block.length;
            while (taken == block.length && sent < (long) blocks * block.length) {
                taken = client.sendUntilStuck(block, Duration.ofSeconds(1));
                sent += taken;
            }
            assertThat(sent).as("octets that were taken while nobody read").isLessThan(BUFFERS);
            hop.start.complete();
            byte[] rest = new byte[block.length - taken];
            System.arraycopy(block, taken, rest, 0, rest.length);
            client.send(rest);
            for (long whole = sent + rest.length; whole < (long) blocks * block.length; whole += block.length) {
                client.send(block);
            }
            client.send(".\r\n").expect(250);
        }
        assertThat(hop.octets).hasValue((long) blocks * block.length + "A: b\r\n\r\n".length());
    }

    @Test
    void aRelayThatWaitsKeepsLittleOfAMessage() throws Exception {
        byte[] block = block();
        try (RawHop hop = new RawHop((wire, number) ->
                wire.open("PIPELINING").accept().await("DATA").say("354 go on").stall())) {
            int port = fixture.front(fixture.relay(to(hop.port())), unlimited());
            RawSmtpClient[] clients = new RawSmtpClient[10];
            long before = used();
            for (int i = 0; i < clients.length; i++) {
                clients[i] = dataTo(port);
                clients[i].send("A: b\r\n\r\n");
                while (clients[i].sendUntilStuck(block, Duration.ofMillis(500)) == block.length) {
                    // until the buffers of the system are full
                }
            }
            // for each: a part or two of the message, and what Vert.x has read ahead
            assertThat(used() - before).isLessThan(clients.length * 4L * MEBIBYTE);
            for (RawSmtpClient client : clients) {
                client.reset();
            }
        }
    }

    private static long used() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
