package io.postern.smtp.testkit.interop;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Postfix of its own below a temporary directory, that listens nowhere and relays what it is given to one server. It
 * touches neither the configuration nor the queue of the machine's Postfix, but must be started by root.
 */
final class PrivatePostfix implements AutoCloseable {

    private static final String MAIN = """
            queue_directory = DIRECTORY/queue
            data_directory = DIRECTORY/data
            # there may be no syslog; Postfix writes to files only where it is told to
            maillog_file = DIRECTORY/log
            maillog_file_prefixes = DIRECTORY
            # a numeric address in brackets: nothing is looked up
            relayhost = [127.0.0.1]:PORT
            message_size_limit = 0
            myhostname = postfix.client.example
            myorigin = client.example
            mydestination =
            local_transport = error:no local delivery
            compatibility_level = 3.7
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            smtp_dns_support_level = disabled
            smtp_tls_security_level = none
            # sent to servers only that offer it
            smtp_send_xforward_command = yes
            smtp_connect_timeout = 5s
            """;

    // Not in a chroot, for the queue has none of the files that need to be there then
    private static final String MASTER = """
            pickup    unix  n  -  n  60  1  pickup
            cleanup   unix  n  -  n  -   0  cleanup
            qmgr      unix  n  -  n  5   1  qmgr
            rewrite   unix  -  -  n  -   -  trivial-rewrite
            smtp      unix  -  -  n  -   -  smtp
            relay     unix  -  -  n  -   -  smtp
            postlog   unix-dgram n - n - 1  postlogd
            bounce    unix  -  -  n  -   0  bounce
            defer     unix  -  -  n  -   0  bounce
            trace     unix  -  -  n  -   0  bounce
            error     unix  -  -  n  -   -  error
            retry     unix  -  -  n  -   -  error
            showq     unix  n  -  n  -   -  showq
            """;

    private final String postfix = Tool.find("postfix");
    private final String sendmail = Tool.find("sendmail");
    private final Path directory;
    private final Path configuration;

    /** Starts one that relays to a port of 127.0.0.1. */
    PrivatePostfix(int relayPort) throws IOException {
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
                MAIN.replace("DIRECTORY", directory.toString()).replace("PORT", Integer.toString(relayPort)));
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
