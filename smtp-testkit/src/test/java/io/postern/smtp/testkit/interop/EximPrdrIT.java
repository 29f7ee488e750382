package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.TestSmtpServer;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Exim asks for PRDR, and what it notes of each recipient is what the handler has said. It need not be installed, only be
 * on the PATH: it has a configuration and a queue of its own, and libnss_wrapper makes up the user that it wants to run as.
 * As it must be started by root, so must this test.
 */
@ParameterizedClass(name = "hosts_try_chunking = {0}")
@ValueSource(strings = {"*", ""})
class EximPrdrIT {

    private static final String CONFIGURATION = """
            primary_hostname = exim.client.example
            exim_path = DIRECTORY/exim4
            spool_directory = DIRECTORY/spool
            log_file_path = DIRECTORY/log/%slog
            keep_environment = LD_PRELOAD : ^NSS_WRAPPER
            disable_ipv6
            host_lookup =
            begin routers
            all:
              driver = manualroute
              domains = server.example
              route_data = 127.0.0.1
              self = send
              transport = smtp
            begin transports
            smtp:
              driver = smtp
              port = PORT
              allow_localhost
              hosts_avoid_tls = *
              hosts_try_prdr = *
              hosts_try_chunking = CHUNKING
            begin retry
            * * F,1h,1h
            """;

    /** => delivered, -> delivered with the one before, == deferred, ** failed. */
    private static final Pattern OUTCOME =
            Pattern.compile("^.{19} \\S+ (=>|->|==|\\*\\*) (\\S+)@server\\.example (.*)$", Pattern.MULTILINE);

    private static final Set<PosixFilePermission> EVERYBODY_READS = PosixFilePermissions.fromString("rwxr-xr-x");

    @Parameter
    String chunking;

    @TempDir
    Path directory;

    private final Mailboxes handler = new Mailboxes();
    private TestSmtpServer server;

    @BeforeEach
    void start() throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            Tool.missing("Exim can be started by root only");
        }
        server = TestSmtpServer.start(
                handler,
                new SmtpServerOptions().setHostName("mx.server.example").setPrdr(true));
        Files.setPosixFilePermissions(directory, EVERYBODY_READS);
        for (String owned : List.of("spool", "log")) {
            Files.setAttribute(Files.createDirectory(directory.resolve(owned)), "unix:uid", 1);
        }
        // where the user that it becomes can run it, and without its set-user-ID bit, which would shut out the wrapper
        Path exim = Files.copy(Path.of(Tool.find("exim4")), directory.resolve("exim4"));
        Files.setPosixFilePermissions(exim, EVERYBODY_READS);
        Files.writeString(directory.resolve("passwd"), "root:x:0:0::/:/bin/sh\nDebian-exim:x:1:1::/:/bin/sh\n");
        Files.writeString(directory.resolve("group"), "root:x:0:\nDebian-exim:x:1:\n");
        Files.writeString(
                directory.resolve("exim.conf"),
                CONFIGURATION
                        .replace("DIRECTORY", directory.toString())
                        .replace("PORT", Integer.toString(server.port()))
                        .replace("CHUNKING", chunking));
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** Has Exim deliver to people of server.example. @return what became of each, and the rest of its line in the log */
    private List<MatchResult> deliver(String... names) throws IOException {
        Path message = Files.writeString(directory.resolve("message"), "Subject: by PRDR\n\nHello.\n");
        // -odi: ends when all was tried; from <>: nothing is returned
        List<String> command = new ArrayList<>(List.of(
                directory.resolve("exim4").toString(),
                "-C",
                directory.resolve("exim.conf").toString(),
                "-odi",
                "-oi",
                "-f",
                "<>",
                "--"));
        Stream.of(names).map(name -> name + "@server.example").forEach(command::add);
        Tool.run(
                command,
                Redirect.from(message.toFile()),
                Map.of(
                        "LD_PRELOAD", wrapper(),
                        "NSS_WRAPPER_PASSWD", directory.resolve("passwd").toString(),
                        "NSS_WRAPPER_GROUP", directory.resolve("group").toString()));
        return OUTCOME.matcher(Files.readString(directory.resolve("log").resolve("mainlog")))
                .results()
                .toList();
    }

    private static String wrapper() throws IOException {
        try (Stream<Path> libraries =
                Files.find(Path.of("/usr/lib"), 2, (file, attributes) -> file.endsWith("libnss_wrapper.so"))) {
            return libraries.findFirst().map(Path::toString).orElseGet(() -> {
                Tool.missing("there is no libnss_wrapper.so");
                return "";
            });
        }
    }

    private static List<String> outcomes(List<MatchResult> lines) {
        return lines.stream().map(line -> line.group(1) + " " + line.group(2)).toList();
    }

    @Test
    void eachRecipientHasTheOutcomeThatTheHandlerGave() throws Exception {
        List<MatchResult> lines = deliver("bob", "full", "unknown", "strict", "carol");
        assertThat(outcomes(lines))
                .containsExactlyInAnyOrder("=> bob", "== full", "** unknown", "** strict", "-> carol");
        assertThat(lines).allSatisfy(line -> {
            String rest = line.group(3);
            switch (line.group(2)) {
                case "full" -> assertThat(rest).contains("PRDR error").endsWith(": 452 4.2.2 mailbox full");
                case "strict" -> assertThat(rest).contains("PRDR error").endsWith(": 550 5.7.1 not wanted");
                case "unknown" -> assertThat(rest).contains("RCPT TO").endsWith(": 550 5.1.1 no such user");
                default -> assertThat(rest).contains(" PRDR ");
            }
        });
        assertThat(handler.delivered()).containsExactly("bob@server.example", "carol@server.example");
    }

    @Test
    void whoCouldBeServedLaterIsTriedAgainWhenNobodyIsServedNow() throws Exception {
        assertThat(outcomes(deliver("strict", "full"))).containsExactlyInAnyOrder("** strict", "== full");
    }

    @Test
    void theOnlyRecipientThatIsLeftHasTheOneReply() throws Exception {
        assertThat(outcomes(deliver("bob", "unknown"))).containsExactlyInAnyOrder("=> bob", "** unknown");
        assertThat(handler.delivered()).containsExactly("bob@server.example");
    }
}
