package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page keeps, and for how long. */
@Timeout(60)
class InboxStoreTest {

    @TempDir
    Path temporary;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws ExecutionException, TimeoutException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static InboxPageOptions options() {
        return new InboxPageOptions().setPort(0);
    }

    /** A page, its server and a client of it. */
    private final class Running implements AutoCloseable {

        final InboxPage page;
        final TestSmtpServer server;
        final Rest rest;

        Running(InboxPageOptions options) throws Exception {
            this(options, TestSmtpServer.defaultOptions());
        }

        Running(InboxPageOptions options, SmtpServerOptions serverOptions) throws Exception {
            page = await(InboxPage.create(vertx, options).listen());
            server = TestSmtpServer.start(page.handler(), serverOptions, page::recordDialogueOf);
            rest = new Rest(page.url());
        }

        @Override
        public void close() throws ExecutionException, TimeoutException {
            server.close();
            await(page.close());
        }
    }

    @Test
    void aMessageIsThereWhenItsClientReads250() throws Exception {
        try (Running inbox = new Running(options())) {
            for (int i = 0; i < 20; i++) {
                Mails.send(inbox.server, "message " + i, "");
                assertThat(inbox.rest.subjects("?limit=1")).containsExactly("message " + i);
            }
            assertThat(inbox.rest.get(inbox.rest.newest()).getJsonArray("transcript"))
                    .isNotEmpty();
        }
    }

    @Test
    void itIsThereForEachRecipientOfLmtpAndByBdatToo() throws Exception {
        try (Running inbox =
                new Running(options(), TestSmtpServer.defaultOptions().setLmtp(true))) {
            try (RawSmtpClient client = inbox.server.connect()) {
                client.expect(220);
                client.command("LHLO client.example.org").expect(250);
                Mails.transaction(client, List.of("a@example.org", "b@example.org"), "Subject: lmtp\n\nx")
                        .expect(250);
                client.expect(250);
                client.command("MAIL FROM:<>").expect(250);
                client.command("RCPT TO:<c@example.org>").expect(250);
                client.send("BDAT 17 LAST\r\nSubject: bdat\r\n\r\n").expect(250);
            }
            assertThat(inbox.rest.subjects("")).containsExactly("bdat", "lmtp");
            assertThat(inbox.rest.get("/api/messages/wait?to=b@example.org").getJsonArray("to"))
                    .containsExactly("a@example.org", "b@example.org");
        }
    }

    @Test
    void theOldestMakeRoomWhenThereAreTooMany() throws Exception {
        Path directory = temporary.resolve("inbox");
        try (Running inbox = new Running(options().setMaxMessages(2).setDirectory(directory.toString()))) {
            for (String subject : List.of("a", "b", "c", "d")) {
                Mails.send(inbox.server, subject, "");
            }
            assertThat(inbox.rest.subjects("")).containsExactly("d", "c");
            assertThat(names(directory))
                    .filteredOn(name -> name.endsWith(".eml"))
                    .hasSize(2);
            assertThat(names(directory))
                    .filteredOn(name -> name.endsWith(".json"))
                    .hasSize(2);
        }
    }

    @Test
    void theOldestMakeRoomWhenTheyAreTooLarge() throws Exception {
        try (Running inbox = new Running(options().setMaxBytes(100_000))) {
            Mails.send(inbox.server, "a", "x\n".repeat(20_000));
            Mails.send(inbox.server, "b", "x\n".repeat(10_000));
            Mails.send(inbox.server, "c", "x\n".repeat(10_000));
            assertThat(inbox.rest.subjects("")).containsExactly("c", "b");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL FROM:<a@example.org>", "MAIL FROM:<a@example.org> SIZE=10001"})
    void aMessageLargerThanTheStoreIsRefusedForGood(String mail) throws Exception {
        try (Running inbox = new Running(options().setMaxBytes(10_000));
                RawSmtpClient client = inbox.server.connect()) {
            client.expect(220);
            client.command("EHLO client.example.org").expect(250);
            client.command(mail).expect(250);
            client.command("RCPT TO:<b@example.org>").expect(250);
            if (mail.contains("SIZE")) {
                client.command("DATA").expect(552);
            } else {
                client.command("DATA").expect(354);
                client.send("x\r\n".repeat(5_000) + ".\r\n").expect(552);
            }
            assertThat(inbox.rest.subjects("")).isEmpty();
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void messagesInADirectorySurviveARestart() throws Exception {
        Path directory = temporary.resolve("a").resolve("b");
        InboxPageOptions options = options().setDirectory(directory.toString());
        JsonObject before;
        try (Running inbox = new Running(options)) {
            Mails.send(inbox.server, "kept", "text\n");
            Mails.send(inbox.server, "deleted", "");
            inbox.rest.call("DELETE", inbox.rest.newest());
            before = inbox.rest.get(inbox.rest.newest());
        }
        try (Running inbox = new Running(options)) {
            assertThat(inbox.rest.subjects("")).containsExactly("kept");
            assertThat(inbox.rest.get(inbox.rest.newest())).isEqualTo(before);
            assertThat(inbox.rest.call("GET", inbox.rest.newest() + "/raw").body())
                    .isEqualTo("From: Bart <bart@example.org>\r\nSubject: kept\r\n\r\ntext\r\n");
            Mails.send(inbox.server, "later", "");
            assertThat(inbox.rest.subjects("")).containsExactly("later", "kept");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
        for (String name : names(directory)) {
            if (name.endsWith(".eml")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void whatIsNoMessageOfOursIsPassedOver() throws Exception {
        InboxPageOptions options = options().setDirectory(temporary.toString());
        try (Running inbox = new Running(options)) {
            Mails.send(inbox.server, "good", "");
        }
        Path secret = Files.writeString(temporary.resolve("secret"), "Subject: secret\r\n\r\n");
        Files.writeString(temporary.resolve("1000000000001-00000000.json"), "{oops");
        Files.writeString(temporary.resolve("1000000000001-00000000.eml"), "Subject: broken\r\n\r\n");
        Files.writeString(temporary.resolve("1000000000002-00000000.json"), "{\"from\": 1}");
        Files.writeString(temporary.resolve("1000000000002-00000000.eml"), "Subject: broken\r\n\r\n");
        Files.writeString(temporary.resolve("1000000000003-00000000.eml"), "Subject: alone\r\n\r\n");
        String envelope = names(temporary).stream()
                .filter(name -> !name.startsWith("1000000000") && name.endsWith(".json"))
                .findFirst()
                .orElseThrow();
        Files.copy(temporary.resolve(envelope), temporary.resolve("1000000000004-00000000.json"));
        Files.createSymbolicLink(temporary.resolve("1000000000004-00000000.eml"), secret);
        Files.copy(temporary.resolve(envelope), temporary.resolve("..json"));

        try (Running inbox = new Running(options)) {
            assertThat(inbox.rest.subjects("")).containsExactly("good");
        }
        assertThat(names(temporary)).contains("secret", "1000000000001-00000000.json", "1000000000003-00000000.eml");
    }

    @Test
    void aDirectoryIsUsedByOnePageAtATime() throws Exception {
        InboxPageOptions options = options().setDirectory(temporary.toString());
        InboxPage first = await(InboxPage.create(vertx, options).listen());
        assertThatThrownBy(() -> await(InboxPage.create(vertx, options).listen()))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("another page uses this directory");
        await(first.close());
        InboxPage second = await(InboxPage.create(vertx, options).listen());
        await(second.close());
    }

    @Test
    void aFileThatCannotBeWrittenIsARefusalForNow() throws Exception {
        Path directory = temporary.resolve("gone");
        try (Running inbox = new Running(options().setDirectory(directory.toString()));
                RawSmtpClient client = inbox.server.connect()) {
            client.expect(220);
            client.command("EHLO client.example.org").expect(250);
            Files.delete(directory.resolve(".lock"));
            Files.delete(directory);
            Mails.transaction(client, List.of("anne@example.org"), "Subject: x\n\n")
                    .expect(452);
            Files.createDirectory(directory);
            Mails.transaction(client, List.of("anne@example.org"), "Subject: again\n\n")
                    .expect(250);
            assertThat(inbox.rest.subjects("")).containsExactly("again");
        }
    }

    @Test
    void aFileThatIsGoneIsAnErrorOfThatMessageOnly() throws Exception {
        try (Running inbox = new Running(options().setDirectory(temporary.toString()))) {
            Mails.send(inbox.server, "gone", "");
            for (String name : names(temporary)) {
                if (name.endsWith(".eml")) {
                    Files.delete(temporary.resolve(name));
                }
            }
            assertThat(inbox.rest.call("GET", inbox.rest.newest() + "/raw").statusCode())
                    .isEqualTo(404);
            Mails.send(inbox.server, "there", "");
            assertThat(inbox.rest.call("GET", inbox.rest.newest() + "/raw").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aPortThatIsTakenIsToldAndTheDirectoryFreedAgain() throws Exception {
        InboxPage first = await(InboxPage.create(vertx, options()).listen());
        InboxPageOptions taken = options().setPort(first.port()).setDirectory(temporary.toString());
        assertThatThrownBy(() -> await(InboxPage.create(vertx, taken).listen()))
                .cause()
                .isInstanceOf(BindException.class);
        InboxPage second = await(InboxPage.create(vertx, taken.setPort(0)).listen());
        assertThat(second.url()).isEqualTo(URI.create("http://127.0.0.1:" + second.port() + "/"));
        await(second.close());
        await(first.close());
    }

    @Test
    void aMessageThatNobodyCanParseHasItsSource() throws Exception {
        StringBuilder nested = new StringBuilder("Subject: deep\n");
        for (int i = 0; i < 20_000; i++) {
            nested.append("Content-Type: multipart/mixed; boundary=b")
                    .append(i)
                    .append("\n\n--b")
                    .append(i)
                    .append('\n');
        }
        try (Running inbox = new Running(options())) {
            Mails.send(inbox.server, List.of("anne@example.org"), nested.toString());
            JsonObject message = inbox.rest.get(inbox.rest.newest());
            assertThat(message.getBoolean("readable")).isFalse();
            assertThat(inbox.rest.call("GET", inbox.rest.newest() + "/raw").body())
                    .startsWith("Subject: deep\r\n");
            assertThat(inbox.rest.call("GET", inbox.rest.newest() + "/html").statusCode())
                    .isEqualTo(404);
        }
    }
}
