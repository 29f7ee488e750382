package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code postern inbox}; what its page looks like in a browser is tested where it is made. */
class PosternInboxIT {

    private static final String ANY_PORT = "127.0.0.1:0";
    private static final String PAGE = "postern inbox at ";
    private static final Path GUIDE = Path.of("..", "docs", "inbox.md");

    private static final String MESSAGE = """
            From: Shop <shop@example.org>
            Subject: Your code is 482913
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=edge

            --edge
            Content-Type: text/plain

            It is 482913, or follow https://shop.example.org/confirm?t=1.
            --edge
            Content-Type: application/pdf; name=invoice.pdf

            %PDF
            --edge--
            """;

    @TempDir
    Path directory;

    private static PosternProcess inbox(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("-l", ANY_PORT, "inbox", "--ui", ANY_PORT));
        all.addAll(List.of(arguments));
        return PosternProcess.run(all.toArray(String[]::new));
    }

    private static String page(PosternProcess postern) throws IOException {
        String line = postern.readLine();
        assertThat(line).startsWith(PAGE + "http://127.0.0.1:").endsWith("/");
        return line.substring(PAGE.length());
    }

    private static void send(String address, String content) {
        try (RawSmtpClient client = PosternProcess.client(address)) {
            client.command("MAIL FROM:<shop@example.org>").expect(250);
            client.command("RCPT TO:<anne@example.org>").expect(250);
            client.command("DATA").expect(354);
            client.send(content.replace("\n", "\r\n") + ".\r\n").expect(250);
        }
    }

    private static JsonObject json(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").contains("\r\ncontent-type: application/json");
        return new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    @Test
    void mailForAnyoneIsShown() throws Exception {
        try (PosternProcess postern = inbox()) {
            String address = postern.awaitListening();
            String page = page(postern);
            assertThat(Curl.run(page)).startsWith("HTTP/1.1 200 OK\r\n").contains("<title>Inbox</title>");
            assertThat(json(Curl.run(page + "api/messages")).getJsonArray("receivingAt"))
                    .containsExactly(address);

            send(address, MESSAGE);

            JsonObject message = json(Curl.run(page + "api/messages/wait?to=anne@example.org"));
            assertThat(message.getString("subject")).isEqualTo("Your code is 482913");
            assertThat(message.getJsonArray("transcript").encode())
                    .contains("EHLO client.example.org", "RCPT TO:<anne@example.org>");
            postern.terminate();
            assertThat(postern.awaitExit()).isZero();
            assertThat(postern.errors()).isEmpty();
        }
    }

    @Test
    void theNewestAreThereAgainAfterARestart() throws Exception {
        String mail = directory.resolve("mail").toString();
        try (PosternProcess postern = inbox("--directory", mail, "--max-messages", "2")) {
            String address = postern.awaitListening();
            for (String subject : List.of("one", "two", "three")) {
                send(address, "Subject: " + subject + "\n\n");
            }
            postern.kill(); // 250 means that it is written
        }
        try (PosternProcess postern = inbox("--directory", mail)) {
            postern.awaitListening();
            assertThat(json(Curl.run(page(postern) + "api/messages")).getJsonArray("messages").stream()
                            .map(message -> ((JsonObject) message).getString("subject")))
                    .containsExactly("three", "two");
        }
        try (Stream<Path> files = Files.list(Path.of(mail))) {
            assertThat(files.filter(file -> file.toString().endsWith(".eml"))).hasSize(2);
        }
    }

    @Test
    void itIsKnownByTheNamesThatAreGiven() throws Exception {
        try (PosternProcess postern = inbox("--ui-name", "mail.test")) {
            postern.awaitListening();
            String page = page(postern);
            assertThat(Curl.run("-H", "Host: mail.test:8026", page)).startsWith("HTTP/1.1 200 ");
            assertThat(Curl.run("-H", "Host: rebound.test:8026", page)).startsWith("HTTP/1.1 421 ");
        }
    }

    /** Runs what the guide shows, one after the other in one shell, against a server of ours. */
    @Test
    void whatTheGuideShowsWorks() throws Exception {
        if (!Files.isExecutable(Path.of("/usr/bin/jq")) || !Files.isExecutable(Path.of("/usr/bin/curl"))) {
            if ("true".equals(System.getenv("CI"))) {
                fail("curl or jq is missing, but CI must not skip this test");
            }
            assumeTrue(false, "curl or jq is missing");
        }
        try (PosternProcess postern = inbox()) {
            send(postern.awaitListening(), MESSAGE);
            String script = Pattern.compile("(?s)\n```sh\n(.*?)\n```\n")
                    .matcher(Files.readString(GUIDE))
                    .results()
                    .map((MatchResult block) -> block.group(1))
                    .filter(commands -> commands.contains("curl"))
                    .collect(Collectors.joining("\n"))
                    .replace("http://127.0.0.1:8026/", page(postern));
            Process shell = new ProcessBuilder("/bin/bash", "-euo", "pipefail", "-c", script)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            shell.getOutputStream().close();
            String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(shell.exitValue()).as(output).isZero();
            assertThat(output.replaceAll("[0-9-]+T[0-9:.]+Z ", "\nTIME ")).isEqualTo("""
                    482913
                    https://shop.example.org/confirm?t=1
                    It is 482913, or follow https://shop.example.org/confirm?t=1.
                    TIME Your code is 482913
                    {"deleted":1}{"deleted":0}""");
            assertThat(directory.resolve("message.eml")).hasContent(MESSAGE.replace("\n", "\r\n"));
            assertThat(directory.resolve("invoice.pdf")).hasContent("%PDF");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "inbox mail                  | handler inbox takes options, and no arguments",
                "inbox --max-messages 0      | --max-messages: maxMessages is 0; allowed is 1 to 100000",
                "sink --ui :0                | --ui needs handler inbox",
                "-c x.Y --directory mail     | --directory needs handler inbox",
            })
    void aMistakeIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            assertThat(postern.awaitComplaint(2)).contains(message);
        }
    }

    private static void failsToStart(PosternProcess postern, String message) throws Exception {
        assertThat(postern.awaitComplaint(1)).startsWith(message);
    }

    @Test
    void whatPreventsThePageIsToldInOneLineAndNoMailIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "inbox", "--ui", address)) {
                failsToStart(postern, "cannot listen on " + address + ": ");
                assertThat(postern.readLine()).isEqualTo("(end)");
            }
        }
        try (PosternProcess postern = inbox("--directory", "pom.xml")) {
            failsToStart(postern, "cannot use directory pom.xml: ");
        }
        try (PosternProcess first = inbox("--directory", directory.toString())) {
            first.awaitListening();
            try (PosternProcess second = inbox("--directory", directory.toString())) {
                failsToStart(second, "cannot use directory " + directory + ": ");
            }
        }
    }
}
