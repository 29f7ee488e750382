package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The jar as a process, as a user runs it. */
final class PosternProcess implements AutoCloseable {

    private static final Path JAR = Path.of("target", "postern.jar").toAbsolutePath();
    private static final String COMPLAINT = "postern: ";
    private static final String LISTENING = "postern listening on ";

    // it runs for a moment: what would make it fast later only makes it start late
    private static final List<String> JAVA = List.of(
            ProcessHandle.current().info().command().orElseThrow(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xlog:cds=off",
            "-Xlog:cds+dynamic=off");

    private final Process process;
    private final BufferedReader output;
    private final BlockingQueue<String> errorLines = new LinkedBlockingQueue<>();
    private final CompletableFuture<String> errors;

    private PosternProcess(List<String> command) throws IOException {
        process = new ProcessBuilder(command).start();
        output = process.inputReader(StandardCharsets.UTF_8);
        // a thread of its own: in the common pool of a small machine one process that runs would keep all others unread
        errors = CompletableFuture.supplyAsync(
                () -> process.errorReader(StandardCharsets.UTF_8)
                        .lines()
                        .peek(errorLines::add)
                        .map(line -> line + "\n")
                        .reduce("", String::concat),
                reading -> new Thread(reading, "standard error").start());
    }

    /** What runs it with these arguments. */
    static List<String> command(List<String> arguments) {
        return command("-XX:SharedArchiveFile=" + Archive.FILE, arguments);
    }

    private static List<String> command(String archive, List<String> arguments) {
        List<String> command = new ArrayList<>(JAVA);
        command.addAll(List.of(archive, "-jar", JAR.toString()));
        command.addAll(arguments);
        return command;
    }

    /** The classes of one start, in which the next ones have them in half the time. */
    private static final class Archive {

        static final Path FILE = JAR.resolveSibling(ProcessHandle.current().pid() + ".jsa");

        static {
            FILE.toFile().deleteOnExit();
            try {
                try (PosternProcess postern =
                        new PosternProcess(command("-XX:ArchiveClassesAtExit=" + FILE, List.of("-l", "127.0.0.1:0")))) {
                    postern.awaitListening();
                    postern.terminate();
                    postern.awaitExit();
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static PosternProcess run(String... arguments) throws IOException {
        return new PosternProcess(command(List.of(arguments)));
    }

    /** Runs a command that ends up as one of {@link #command}. */
    static PosternProcess runCommand(List<String> command) throws IOException {
        return new PosternProcess(command);
    }

    /** Sends SIGKILL, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        awaitExit();
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

    /** Waits for a line on standard error, behind those that were waited for before. */
    void awaitError(String text) throws InterruptedException {
        List<String> read = new ArrayList<>();
        String line;
        do {
            line = errorLines.poll(30, TimeUnit.SECONDS);
            assertThat(line)
                    .as(() -> "a line with '" + text + "' behind " + read)
                    .isNotNull();
            read.add(line);
        } while (!line.contains(text));
    }

    /** Sends a signal such as {@code HUP}. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** How many descriptors it has open; -1 where the system does not tell. */
    int openDescriptors() {
        String[] open =
                Path.of("/proc", Long.toString(process.pid()), "fd").toFile().list();
        return open == null ? -1 : open.length;
    }

    /** Puts this on standard input, and ends that. */
    void type(String text) throws IOException {
        try (OutputStream input = process.getOutputStream()) {
            input.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.toHandle().destroy(); // Process.destroy() would also close the streams that are still to be read
    }

    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }

    /** Waits until it has ended with this exit value, and one line on standard error. @return what follows {@code postern: } there */
    String awaitComplaint(int exitValue) throws InterruptedException {
        assertThat(awaitExit()).isEqualTo(exitValue);
        List<String> lines = errors().lines().toList();
        assertThat(lines).singleElement().asString().startsWith(COMPLAINT);
        return lines.get(0).substring(COMPLAINT.length());
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

    /** The port of an address as {@link #awaitListening()} gives it. */
    static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
