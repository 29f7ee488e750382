package io.postern.smtp.server;

import io.postern.smtp.SmtpServerOptions;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, with a heap of 256 MB: what is measured is the server, and nothing of its clients. */
final class ServerProcess implements AutoCloseable {

    /** A rate at which a body is read that is none. */
    static final long UNLIMITED = Long.MAX_VALUE / 1_000_000;

    private final Process process;
    private final Writer orders;
    private final BufferedReader figures;
    private final int port;

    /**
     * What the server takes, in octets.
     *
     * @param heap in use after a collection
     * @param direct taken by Netty
     * @param resident held by the machine for the process, 0 where it does not tell
     */
    record Memory(long heap, long direct, long resident, int connections) {}

    private ServerProcess(Process process) throws IOException {
        this.process = process;
        orders = process.outputWriter(StandardCharsets.US_ASCII);
        figures = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        port = Integer.parseInt(figure());
    }

    /**
     * Starts one on a free port of the loopback.
     *
     * @param prefix a command that runs the command behind it, such as one that sets limits
     */
    static ServerProcess start(SmtpServerOptions options, long octetsPerSecond, String... prefix) throws IOException {
        return start(options, Long.toString(octetsPerSecond), prefix);
    }

    /** Starts one whose handler holds each message, whole, until it has answered. */
    static ServerProcess startCollecting(SmtpServerOptions options) throws IOException {
        return start(options, MemoryServer.COLLECT);
    }

    private static ServerProcess start(SmtpServerOptions options, String handler, String... prefix) throws IOException {
        List<String> command = new ArrayList<>(List.of(prefix));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // The heap is taken from the machine at once, so that the process grows only by what is outside it
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                // and the optimizing compiler works with tens of megabytes of its own, whenever it likes
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                MemoryServer.class.getName(),
                new SmtpServerOptions(options)
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setHostName("mx.example")
                        .toJson()
                        .encode(),
                handler));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            return new ServerProcess(process);
        } catch (IOException | RuntimeException | Error fault) {
            process.destroyForcibly();
            throw fault;
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    Memory measure() throws IOException {
        orders.write("\n");
        orders.flush();
        long[] parts =
                Arrays.stream(figure().split(" ")).mapToLong(Long::parseLong).toArray();
        return new Memory(parts[0], parts[1], parts[2], (int) parts[3]);
    }

    private String figure() throws IOException {
        String line = figures.readLine();
        if (line == null) {
            throw new EOFException("the server's process ended");
        }
        return line;
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
}
