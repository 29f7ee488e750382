package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link ClusterNode} in a process of its own, with little memory. */
final class NodeProcess implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private NodeProcess(Process process) {
        this.process = process;
        Thread reader = new Thread(this::read, "node-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    static NodeProcess start(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                ClusterNode.class.getName()));
        command.addAll(List.of(arguments));
        return new NodeProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    private void read() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            output.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            // the process has been killed
        }
    }

    /** Waits for a line with this in it, and drops those before it. */
    String await(String text) throws InterruptedException {
        String line;
        do {
            line = next();
        } while (!line.contains(text));
        return line;
    }

    /** Does something again and again until there is a line with this in it; bounded by patience. */
    void awaitWhile(String text, Runnable action) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (lines.stream().noneMatch(line -> line.contains(text))) {
            assertThat(System.nanoTime()).as("a line with " + text).isLessThan(deadline);
            action.run();
        }
    }

    /** Waits for the port of a server. */
    int port() throws InterruptedException {
        return Integer.parseInt(await("port ").substring("port ".length()));
    }

    /** Kills it as kill -9 does, and waits until it is dead. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("dead")
                .isTrue();
    }

    /** Waits for the next line. */
    private String next() throws InterruptedException {
        String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(line)
                .as("a line of the process; its log is in target/cluster")
                .isNotNull();
        return line;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
