package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.benchmarks.ChildProcess;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;

/** A server with default options and 256 MB in a process of its own, so that what its clients do does not stop it. */
final class ServerProcess implements AutoCloseable {

    private final ChildProcess process;
    private final int port;

    private ServerProcess(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    static ServerProcess start() throws IOException {
        ChildProcess process = ChildProcess.start(ChildProcess.javaCommand(ServerProcess.class));
        return new ServerProcess(process, Integer.parseInt(process.awaitLine()));
    }

    int port() {
        return port;
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
