package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Users on the command line, and {@code postern hash}. */
@Timeout(120)
class PosternAuthIT {

    private static final String ANY_PORT = "127.0.0.1:0";
    private static final String PASSWORD = "tr\u00e4umt von $chafen";

    @TempDir
    private static Path directory;

    private static Pem pem;
    private static String verifier;

    @BeforeAll
    static void createFiles() throws Exception {
        pem = Pem.create(directory, "mx");
        verifier = hash(PASSWORD);
    }

    private static String hash(String password, String... options) throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                Stream.concat(Stream.of("hash"), Stream.of(options)).toArray(String[]::new))) {
            postern.type(password + "\n");
            String line = postern.readLine();
            assertThat(postern.readLine()).isEqualTo("(end)");
            assertThat(postern.awaitExit()).as(postern.errors()).isZero();
            assertThat(postern.errors()).isEmpty();
            return line;
        }
    }

    private static Path users(String... lines) throws Exception {
        return Files.write(Files.createTempFile(directory, "users", ""), List.of(lines));
    }

    private static PosternProcess encrypted(Path users, String... more) throws Exception {
        List<String> arguments = List.of(
                "-l",
                ANY_PORT,
                "--tls-cert",
                pem.certificate().toString(),
                "--tls-key",
                pem.key().toString(),
                "--users",
                users.toString(),
                "--auth-required");
        return PosternProcess.run(
                Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new));
    }

    private static String plain(String name, String password) {
        return "AUTH PLAIN " + TlsClient.base64("\0" + name + "\0" + password);
    }

    @Test
    void authIsOfferedOnEncryptedConnectionsAndRequiredForMail() throws Exception {
        try (PosternProcess postern = encrypted(users("anne:" + verifier), "sink")) {
            String address = postern.awaitListening();
            try (TlsClient client = TlsClient.plain(address)) {
                assertThat(client.ehlo()).noneMatch(line -> line.contains("AUTH"));
            }
            try (TlsClient client = TlsClient.startTls(address, pem)) {
                assertThat(client.ehlo()).anyMatch(line -> line.matches("250.AUTH .*SCRAM-SHA-256 PLAIN LOGIN"));
                client.command("MAIL FROM:<anne@example.org>", "530");
                client.command(plain("anne", "wrong"), "535");
                client.command(plain("bart", PASSWORD), "535");
                client.command(plain("anne", PASSWORD), "235");
                client.command("MAIL FROM:<anne@example.org>", "250");
            }
        }
    }

    @Test
    void aScramClientByOthersLogsInWithWhatHashPrints() throws Exception {
        try (PosternProcess postern = encrypted(users("anne:" + verifier), "sink");
                TlsClient client = TlsClient.startTls(postern.awaitListening(), pem)) {
            ScramClient scram = ScramClient.builder()
                    .advertisedMechanisms(List.of("SCRAM-SHA-256"))
                    .username("anne")
                    .password(PASSWORD.toCharArray())
                    .stringPreparation(StringPreparation.SASL_PREPARATION)
                    .build();
            scram.serverFirstMessage(challenge(client.command(
                    "AUTH SCRAM-SHA-256 "
                            + TlsClient.base64(scram.clientFirstMessage().toString()),
                    "334")));
            scram.serverFinalMessage(
                    challenge(client.response(scram.clientFinalMessage().toString(), "334")));
            client.command("", "235");
            client.command("MAIL FROM:<anne@example.org>", "250");
        }
    }

    private static String challenge(List<String> reply) {
        return new String(Base64.getDecoder().decode(reply.get(0).substring(4)), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN"})
    void swaksLogsIn(String mechanism) throws Exception {
        try (PosternProcess postern = encrypted(users("anne:" + hash("sheep", "--pbkdf2")), "sink")) {
            assertThat(Swaks.run(
                            postern.awaitListening(),
                            "--tls",
                            "--auth",
                            mechanism,
                            "--auth-user",
                            "anne",
                            "--auth-password",
                            "sheep"))
                    .contains("<~  235 ");
        }
    }

    @Test
    void authCanBeOfferedWithoutTls() throws Exception {
        Path users = users("# a comment", "", "anne:plain text");
        try (PosternProcess postern =
                        PosternProcess.run("-l", ANY_PORT, "--users", users.toString(), "--auth-without-tls", "sink");
                TlsClient client = TlsClient.plain(postern.awaitListening())) {
            assertThat(client.ehlo()).anyMatch(line -> line.matches("250.AUTH SCRAM-SHA-256 PLAIN LOGIN"));
            client.command(plain("anne", "plain text"), "235");
            client.command("MAIL FROM:<anne@example.org>", "250");
        }
    }

    @Test
    void aChangedUsersFileIsTakenAndABrokenOneIsNot() throws Exception {
        Path users = users("anne:" + verifier);
        try (PosternProcess postern = encrypted(users, "-d", "sink")) {
            String address = postern.awaitListening();
            Pem.replace(users("bart:" + hash("sheep", "--pbkdf2")), users);
            postern.awaitError("read " + users + " again");
            try (TlsClient client = TlsClient.startTls(address, pem)) {
                // SCRAM cannot take what stands there now
                assertThat(client.ehlo()).anyMatch(line -> line.matches("250.AUTH PLAIN LOGIN"));
                client.command("AUTH SCRAM-SHA-256", "504");
                client.command(plain("anne", PASSWORD), "535");
                client.command(plain("bart", "sheep"), "235");
            }
            Pem.replace(users("bart:new", "carl:{SCRAM-SHA-256}hush"), users);
            postern.awaitError("postern: cannot use " + users + "; what was read before stays in force: " + users
                    + ":2: SCRAM-SHA-256 has 1 fields");
            try (TlsClient client = TlsClient.startTls(address, pem)) {
                client.command(plain("bart", "sheep"), "235");
            }
            postern.terminate();
            assertThat(postern.errors()).doesNotContain("sheep", "hush");
        }
    }

    @Test
    void passwordsAreNotLoggedWhateverIsSaid() throws Exception {
        Path users = users("anne:" + verifier);
        try (PosternProcess postern =
                        PosternProcess.run("-l", ANY_PORT, "--users", users.toString(), "--auth-without-tls", "-ddd");
                TlsClient client = TlsClient.plain(postern.awaitListening())) {
            client.ehlo();
            client.command(plain("anne", "geheim"), "535");
            client.command("AUTH LOGIN", "334");
            client.response("anne", "334");
            client.response("geheim", "535");
            postern.terminate();
            assertThat(postern.errors())
                    .contains("S: 535 ")
                    .doesNotContain("geheim", TlsClient.base64("geheim"), TlsClient.base64("\0anne\0geheim"));
        }
    }

    @Test
    void aUsersFileThatCannotBeUsedIsToldInOneLine() throws Exception {
        Path broken = users("anne:x", "no colon");
        for (List<String> told : List.of(
                List.of(directory.resolve("missing").toString(), "no such file: " + directory.resolve("missing")),
                List.of(broken.toString(), broken + ":2: line has no colon"))) {
            try (PosternProcess postern =
                    PosternProcess.run("-l", ANY_PORT, "--auth-without-tls", "--users", told.get(0))) {
                assertThat(postern.awaitExit()).isEqualTo(1);
                assertThat(postern.errors().lines())
                        .singleElement()
                        .asString()
                        .startsWith("postern: ")
                        .contains(told.get(1));
            }
        }
    }

    @Test
    void hashTakesTheKindAndTheIterations() throws Exception {
        assertThat(verifier).matches("\\{SCRAM-SHA-256}100000\\$[^$]+\\$[^$]+\\$[^$]+");
        assertThat(hash("x", "--scram", "--iterations", "5000")).startsWith("{SCRAM-SHA-256}5000$");
        assertThat(hash("x", "--pbkdf2", "--iterations", "6000")).matches("\\{PBKDF2-SHA256}6000\\$[^$]+\\$[^$]+");
    }

    @Test
    void onATerminalHashAsksForThePasswordAndDoesNotShowIt() throws Exception {
        Path script = Path.of("/usr/bin/script");
        assumeTrue(Files.isExecutable(script), "script, which makes a terminal, is missing");
        Process terminal = new ProcessBuilder(
                        script.toString(),
                        "-qec",
                        String.join(" ", PosternProcess.command(List.of("hash"))),
                        "/dev/null")
                .start();
        try (Reader screen = terminal.inputReader(StandardCharsets.UTF_8);
                Writer keyboard = terminal.outputWriter(StandardCharsets.UTF_8)) {
            StringBuilder shown = new StringBuilder();
            while (shown.indexOf("Password: ") < 0) {
                int character = screen.read();
                assertThat(character).as(() -> "the prompt behind " + shown).isNotNegative();
                shown.append((char) character);
            }
            keyboard.write("geheim\n");
            keyboard.flush();
            for (int character = screen.read(); character >= 0; character = screen.read()) {
                shown.append((char) character);
            }
            assertThat(shown.toString()).contains("{SCRAM-SHA-256}").doesNotContain("geheim");
        } finally {
            terminal.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hash geheim | hash takes no argument; the password is read from standard input",
                "hash --password geheim | Unknown option: --password",
                "hash --password=geheim | Unknown option: --password",
                "hash --iterations 1 | iterations are 1",
                "hash --scram --pbkdf2 | mutually exclusive",
                "hash | password is empty",
            })
    void aMistakeInTheOptionsOfHashIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            postern.type("\n");
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("postern: ")
                    .contains(message)
                    .doesNotContain("geheim");
            assertThat(postern.readLine()).isEqualTo("(end)");
        }
    }
}
