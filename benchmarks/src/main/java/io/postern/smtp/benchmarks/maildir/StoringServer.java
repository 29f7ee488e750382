package io.postern.smtp.benchmarks.maildir;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The server of a {@link Contender}, with default options, in a process of its own. */
final class StoringServer implements AutoCloseable {

    private final Process process;
    private final int port;

    private StoringServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static StoringServer start(Contender contender, Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process process = new ProcessBuilder(contender.command(directory, port))
                .redirectError(Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        if (output.readLine() == null) {
            throw new IOException(contender + " did not start");
        }
        return new StoringServer(process, port);
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
