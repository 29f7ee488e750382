package io.postern.smtp.benchmarks;

import com.sun.management.ThreadMXBean;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A server with default options, one event loop and 256 MB in a process of its own, so that what its clients do does not stop
 * it.
 */
public final class ServerProcess implements AutoCloseable {

    private static final String EVENT_LOOP = "vert.x-eventloop-";

    private final ChildProcess process;
    private final int port;

    private ServerProcess(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one that runs as servers do. */
    public static ServerProcess start() throws IOException {
        return start(List.of(), List.of());
    }

    /**
     * Starts one.
     *
     * @param runner a command that runs it, such as {@code strace}; empty for none
     * @param javaOptions options for its JVM
     */
    public static ServerProcess start(List<String> runner, List<String> javaOptions) throws IOException {
        List<String> command = new ArrayList<>(ChildProcess.javaCommand(ServerProcess.class));
        command.addAll(1, javaOptions);
        command.addAll(0, runner);
        ChildProcess process = ChildProcess.start(command);
        return new ServerProcess(process, Integer.parseInt(process.awaitLine()));
    }

    /** Where it listens, on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** How many octets its event loops have allocated since they were started. */
    public long allocated() throws IOException {
        process.say("allocated");
        return Long.parseLong(process.awaitLine());
    }

    /** Has it end by itself, so that whoever runs it sees all of it. */
    public void finish() throws IOException, InterruptedException {
        process.finish();
    }

    @Override
    public void close() {
        process.close();
    }

    /** Runs in the process: prints its port, and serves until it, or who started it, is ended. */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        SmtpServerOptions options =
                new SmtpServerOptions().setHost("127.0.0.1").setPort(0).setHostName("mx.example");
        SmtpServer server =
                SmtpServer.create(vertx, new Taking(), options).listen().await();
        System.out.println(server.actualPort());
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (questions.readLine() != null) {
            System.out.println(allocatedByEventLoops());
        }
        System.exit(0); // the other process has ended
    }

    private static long allocatedByEventLoops() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(EVENT_LOOP))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getId()))
                .sum();
    }

    /** Reads messages and keeps nothing. */
    private static final class Taking implements SmtpHandler {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
            body.handler(buffer -> {});
            return answer.future();
        }
    }
}
