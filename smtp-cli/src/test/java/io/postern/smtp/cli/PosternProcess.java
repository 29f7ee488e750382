package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The jar as a process, as a user runs it. */
final class PosternProcess implements AutoCloseable {

    private static final Path JAR = Path.of("target", "postern.jar").toAbsolutePath();
    private static final String LISTENING = "postern listening on ";

    private final Process process;
    private final BufferedReader output;
    private final CompletableFuture<String> errors;

    private PosternProcess(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(arguments);
        process = new ProcessBuilder(command).start();
        output = process.inputReader(StandardCharsets.UTF_8);
        errors = CompletableFuture.supplyAsync(() -> process.errorReader(StandardCharsets.UTF_8)
                .lines()
                .map(line -> line + "\n")
                .reduce("", String::concat));
    }

    static PosternProcess run(String... arguments) throws IOException {
        return new PosternProcess(List.of(arguments));
    }

    /** Reads the next line, which says where it listens. @return that address */
    String awaitListening() throws IOException {
        String line = readLine();
        assertThat(line).as(() -> "standard error: " + errors.getNow("")).startsWith(LISTENING);
        return line.substring(LISTENING.length());
    }

    /** The next line of standard output; {@code (end)} when there is none. */
    String readLine() throws IOException {
        String line = output.readLine();
        return line == null ? "(end)" : line;
    }

    /** What it says on standard error until it ends. */
    String errors() {
        return errors.orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.toHandle().destroy(); // Process.destroy() would also close the streams that are still to be read
    }

    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }

    /** A client of an address as {@link #awaitListening()} gives it, after EHLO. */
    static RawSmtpClient client(String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
        RawSmtpClient client = RawSmtpClient.connect(host, Integer.parseInt(address.substring(colon + 1)));
        client.expect(220);
        client.command("EHLO client.example.org").expect(250);
        return client;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
