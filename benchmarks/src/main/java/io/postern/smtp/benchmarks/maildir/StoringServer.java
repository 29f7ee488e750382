package io.postern.smtp.benchmarks.maildir;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.benchmarks.ChildProcess;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;

/** The server of a {@link Contender}, with default options, in a process of its own. */
final class StoringServer implements AutoCloseable {

    private final ChildProcess process;
    private final int port;

    private StoringServer(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    static StoringServer start(Contender contender, Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ChildProcess process = ChildProcess.start(contender.command(directory, port));
        process.awaitLine();
        return new StoringServer(process, port);
    }

    int port() {
        return port;
    }

    Duration cpuTime() {
        return process.cpuTime();
    }

    @Override
    public void close() {
        process.close();
    }

    /** Runs in the process: serves until standard input ends. */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        SmtpServerOptions options = new SmtpServerOptions()
                .setHost("127.0.0.1")
                .setPort(Integer.parseInt(arguments[2]))
                .setHostName("mx.example");
        var handler = Contender.valueOf(arguments[0]).handler(vertx, Path.of(arguments[1]));
        vertx.deployVerticle(
                        () -> new SmtpServerVerticle(handler, options),
                        new DeploymentOptions()
                                .setInstances(Runtime.getRuntime().availableProcessors()))
                .await();
        System.out.println("ready");
        while (System.in.read() >= 0) {
            // nothing is said; it ends with the other process
        }
        System.exit(0);
    }
}
