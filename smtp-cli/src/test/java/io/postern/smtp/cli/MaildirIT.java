package io.postern.smtp.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.WireReply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code postern maildir} as a process: what it has accepted is there, whatever becomes of it. */
@Timeout(240)
class MaildirIT {

    private static final String ANY_PORT = "127.0.0.1:0";
    private static final int KILLS = 10;
    private static final int CLIENTS = 10;
    private static final int DESCRIPTORS = 200;

    @TempDir
    Path directory;

    private PosternProcess postern(Path maildir) throws IOException {
        return PosternProcess.run("-l", ANY_PORT, "maildir", maildir.toString());
    }

    /** The numbers of the messages in {@code new/}, each of which must be whole. */
    private static List<String> stored(Path maildir) throws IOException {
        List<String> numbers = new ArrayList<>();
        try (Stream<Path> files = Files.list(maildir.resolve("new"))) {
            for (Path file : files.toList()) {
                String text = Files.readString(file, UTF_8);
                assertThat(MailLoad.isWhole(text)).as("%s is whole", file).isTrue();
                numbers.add(text.replaceAll("(?s).*\nSubject: (\\S+)\n.*", "$1"));
            }
        }
        return numbers;
    }

    private static List<Path> tmp(Path maildir) throws IOException {
        try (Stream<Path> files = Files.list(maildir.resolve("tmp"))) {
            return files.toList();
        }
    }

    private static WireReply send(RawSmtpClient client, String text) {
        client.command("MAIL FROM:<anne@example.org>").expect(250);
        client.command("RCPT TO:<bart@example.org>").expect(250);
        client.command("DATA").expect(354);
        return client.send(text).command(".");
    }

    @Test
    void whatWasAcceptedBeforeSigkillIsThereOnceAndWhole() throws Exception {
        List<String> accepted = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            try (PosternProcess postern = postern(directory);
                    MailLoad load = new MailLoad(postern.awaitListening(), "kill" + kill, CLIENTS)) {
                load.awaitAccepted(10 + 7 * kill); // each time at another moment of whatever goes on
                postern.kill();
                accepted.addAll(load.awaitEnd());
                assertThat(load.refusals()).isEmpty();
            }
        }
        assertThat(stored(directory)).doesNotHaveDuplicates().containsAll(accepted);
        assertThat(accepted).hasSizeGreaterThan(KILLS * 10);
    }

    @Test
    void whatWasAcceptedBeforeSigtermIsThereAndNothingElse() throws Exception {
        try (PosternProcess postern = postern(directory);
                MailLoad load = new MailLoad(postern.awaitListening(), "term", CLIENTS)) {
            load.awaitAccepted(100);
            postern.terminate();
            List<String> accepted = load.awaitEnd();
            assertThat(postern.awaitExit()).isZero();
            assertThat(load.refusals())
                    .allSatisfy(reply -> assertThat(reply.code()).isEqualTo(421));
            assertThat(stored(directory)).containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(tmp(directory)).isEmpty();
            assertThat(postern.errors()).isEmpty();
        }
    }

    @Test
    void twoProcessesDeliverIntoOneMaildir() throws Exception {
        try (PosternProcess one = postern(directory);
                PosternProcess other = postern(directory);
                MailLoad toOne = new MailLoad(one.awaitListening(), "one", CLIENTS);
                MailLoad toOther = new MailLoad(other.awaitListening(), "other", CLIENTS)) {
            toOne.awaitAccepted(100);
            toOther.awaitAccepted(100);
            one.terminate();
            other.terminate();
            List<String> accepted = new ArrayList<>(toOne.awaitEnd());
            accepted.addAll(toOther.awaitEnd());
            assertThat(one.awaitExit() + other.awaitExit()).isZero();
            assertThat(stored(directory)).containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(tmp(directory)).isEmpty();
        }
    }

    @Test
    void readersOfOtherMakesReadWhatIsStored() throws Exception {
        List<String> subjects = List.of("one", "two", "three");
        try (PosternProcess postern = postern(directory);
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            for (String subject : subjects) {
                send(client, "From: anne@example.org\r\nSubject: " + subject + "\r\n\r\nFrom here\r\n")
                        .expect(250);
            }
        }
        String python = """
                import mailbox, sys
                for message in mailbox.Maildir(sys.argv[1], create=False):
                    assert message.get_payload() == 'From here\\n', message.get_payload()
                    assert message['Return-Path'] == '<anne@example.org>'
                    print(message['Subject'])
                """;
        assertThat(output("/usr/bin/python3", "-c", python, directory.toString())
                        .lines())
                .containsExactlyInAnyOrderElementsOf(subjects);
        // mutt works on a terminal only, which script gives it: it tags all messages and pipes each
        Path config = Files.writeString(directory.resolve("muttrc"), """
                set folder="%1$s" spoolfile="%1$s" mbox_type=Maildir header_cache="" pipe_split=yes wait_key=no
                set pipe_decode=no quit=yes mark_old=no move=no auto_tag=yes
                push "<tag-pattern>~A<enter><tag-prefix><pipe-message>sed -n 's/Subject: //p' >> %1$s/seen<enter><exit>"
                """.formatted(directory));
        output("/usr/bin/script", "-qec", "TERM=xterm HOME=" + directory + " mutt -n -F " + config, "/dev/null");
        assertThat(Files.readAllLines(directory.resolve("seen"))).containsExactlyInAnyOrderElementsOf(subjects);
    }

    private static String output(String... command) throws Exception {
        missing(command[0]);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static void missing(String program) {
        needs(Files.isExecutable(Path.of(program)), program);
    }

    private static void needs(boolean present, String what) {
        if (!present) {
            assertThat(System.getenv("CI")).as(what + " is missing").isNotEqualTo("true");
            Assumptions.abort(what + " is missing");
        }
    }

    private static boolean isRoot() throws Exception {
        return output("/usr/bin/id", "-u").strip().equals("0");
    }

    @Test
    void aFullDiskIsToldToTheClientUntilThereIsRoom() throws Exception {
        needs(isRoot(), "the right to mount");
        output("/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.toString());
        try (PosternProcess postern = postern(directory.resolve("mail"));
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            Path maildir = directory.resolve("mail");
            Path filler = Files.write(directory.resolve("filler"), new byte[700_000]);
            String small = "Subject: s\r\n\r\n" + "x\r\n".repeat(10_000);
            String large = "Subject: l\r\n\r\n" + ("x".repeat(78) + "\r\n").repeat(10_000);
            assertThat(send(client, large).toString()).startsWith("452 4.3.1");
            int stored = 0;
            while (stored < 100 && send(client, small).code() == 250) {
                stored++;
            }
            assertThat(stored).isBetween(1, 99);
            assertThat(send(client, small).toString()).startsWith("452 4.3.1");
            assertThat(tmp(maildir)).isEmpty();
            try (Stream<Path> files = Files.list(maildir.resolve("new"))) {
                assertThat(files)
                        .hasSize(stored)
                        .allSatisfy(file -> assertThat(Files.readString(file)).endsWith(small.replace("\r", "")));
            }

            Files.delete(filler);
            send(client, small).expect(250);
        } finally {
            output("/bin/umount", "-l", directory.toString());
        }
    }

    @Test
    void aMaildirThatMayNotBeWrittenIsToldToTheClientUntilItMay() throws Exception {
        needs(isRoot(), "the right to mount");
        output("/bin/mount", "-t", "tmpfs", "tmpfs", directory.toString());
        try (PosternProcess postern = postern(directory.resolve("mail"));
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            output("/bin/mount", "-o", "remount,ro", directory.toString()); // which even root must obey
            assertThat(send(client, "x\r\n").toString()).startsWith("451 4.3.0");
            output("/bin/mount", "-o", "remount,rw", directory.toString());
            send(client, "x\r\n").expect(250);
            assertThat(tmp(directory.resolve("mail"))).isEmpty();
        } finally {
            output("/bin/umount", "-l", directory.toString());
        }
    }

    @Test
    void aLackOfDescriptorsIsToldToTheClientUntilThereAreSome() throws Exception {
        List<String> command =
                new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -n " + DESCRIPTORS + " && exec \"$@\"", "sh"));
        command.addAll(PosternProcess.command(List.of("-l", ANY_PORT, "maildir", directory.toString())));
        try (PosternProcess postern = PosternProcess.runCommand(command)) {
            String address = postern.awaitListening();
            try (RawSmtpClient client = PosternProcess.client(address)) {
                send(client, "x\r\n").expect(250);
                List<Socket> others = new ArrayList<>();
                try {
                    for (int i = 0; i < DESCRIPTORS; i++) {
                        others.add(new Socket(InetAddress.getLoopbackAddress(), PosternProcess.port(address)));
                    }
                    awaitDescriptors(postern, DESCRIPTORS);
                    assertThat(sendUntil(client, 451).toString()).startsWith("451 4.3.0");
                    assertThat(tmp(directory)).isEmpty();
                } finally {
                    for (Socket other : others) {
                        other.close();
                    }
                }
                sendUntil(client, 250);
            }
        }
    }

    /**
     * Waits until the server has no descriptor left. A message sent before could be what has the last ones when a
     * connection comes, and the server then accepts none for a second, in which the next messages have them again.
     */
    private static void awaitDescriptors(PosternProcess postern, int number) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (postern.openDescriptors() < number && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertThat(postern.openDescriptors()).as("open descriptors").isEqualTo(number);
    }

    /** Sends until this is the reply, which it is as soon as the server has noticed who came or went. */
    private static WireReply sendUntil(RawSmtpClient client, int code) {
        WireReply reply = send(client, "x\r\n");
        for (int i = 0; i < 2_000 && reply.code() != code; i++) {
            reply = send(client, "x\r\n");
        }
        return reply.expect(code);
    }

    @Test
    void aMessageLargerThanTheHeapIsStored() throws Exception {
        List<String> command = new ArrayList<>(
                PosternProcess.command(List.of("-l", ANY_PORT, "-s", "0", "maildir", directory.toString())));
        command.add(1, "-Xmx64m");
        String line = "x".repeat(98) + "\r\n";
        byte[] megabyte = line.repeat(10_000).getBytes(ISO_8859_1);
        try (PosternProcess postern = PosternProcess.runCommand(command);
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            client.setTimeout(Duration.ofSeconds(60));
            client.command("MAIL FROM:<anne@example.org>").expect(250);
            client.command("RCPT TO:<bart@example.org>").expect(250);
            client.command("DATA").expect(354);
            client.send("Subject: large\r\n\r\n");
            for (int i = 0; i < 200; i++) {
                client.send(megabyte);
            }
            client.command(".").expect(250);
        }
        try (Stream<Path> files = Files.list(directory.resolve("new"));
                Stream<String> lines = Files.lines(files.findFirst().orElseThrow(), ISO_8859_1)) {
            assertThat(lines.filter(line.strip()::equals).count()).isEqualTo(2_000_000);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "maildir | handler maildir takes a directory",
                "maildir a b | handler maildir takes none, file or full behind its directory, not 'b'",
                "maildir a full more | handler maildir takes a directory",
            })
    void aMistakeIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            assertThat(postern.awaitComplaint(2)).contains(message);
        }
    }

    @Test
    void aMaildirThatCannotBeMadeIsToldAtTheStart() throws Exception {
        try (PosternProcess postern = PosternProcess.run("maildir", "pom.xml")) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("postern: cannot use Maildir pom.xml: ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "file", "full"})
    void eachKindOfSyncDelivers(String sync) throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "maildir", directory.toString(), sync);
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            send(client, "Subject: s\r\n\r\nend\r\n").expect(250);
        }
        try (Stream<Path> files = Files.list(directory.resolve("new"))) {
            assertThat(files).hasSize(1);
        }
    }
}
