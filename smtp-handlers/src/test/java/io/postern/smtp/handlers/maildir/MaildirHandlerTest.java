package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.postern.smtp.Recipient;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MaildirHandlerTest {

    private static final String TEXT = "Subject: hello\r\n\r\nline\r\n";
    private static final int LARGE = 1_000_000;

    @TempDir
    Path directory;

    private final List<MaildirHandler> handlers = new ArrayList<>();

    @AfterEach
    void closeHandlers() {
        handlers.forEach(handler -> await(handler.close()));
    }

    private MaildirHandler handler() {
        return opened(new MaildirHandler(directory.resolve("mail")));
    }

    private MaildirHandler handler(Function<Recipient, Optional<String>> mailboxes) {
        return opened(new MaildirHandler(directory, new MaildirOptions(), mailboxes));
    }

    private MaildirHandler opened(MaildirHandler handler) {
        handlers.add(handler);
        return handler;
    }

    private Inbox inbox() {
        return new Inbox(directory.resolve("mail"));
    }

    private Inbox inbox(String mailbox) {
        return new Inbox(directory.resolve(mailbox));
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    private static Optional<String> byLocalPart(Recipient recipient) {
        return Optional.of(recipient.mailbox().localPart());
    }

    private static String large() {
        return "Subject: large\r\n\r\n" + ("x".repeat(78) + "\r\n").repeat(LARGE / 80);
    }

    @ParameterizedTest
    @EnumSource
    void aMessageIsStoredWithItsTraceAndUnixLineEnds(Dialogue dialogue) throws Exception {
        try (TestSmtpServer server = TestSmtpServer.start(handler(), dialogue.options());
                RawSmtpClient client = dialogue.greeted(server)) {
            assertThat(dialogue.send(client, TEXT, "bart@example.org")).containsExactly(250);
        }
        assertThat(inbox().message())
                .matches("Return-Path: <anne@example\\.org>\n"
                        + "Received: from client\\.example \\(\\[127\\.0\\.0\\.1]\\)\n"
                        + "\tby mx\\.example\\.test with " + (dialogue.isLmtp() ? "LMTP" : "ESMTP") + "\n"
                        + "\tid [0-9.MPQR0-9a-f]+\n\tfor <bart@example\\.org>;\n\t[^\n]+\n"
                        + "X-Peer: \\('127\\.0\\.0\\.1', [0-9]+\\)\n"
                        + "X-MailFrom: anne@example\\.org\nX-RcptTo: bart@example\\.org\n"
                        + "Subject: hello\n\nline\n");
        assertThat(inbox().tmp()).isEmpty();
        Path file = inbox().fresh().get(0);
        assertThat(file.getFileName().toString())
                .matches("[0-9]{10,}\\.M[0-9]+P" + ProcessHandle.current().pid() + "Q[0-9]+R[0-9a-f]{16}\\.[^,/:]+,S="
                        + Files.size(file));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(inbox().directory())))
                .isEqualTo("rwx------");
    }

    @ParameterizedTest
    @EnumSource
    void aLargeMessageIsStoredToTheOctet(Dialogue dialogue) throws Exception {
        try (TestSmtpServer server = TestSmtpServer.start(handler(), dialogue.options());
                RawSmtpClient client = dialogue.greeted(server)) {
            assertThat(dialogue.send(client, large(), "bart@example.org")).containsExactly(250);
        }
        assertThat(inbox().message()).endsWith("\n" + large().replace("\r\n", "\n"));
    }

    @Test
    void linesMayKeepTheirCrLf() throws Exception {
        MaildirOptions options = new MaildirOptions().setLineEnds(MaildirLineEnds.CRLF);
        try (TestSmtpServer server =
                        TestSmtpServer.start(opened(new MaildirHandler(directory.resolve("mail"), options)));
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org");
        }
        assertThat(inbox().message())
                .startsWith("Return-Path: <anne@example.org>\r\n")
                .endsWith("\r\n" + TEXT);
    }

    @Test
    void binaryContentIsStoredAsItIs() throws Exception {
        String binary = "Subject: b\r\n\r\n\0\r\n\r\r\n\n\0";
        try (TestSmtpServer server = TestSmtpServer.start(handler());
                RawSmtpClient client = Dialogue.SMTP_BDAT.greeted(server)) {
            client.command("MAIL FROM:<anne@example.org> BODY=BINARYMIME").expect(250);
            client.command("RCPT TO:<bart@example.org>").expect(250);
            client.send("BDAT " + binary.length() + " LAST\r\n" + binary).expect(250);
        }
        assertThat(inbox().message()).endsWith("\r\n" + binary);
    }

    @ParameterizedTest
    @EnumSource
    void forgedFieldsOfOursAreLeftOut(Dialogue dialogue) throws Exception {
        String forged = """
                X-Peer: forged
                return-path: <forged>
                X-MAILFROM : forged
                 folded forged
                Received: from elsewhere
                X-RcptTo: forged
                Subject: hello

                X-Peer: body
                """.replace("\n", "\r\n");
        try (TestSmtpServer server = TestSmtpServer.start(handler(), dialogue.options());
                RawSmtpClient client = dialogue.greeted(server)) {
            assertThat(dialogue.send(client, forged, "bart@example.org")).containsExactly(250);
        }
        assertThat(inbox().message())
                .doesNotContain("forged")
                .endsWith("\nReceived: from elsewhere\nSubject: hello\n\nX-Peer: body\n");
    }

    @ParameterizedTest
    @EnumSource
    void nothingRemainsOfAMessageWhoseClientWentAway(Dialogue dialogue) throws Exception {
        MaildirHandler handler = handler();
        try (TestSmtpServer server = TestSmtpServer.start(handler, dialogue.options())) {
            for (String begun : List.of(TEXT, large())) {
                RawSmtpClient client = dialogue.greeted(server);
                dialogue.begin(client, begun);
                client.reset();
            }
        }
        await(handler.close());
        assertThat(inbox().fresh()).isEmpty();
        assertThat(inbox().tmp()).isEmpty();
    }

    @Test
    void manyMessagesAtATimeAreAllStoredOnce() throws Exception {
        try (TestSmtpServer server = TestSmtpServer.start(handler())) {
            List<RawSmtpClient> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(Dialogue.SMTP_DATA.greeted(server));
            }
            for (int round = 0; round < 4; round++) {
                for (RawSmtpClient client : clients) {
                    client.send("MAIL FROM:<anne@example.org>\r\nRCPT TO:<bart@example.org>\r\nDATA\r\n");
                }
                for (RawSmtpClient client : clients) {
                    client.expect(250);
                    client.expect(250);
                    client.expect(354);
                    client.send("Subject: " + round + "-" + clients.indexOf(client) + "\r\n\r\n.\r\n");
                }
                for (RawSmtpClient client : clients) {
                    client.expect(250);
                }
            }
            clients.forEach(RawSmtpClient::close);
        }
        List<String> subjects = new ArrayList<>();
        for (Path file : inbox().fresh()) {
            subjects.add(Files.readString(file).replaceAll("(?s).*Subject: (\\S+)\n.*", "$1"));
        }
        assertThat(subjects).hasSize(200).doesNotHaveDuplicates();
        assertThat(inbox().tmp()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void eachRecipientHasTheMessageInItsMailboxAndNoneLearnsOfTheOthers(Dialogue dialogue) throws Exception {
        try (TestSmtpServer server =
                        TestSmtpServer.start(handler(MaildirHandlerTest::byLocalPart), dialogue.options());
                RawSmtpClient client = dialogue.greeted(server)) {
            assertThat(dialogue.send(client, TEXT, "bart@example.org", "carl@example.org", "bart@example.com"))
                    .containsOnly(250);
        }
        assertThat(inbox("bart").message())
                .isEqualTo(inbox("carl").message())
                .endsWith("X-MailFrom: anne@example.org\nSubject: hello\n\nline\n")
                .doesNotContain("bart", "carl");
    }

    @Test
    void aMailboxOnAnotherFileSystemHasACopy() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(
                Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(directory)),
                "/dev/shm is no other file system");
        Path other = Files.createTempDirectory(memory, "maildir");
        Files.createSymbolicLink(directory.resolve("carl"), other);
        try (TestSmtpServer server = TestSmtpServer.start(handler(MaildirHandlerTest::byLocalPart));
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            assertThat(Dialogue.SMTP_DATA.send(client, large(), "bart@example.org", "carl@example.org"))
                    .containsExactly(250);
            assertThat(inbox("carl").message()).isEqualTo(inbox("bart").message());
            assertThat(inbox("carl").tmp()).isEmpty();
        } finally {
            delete(other);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"../../etc\"@example.org",
                "\"..\"@example.org",
                "\"a/b\"@example.org",
                "\"/etc\"@example.org",
                "\".\"@example.org",
                "\"\"@example.org",
                "a/b@example.org",
                "-rf@example.org",
                "\"a b\"@example.org",
                "\"new\\\\..\\\\..\"@example.org",
                "nobody@example.org"
            })
    void anAddressThatIsNoSafeNameHasNoMailbox(String address) throws Exception {
        Function<Recipient, Optional<String>> mailboxes =
                recipient -> byLocalPart(recipient).filter(name -> !name.equals("nobody"));
        try (TestSmtpServer server = TestSmtpServer.start(handler(mailboxes));
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, address)).containsExactly(550);
        }
        try (Stream<Path> made = Files.list(directory)) {
            assertThat(made).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMailboxThatFailsIsRefusedForNowUntilItIsRepaired(Dialogue dialogue) throws Exception {
        for (String part : List.of("tmp", "new")) {
            // no directory where one should be: what root meets as well
            Path broken =
                    Files.createDirectories(directory.resolve("broken" + part)).resolve(part);
            Files.createFile(broken);
            try (TestSmtpServer server =
                            TestSmtpServer.start(handler(MaildirHandlerTest::byLocalPart), dialogue.options());
                    RawSmtpClient client = dialogue.greeted(server)) {
                List<Integer> codes =
                        dialogue.send(client, TEXT, "broken" + part + "@example.org", "good" + part + "@example.org");
                assertThat(codes).isEqualTo(dialogue.isLmtp() ? List.of(451, 250) : List.of(451));
                assertThat(inbox("good" + part).fresh()).hasSize(1);

                Files.delete(broken);
                assertThat(dialogue.send(client, TEXT, "broken" + part + "@example.org"))
                        .containsExactly(250);
            }
            assertThat(inbox("broken" + part).fresh()).hasSize(1);
            assertThat(inbox("broken" + part).tmp()).isEmpty();
            assertThat(inbox("good" + part).tmp()).isEmpty();
        }
    }

    @Test
    void aLargeMessageThatCannotBeWrittenIsRefusedForNow() throws Exception {
        Files.createDirectories(directory.resolve("mail"));
        Files.createFile(directory.resolve("mail/tmp"));
        try (TestSmtpServer server = TestSmtpServer.start(handler());
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            assertThat(Dialogue.SMTP_DATA.send(client, large(), "bart@example.org"))
                    .containsExactly(451);
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                    .containsExactly(451);
        }
    }

    @Test
    void aMaildirThatWasDeletedIsMadeAgain() throws Exception {
        try (TestSmtpServer server = TestSmtpServer.start(handler());
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                    .containsExactly(250);
            delete(directory.resolve("mail"));
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                    .containsExactly(250);
        }
        assertThat(inbox().fresh()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aDirectoryOfItThatWasDeletedAloneIsMadeAgain(MaildirSync sync) throws Exception {
        MaildirOptions options = new MaildirOptions().setSync(sync);
        try (TestSmtpServer server =
                        TestSmtpServer.start(opened(new MaildirHandler(directory.resolve("mail"), options)));
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            for (String part : List.of("new", "tmp", "new", "cur")) {
                Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org");
                delete(directory.resolve("mail").resolve(part));
                assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                        .as("without %s/", part)
                        .containsExactly(250);
            }
        }
        assertThat(inbox().fresh()).hasSize(1 + 2); // since new/ was deleted for the second time
        assertThat(inbox().tmp()).isEmpty();
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void staleFilesAreRemovedAndYoungerOnesOfOthersAreNot() throws Exception {
        Path tmp = Files.createDirectories(directory.resolve("mail/tmp"));
        Path young = Files.createFile(tmp.resolve("young"));
        Path stale = Files.createFile(tmp.resolve("stale"));
        Instant now = Instant.now();
        Files.setLastModifiedTime(young, FileTime.from(now.minus(Duration.ofHours(35))));
        Files.setLastModifiedTime(stale, FileTime.from(now.minus(Duration.ofHours(37))));

        await(handler().prepare());

        assertThat(inbox().tmp()).containsExactly(young);
    }

    @Test
    void aStaleFileThatCannotBeRemovedKeepsNoMailAway() throws Exception {
        Path tmp = Files.createDirectories(directory.resolve("mail/tmp"));
        Path stale = Files.createFile(tmp.resolve("stale"));
        Files.setLastModifiedTime(stale, FileTime.from(Instant.now().minus(Duration.ofHours(37))));
        assumeTrue(attribute("+i", stale), "files cannot be made immutable here");
        try (TestSmtpServer server = TestSmtpServer.start(handler());
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                    .containsExactly(250);
            assertThat(inbox().tmp()).containsExactly(stale);
        } finally {
            attribute("-i", stale);
        }
        assertThat(inbox().fresh()).hasSize(1);
    }

    /** Changes an attribute of the file system. @return whether that can be done here */
    private static boolean attribute(String change, Path file) throws InterruptedException {
        try {
            return new ProcessBuilder("chattr", change, file.toString()).start().waitFor() == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }

    @Test
    void aMaildirThatCannotBeMadeIsToldAtTheStart() throws Exception {
        Files.createFile(directory.resolve("mail"));
        assertThat(handler().prepare().toCompletionStage().toCompletableFuture())
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableThat()
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void afterItsEndMessagesAreRefusedForNow() throws Exception {
        MaildirHandler handler = handler();
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
            await(handler.close());
            assertThat(Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org"))
                    .containsExactly(421);
        }
        assertThat(inbox().fresh()).isEmpty();
    }

    @Test
    void itsEndRemovesMessagesThatAreNotWhole() throws Exception {
        MaildirHandler handler = handler();
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = Dialogue.SMTP_BDAT.greeted(server)) {
            client.command("MAIL FROM:<anne@example.org>").expect(250);
            client.command("RCPT TO:<bart@example.org>").expect(250);
            client.send("BDAT " + large().length() + "\r\n" + large()).expect(250);
            assertThat(inbox().tmp()).hasSize(1);

            await(handler.close());

            assertThat(inbox().tmp()).isEmpty();
            client.command("BDAT 0 LAST").expect(421);
        }
        assertThat(inbox().fresh()).isEmpty();
    }

    @Test
    void filesAreWorkedWithOnThreadsOfTheHandlersOwn() throws Exception {
        Path recorded = directory.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            for (String event : List.of("jdk.FileWrite", "jdk.FileForce")) {
                recording.enable(event).withThreshold(Duration.ZERO).withoutStackTrace();
            }
            recording.start();
            try (TestSmtpServer server = TestSmtpServer.start(handler());
                    RawSmtpClient client = Dialogue.SMTP_DATA.greeted(server)) {
                Dialogue.SMTP_DATA.send(client, TEXT, "bart@example.org");
                Dialogue.SMTP_DATA.send(client, large(), "bart@example.org");
            }
            recording.stop();
            recording.dump(recorded);
        }
        String ours = directory.resolve("mail").toString();
        List<RecordedEvent> events = RecordingFile.readAllEvents(recorded).stream()
                .filter(event -> String.valueOf(event.getString("path")).startsWith(ours))
                .toList();
        assertThat(events)
                .extracting(event -> event.getEventType().getName())
                .contains("jdk.FileWrite", "jdk.FileForce");
        assertThat(events)
                .extracting(event -> event.getThread().getJavaName())
                .allSatisfy(thread -> assertThat(thread).startsWith("maildir-"));
    }
}
