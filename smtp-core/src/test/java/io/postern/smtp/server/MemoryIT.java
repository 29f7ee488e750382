package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends, a server with 256 MB grows by no more than 16 MB. Each test has a server in a process of its
 * own, which is warmed up with the same kind of traffic first: what grows then is what the client makes it keep.
 */
class MemoryIT {

    private static final long BOUND = 16L * 1024 * 1024;
    private static final int MEGABYTE = 1024 * 1024;
    private static final int WARM_UP = 20 * MEGABYTE;
    private static final Duration STUCK = Duration.ofMillis(500);
    private static final byte[] NOOP = "NOOP\r\n".getBytes(StandardCharsets.US_ASCII);

    private ServerProcess server;

    private void start(long octetsPerSecond) throws IOException {
        server = ServerProcess.start(new SmtpServerOptions().setDataSizeLimit(0), octetsPerSecond);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ServerProcess.Memory measure() throws IOException {
        return server.measure();
    }

    private static void assertBounded(String what, ServerProcess.Memory before, ServerProcess.Memory after) {
        long heap = after.heap() - before.heap();
        long resident = after.resident() - before.resident();
        System.out.printf("%s: heap %+d KiB, resident %+d KiB%n", what, heap / 1024, resident / 1024);
        assertThat(heap).as("growth of the heap").isLessThanOrEqualTo(BOUND);
        assertThat(resident).as("growth of the process").isLessThanOrEqualTo(BOUND);
    }

    private WireClient afterEhlo() throws IOException {
        WireClient client = new WireClient(server.port());
        client.reply();
        client.command("EHLO client.example");
        return client;
    }

    private WireClient inData() throws IOException {
        WireClient client = afterEhlo();
        client.command("MAIL FROM:<a@client.example>");
        client.command("RCPT TO:<b@mx.example>");
        assertThat(client.command("DATA")).startsWith("354");
        return client;
    }

    private static byte[] repeated(byte[] piece, int times) {
        byte[] all = new byte[piece.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(piece, 0, all, i * piece.length, piece.length);
        }
        return all;
    }

    private static byte[] text(int octets) {
        byte[] line = ("x".repeat(76) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        return repeated(line, octets / line.length);
    }

    private static byte[] withoutLineEnd(int octets) {
        byte[] endless = new byte[octets];
        Arrays.fill(endless, (byte) 'x');
        return endless;
    }

    @Test
    void aMillionNoopsWhoseRepliesAreNotReadAreAllAnsweredAfterwards() throws Exception {
        start(Long.MAX_VALUE / 1_000_000);
        int commands = 1_000_000;
        byte[] noops = repeated(NOOP, commands);
        try (WireClient warmUp = afterEhlo()) {
            warmUp.sendUntilStuck(repeated(NOOP, 200_000), STUCK);
            readReplies(warmUp, 200_000);
        }
        ServerProcess.Memory before = measure();
        try (WireClient client = afterEhlo()) {
            int taken = client.sendUntilStuck(noops, STUCK);
            assertBounded("1,000,000 NOOPs, no reply read, " + taken + " octets taken", before, measure());
            // what is left goes out while replies are read
            int sent = taken;
            int read = 0;
            while (read < commands) {
                byte[] next = Arrays.copyOfRange(noops, sent, Math.min(noops.length, sent + 60_000));
                sent += client.sendUntilStuck(next, Duration.ofMillis(1));
                int answered = Math.min(sent / NOOP.length - read, 10_000);
                readReplies(client, answered);
                read += answered;
            }
            assertBounded("1,000,000 NOOPs, all replies read", before, measure());
        }
    }

    private static void readReplies(WireClient client, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            assertThat(client.line()).isEqualTo(Replies.OK.toString());
        }
    }

    /** How fast the slow handler reads: 1 MB/s, as a slow disk, would take 100 s for what is the same way of reading. */
    private static final long BODY_RATE = Long.getLong("postern.bodyRate", 10_000_000);

    @Test
    void aLargeBodyIsReadAsSlowlyAsItsHandlerLikes() throws Exception {
        start(BODY_RATE);
        byte[] body = text(100 * MEGABYTE);
        try (WireClient warmUp = inData()) {
            warmUp.sendUntilStuck(text(WARM_UP), Duration.ofSeconds(10));
            assertThat(warmUp.send(".\r\n").reply()).startsWith("250");
        }
        ServerProcess.Memory before = measure();
        try (WireClient client = inData()) {
            int half = body.length / 2;
            int taken = client.sendUntilStuck(Arrays.copyOf(body, half), Duration.ofSeconds(10));
            assertThat(taken).isEqualTo(half);
            assertBounded("100 MB at " + BODY_RATE + " octets/s, half of it sent", before, measure());
            client.sendUntilStuck(Arrays.copyOfRange(body, half, body.length), Duration.ofSeconds(10));
            assertBounded("100 MB at " + BODY_RATE + " octets/s, all of it sent", before, measure());
            assertThat(client.send(".\r\n").reply()).isEqualTo("250 2.0.0 got " + body.length);
        }
    }

    @Test
    void aCommandWithoutEndIsRefusedOnceAndNotKept() throws Exception {
        start(Long.MAX_VALUE / 1_000_000);
        byte[] endless = withoutLineEnd(100 * MEGABYTE);
        try (WireClient warmUp = afterEhlo()) {
            warmUp.sendUntilStuck(Arrays.copyOf(endless, WARM_UP), Duration.ofSeconds(10));
            assertThat(warmUp.send("\r\n").reply()).isEqualTo(Replies.LINE_TOO_LONG.toString());
        }
        ServerProcess.Memory before = measure();
        try (WireClient client = afterEhlo()) {
            assertThat(client.sendUntilStuck(endless, Duration.ofSeconds(10))).isEqualTo(endless.length);
            assertBounded("100 MB without a line end, in a command", before, measure());
            assertThat(client.send("\r\nNOOP\r\n").reply()).isEqualTo(Replies.LINE_TOO_LONG.toString());
            assertThat(client.reply()).isEqualTo(Replies.OK.toString());
        }
    }

    @Test
    void aLineOfAMessageWithoutEndIsRefusedOnceAndNotKept() throws Exception {
        start(Long.MAX_VALUE / 1_000_000);
        byte[] endless = withoutLineEnd(100 * MEGABYTE);
        try (WireClient warmUp = inData()) {
            warmUp.sendUntilStuck(Arrays.copyOf(endless, WARM_UP), Duration.ofSeconds(10));
            assertThat(warmUp.send("\r\n.\r\n").reply()).isEqualTo(Replies.TEXT_LINE_TOO_LONG.toString());
        }
        ServerProcess.Memory before = measure();
        try (WireClient client = inData()) {
            assertThat(client.sendUntilStuck(endless, Duration.ofSeconds(10))).isEqualTo(endless.length);
            assertBounded("100 MB without a line end, in a message", before, measure());
            assertThat(client.send("\r\n.\r\nNOOP\r\n").reply()).isEqualTo(Replies.TEXT_LINE_TOO_LONG.toString());
            assertThat(client.reply()).isEqualTo(Replies.OK.toString());
        }
    }

    private static final int SENDERS = 16;

    /** 256 MB at once, to a handler that holds whole messages, in a heap of 256 MB. */
    @Test
    void aFloodOfLargeMessagesIsTakenAsFarAsTheBudgetGoesAndTheRestIsToldToComeAgain() throws Exception {
        server = ServerProcess.startCollecting(
                new SmtpServerOptions().setDataSizeLimit(0).setMaxBytesInFlight(48L * MEGABYTE));
        byte[] message = text(16 * MEGABYTE);
        String accepted = "250 2.0.0 got " + message.length;
        ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
        try {
            CountDownLatch ready = new CountDownLatch(SENDERS);
            List<Callable<String>> flood = Collections.nCopies(SENDERS, () -> {
                try (WireClient client = inData()) {
                    ready.countDown();
                    ready.await();
                    return deliver(client, message);
                }
            });
            List<String> replies = new ArrayList<>();
            for (Future<String> reply : senders.invokeAll(flood)) {
                replies.add(reply.get());
            }
            long taken = replies.stream().filter(accepted::equals).count();
            System.out.printf("16 messages of 16 MB at once: %d accepted%n", taken);
            assertThat(replies).containsOnly(accepted, Replies.INSUFFICIENT_STORAGE.toString());
            assertThat(taken).isPositive();
        } finally {
            senders.shutdownNow();
        }
        for (int i = 0; i < SENDERS; i++) {
            try (WireClient again = inData()) {
                assertThat(deliver(again, message)).isEqualTo(accepted);
            }
        }
    }

    private static String deliver(WireClient client, byte[] message) throws IOException {
        assertThat(client.sendUntilStuck(message, Duration.ofSeconds(60))).isEqualTo(message.length);
        return client.send(".\r\n").reply();
    }
}
