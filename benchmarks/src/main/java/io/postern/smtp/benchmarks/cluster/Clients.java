package io.postern.smtp.benchmarks.cluster;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that send one message after the other, each over a connection of its own that stays open. */
final class Clients implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 60_000;
    private static final byte[] BEGIN =
            "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int count;
    private final ExecutorService threads;

    Clients(int count) {
        this.count = count;
        this.threads = Executors.newFixedThreadPool(count);
    }

    /** @return how many messages a second were answered with 250 */
    double send(int port, byte[] message, Duration duration) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        long end = begun + duration.toNanos();
        List<Future<Integer>> sending = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sending.add(threads.submit(() -> sendUntil(end, port, message)));
        }
        int sent = 0;
        for (Future<Integer> client : sending) {
            try {
                sent += client.get();
            } catch (ExecutionException e) {
                throw new IOException("a client failed", e.getCause());
            }
        }
        return sent * 1e9 / (System.nanoTime() - begun);
    }

    private static int sendUntil(long end, int port, byte[] message) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            BufferedReader replies =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            OutputStream commands = socket.getOutputStream();
            expect("220", replies);
            commands.write("EHLO client.example\r\n".getBytes(StandardCharsets.US_ASCII));
            expect("250", replies);
            int sent = 0;
            while (System.nanoTime() < end) {
                commands.write(BEGIN);
                expect("250", replies);
                expect("250", replies);
                expect("354", replies);
                commands.write(message);
                expect("250", replies);
                sent++;
            }
            return sent;
        }
    }

    private static void expect(String code, BufferedReader replies) throws IOException {
        String line;
        do {
            line = replies.readLine();
            if (line == null) {
                throw new EOFException("closed where " + code + " was expected");
            }
            if (!line.startsWith(code)) {
                throw new IOException("expected " + code + ", but got " + line);
            }
        } while (line.startsWith("-", 3));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
