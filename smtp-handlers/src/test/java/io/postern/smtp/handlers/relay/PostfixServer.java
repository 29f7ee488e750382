package io.postern.smtp.handlers.relay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Postfix of its own below a temporary directory that takes mail on a port of 127.0.0.1 and sends it on to another. It
 * touches neither the configuration nor the queue of the machine's Postfix, but must be started by root.
 */
final class PostfixServer implements AutoCloseable {

    private static final String MAIN = """
            queue_directory = DIRECTORY/queue
            data_directory = DIRECTORY/data
            maillog_file = DIRECTORY/log
            maillog_file_prefixes = DIRECTORY
            relayhost = [127.0.0.1]:DESTINATION
            myhostname = postfix.example.test
            mydestination =
            local_recipient_maps =
            local_transport = error:no local delivery
            compatibility_level = 3.7
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            mynetworks = 127.0.0.0/8
            smtp_dns_support_level = disabled
            smtp_tls_security_level = none
            message_size_limit = 10000000
            smtpd_tls_security_level = may
            smtpd_tls_cert_file = DIRECTORY/cert.pem
            smtpd_tls_key_file = DIRECTORY/key.pem
            smtpd_recipient_restrictions =
              check_recipient_access inline:{
                { unknown@example.test = 550 5.1.1 no such user here }
                { busy@example.test = 450 4.2.0 come back later } }
              permit_mynetworks reject
            """;

    private static final String MASTER = """
            127.0.0.1:PORT inet n - n -  -  smtpd
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
            tlsmgr    unix  -  -  n  1000? 1 tlsmgr
            scache    unix  -  -  n  -   1  scache
            anvil     unix  -  -  n  -   1  anvil
            error     unix  -  -  n  -   -  error
            retry     unix  -  -  n  -   -  error
            showq     unix  n  -  n  -   -  showq
            """;

    private final String postfix = Program.find("postfix");
    private final Path directory;
    private final Path configuration;
    private final int port = Program.freePort();

    /** @param destination the port that it sends everything on to */
    PostfixServer(int destination) throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            Program.missing("Postfix can be started by root only");
        }
        // a short path, for it has Unix sockets below, and open to the user that the daemons run as
        directory = Files.createTempDirectory(Path.of("/tmp"), "postfix");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        configuration = Files.createDirectory(directory.resolve("etc"));
        Files.createDirectory(directory.resolve("queue"));
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setOwner(
                data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postfix"));
        Files.writeString(
                configuration.resolve("main.cf"),
                MAIN.replace("DIRECTORY", directory.toString()).replace("DESTINATION", String.valueOf(destination)));
        Files.writeString(configuration.resolve("master.cf"), MASTER.replace("PORT", String.valueOf(port)));
        Program.run(
                directory.resolve("openssl.log"),
                List.of(
                        Program.find("openssl"),
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-noenc",
                        "-days",
                        "30",
                        "-subj",
                        "/CN=localhost",
                        "-addext",
                        "subjectAltName=DNS:localhost",
                        "-keyout",
                        directory.resolve("key.pem").toString(),
                        "-out",
                        certificate().toString()));
        Program.run(directory.resolve("start.log"), List.of(postfix, "-c", configuration.toString(), "start"));
    }

    int port() {
        return port;
    }

    /** The certificate that it shows, for localhost. */
    Path certificate() {
        return directory.resolve("cert.pem");
    }

    @Override
    public void close() throws IOException {
        Program.run(directory.resolve("stop.log"), List.of(postfix, "-c", configuration.toString(), "stop"));
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
