package io.postern.smtp.server;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The server of {@link MemoryIT}, in a process of its own so that only its memory is measured. It prints its port. Then for
 * each line that it reads it prints its memory in octets: the heap in use after a collection, and what the machine holds for
 * the process, 0 where it does not tell.
 */
final class MemoryServer {

    private MemoryServer() {}

    public static void main(String[] arguments) throws Exception {
        SmtpHandler handler =
                arguments[0].equals("collect") ? new Collector() : new SlowReader(Long.parseLong(arguments[0]));
        SmtpServerOptions options = new SmtpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                .setHostName("mx.example")
                .setDataSizeLimit(0)
                .setMaxBytesInFlight(48L * 1024 * 1024);
        SmtpServer server =
                SmtpServer.create(Vertx.vertx(), handler, options).listen().await();
        System.out.println(server.actualPort());
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (orders.readLine() != null) {
            System.gc();
            System.gc();
            System.out.println(heap() + " " + resident());
        }
        System.exit(0);
    }

    private static long heap() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    /** Holds each message, whole, until it has answered. */
    private static final class Collector implements SmtpHandler {

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            Buffer content = Buffer.buffer();
            body.handler(content::appendBuffer);
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.tryComplete(Reply.of(250, "got " + content.length())));
            return answer.future();
        }
    }

    /** Reads each body at a bounded rate: a buffer, then a pause as long as that buffer may take. */
    private static final class SlowReader implements SmtpHandler {

        private final long octetsPerSecond;

        SlowReader(long octetsPerSecond) {
            this.octetsPerSecond = octetsPerSecond;
        }

        @Override
        public boolean holdsMessages() {
            return false;
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            AtomicLong read = new AtomicLong();
            long begun = System.nanoTime();
            body.handler(buffer -> {
                long due = read.addAndGet(buffer.length()) * 1_000 / octetsPerSecond;
                long early = due - (System.nanoTime() - begun) / 1_000_000;
                if (early > 0) {
                    body.pause();
                    session.context().owner().setTimer(early, v -> body.resume());
                }
            });
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.tryComplete(Reply.of(250, "got " + read)));
            return answer.future();
        }
    }
}
