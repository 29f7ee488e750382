package io.postern.smtp.testkit.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Postfix of its own below a temporary directory, that listens nowhere and sends what it is given to one server. It
 * touches neither the configuration nor the queue of the machine's Postfix, but must be started by root.
 */
final class PrivatePostfix implements AutoCloseable {

    private static final String MAIN = """
            queue_directory = DIRECTORY/queue
            data_directory = DIRECTORY/data
            # there may be no syslog; Postfix writes to files only where it is told to
            maillog_file = DIRECTORY/log
            maillog_file_prefixes = DIRECTORY
            DESTINATION
            message_size_limit = 0
            myhostname = postfix.client.example
            myorigin = client.example
            mydestination =
            local_recipient_maps =
            local_transport = error:no local delivery
            compatibility_level = 3.7
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            smtp_dns_support_level = disabled
            # sent to servers only that offer it
            smtp_send_xforward_command = yes
            smtp_connect_timeout = 5s
            """;

    /** Says everything in the clear, also where it could be encrypted. */
    static final String WITHOUT_TLS = "smtp_tls_security_level = none\n";

    // Not in a chroot, for the queue has none of the files that need to be there then
    private static final String MASTER = """
            pickup    unix  n  -  n  60  1  pickup
            cleanup   unix  n  -  n  -   0  cleanup
            qmgr      unix  n  -  n  5   1  qmgr
            rewrite   unix  -  -  n  -   -  trivial-rewrite
            smtp      unix  -  -  n  -   -  smtp
            relay     unix  -  -  n  -   -  smtp
            lmtp      unix  -  -  n  -   -  lmtp
            discard   unix  -  -  n  -   -  discard
            postlog   unix-dgram n - n - 1  postlogd
            bounce    unix  -  -  n  -   0  bounce
            defer     unix  -  -  n  -   0  bounce
            trace     unix  -  -  n  -   0  bounce
            tlsmgr    unix  -  -  n  1000? 1 tlsmgr
            scache    unix  -  -  n  -   1  scache
            error     unix  -  -  n  -   -  error
            retry     unix  -  -  n  -   -  error
            showq     unix  n  -  n  -   -  showq
            """;

    private static final Pattern OUTCOME =
            Pattern.compile(" postfix/lmtp\\[\\d+]: \\w+: to=<([^>]+)>,.* dsn=([0-9.]+), status=(\\w+) ");

    private final String postfix = Tool.find("postfix");
    private final String sendmail = Tool.find("sendmail");
    private final Path directory;
    private final Path configuration;

    /**
     * Starts one that relays to a port of 127.0.0.1.
     *
     * @param security lines of {@code main.cf} that say how it encrypts and proves who it is
     */
    static PrivatePostfix relayingTo(int port, String security) throws IOException {
        // a numeric address in brackets: nothing is looked up
        return new PrivatePostfix("relayhost = [127.0.0.1]:" + port + "\n" + security);
    }

    /** Starts one that delivers by LMTP to a Unix socket, all but what goes back to senders: that is thrown away. */
    static PrivatePostfix deliveringTo(Path socket) throws IOException {
        return new PrivatePostfix("default_transport = lmtp:unix:" + socket
                + "\ntransport_maps = inline:{ client.example=discard: }"
                // far longer than a test runs: nothing that is deferred is tried again
                + "\nminimal_backoff_time = 1h\nmaximal_backoff_time = 1h\nqueue_run_delay = 1h");
    }

    private PrivatePostfix(String destination) throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            Tool.missing("Postfix can be started by root only");
        }
        // A short path, for it has Unix sockets below, and open to the user that the daemons run as
        directory = Files.createTempDirectory(Path.of("/tmp"), "postfix");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        configuration = Files.createDirectory(directory.resolve("etc"));
        Files.createDirectory(directory.resolve("queue"));
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setOwner(
                data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postfix"));
        Files.writeString(
                configuration.resolve("main.cf"),
                MAIN.replace("DIRECTORY", directory.toString()).replace("DESTINATION", destination));
        Files.writeString(configuration.resolve("master.cf"), MASTER);
        try {
            Tool.run(List.of(postfix, "-c", configuration.toString(), "start"));
        } catch (RuntimeException | Error fault) {
            delete();
            throw fault;
        }
    }

    /** Puts a message into the queue, from where it is sent at once. */
    void submit(Path message, String from, List<String> to) {
        // -i: a line with a dot alone is text
        List<String> command = new ArrayList<>(
                List.of(sendmail, "-C", configuration.toString(), "-i", "-B", "8BITMIME", "-f", from, "--"));
        command.addAll(to);
        Tool.run(command, Redirect.from(message.toFile()), Map.of());
    }

    /**
     * Puts messages into the queue, from where they are sent at once.
     *
     * @param dialogue what a client of SMTP says, all of it
     */
    void submit(Path dialogue) {
        Tool.run(List.of(sendmail, "-C", configuration.toString(), "-bs"), Redirect.from(dialogue.toFile()), Map.of());
    }

    /** Reads the log until a line has this in it, for two minutes at most. @return the line */
    String awaitLog(String part) throws IOException {
        return readLog(line -> line.contains(part) ? Optional.of(line) : Optional.empty(), 1)
                .get(0);
    }

    /**
     * Reads the log until it tells so many outcomes of deliveries by LMTP, for two minutes at most.
     *
     * @return the recipient, the enhanced code and the status of each, such as {@code bob@server.example 2.0.0 sent}
     */
    List<String> outcomes(int count) throws IOException {
        return readLog(
                line -> {
                    Matcher outcome = OUTCOME.matcher(line);
                    return outcome.find()
                            ? Optional.of(outcome.group(1) + " " + outcome.group(2) + " " + outcome.group(3))
                            : Optional.empty();
                },
                count);
    }

    private List<String> readLog(Function<String, Optional<String>> wanted, int count) throws IOException {
        Process tail = new ProcessBuilder(
                        Tool.find("timeout"),
                        "120",
                        Tool.find("tail"),
                        "--lines=+1",
                        "--follow=name",
                        "--retry",
                        directory.resolve("log").toString())
                .redirectError(Redirect.DISCARD)
                .start();
        try (BufferedReader lines = tail.inputReader(StandardCharsets.UTF_8)) {
            List<String> found = new ArrayList<>();
            String line;
            while (found.size() < count && (line = lines.readLine()) != null) {
                wanted.apply(line).ifPresent(found::add);
            }
            if (found.size() < count) {
                throw new AssertionError(
                        found.size() + " of " + count + " found in:\n" + Files.readString(directory.resolve("log")));
            }
            return found;
        } finally {
            tail.destroy();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Tool.run(List.of(postfix, "-c", configuration.toString(), "stop"));
        } finally {
            delete();
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
