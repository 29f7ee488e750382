package io.postern.smtp.benchmarks.fairness;

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
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server with default options and 256 MB in a process of its own, so that what its clients do does not stop it. */
final class ServerProcess implements AutoCloseable {

    private final Process process;
    private final int port;

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static ServerProcess start() throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerProcess.class.getName()))
                .redirectError(Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        String port = output.readLine();
        if (port == null) {
            throw new EOFException("the server did not start");
        }
        return new ServerProcess(process, Integer.parseInt(port));
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Runs in the process: prints its port, and serves until it, or who started it, is ended. */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        SmtpServerOptions options =
                new SmtpServerOptions().setHost("127.0.0.1").setPort(0).setHostName("mx.example");
        SmtpServer server =
                SmtpServer.create(vertx, new Taking(), options).listen().await();
        System.out.println(server.actualPort());
        while (System.in.read() >= 0) {
            // nothing is said; it ends with the other process
        }
        System.exit(0);
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
