package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Mail servers of other makes that tests run. */
final class Program {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private Program() {}

    /** Its path. Where it is missing the test is skipped, or fails when the environment has {@code CI=true}. */
    static String find(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        return Stream.of(path.split(File.pathSeparator))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseGet(() -> {
                    missing(name + " is not on the PATH");
                    return name;
                });
    }

    static void missing(String what) {
        if ("true".equals(System.getenv("CI"))) {
            fail(what + ", but CI must not skip this test");
        }
        abort(what);
    }

    static Process start(Path output, List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(Redirect.from(new File("/dev/null")))
                .start();
    }

    /** Runs one that ends by itself. */
    static void run(Path output, List<String> command) throws IOException {
        Process process = start(output, command);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                fail(command + " printed:\n" + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + command, e);
        }
    }

    /** A port that was free a moment ago. */
    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /**
     * Waits until connections to a port of 127.0.0.1 are accepted.
     *
     * @param server the process that is to accept them
     */
    static void awaitListening(int port, Process server, Path output) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (!isListening(port)) {
            boolean ended = server.waitFor(20, TimeUnit.MILLISECONDS);
            if (ended || System.nanoTime() - begin > PATIENCE_NANOS) {
                fail("nobody listens on " + port + "; printed was:\n" + Files.readString(output));
            }
        }
    }

    private static boolean isListening(int port) {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }
}
