package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Reply;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a message on the way from {@code tmp/} to {@code new/}. */
@Timeout(60)
class MessageFileTest {

    private static final String TEXT = "Subject: hello\n\nline\n";

    @TempDir
    Path directory;

    private Maildir maildir(String name) {
        return new Maildir(directory.resolve(name), true, Duration.ofHours(1));
    }

    private static ByteBuffer text() {
        return ByteBuffer.wrap(TEXT.getBytes(StandardCharsets.US_ASCII));
    }

    private List<String> files(String maildir, String part) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(maildir).resolve(part))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static List<Integer> codes(MessageFile file) {
        return file.replies().stream().map(Reply::code).toList();
    }

    private static MessageFile written(String name, Maildir... maildirs) throws IOException {
        MessageFile file = new MessageFile("a session", name, List.of(maildirs));
        file.append(text());
        file.finish(true);
        return file;
    }

    private static void deliver(MessageFile file, AtomicInteger answers) {
        file.publish(answers::incrementAndGet).forEach(DirectoryChanges::serve);
    }

    @Test
    void nothingRemainsWhereAMessageCannotBeMovedTo() throws Exception {
        MessageFile file = written("1.unique", maildir("home"), maildir("other"));
        // what cannot be replaced by a file
        Files.createDirectories(directory.resolve("home/new/1.unique,S=" + TEXT.length() + "/full"));
        AtomicInteger answers = new AtomicInteger();

        deliver(file, answers);

        assertThat(answers).hasValue(1);
        assertThat(codes(file)).containsExactly(451, 250);
        assertThat(files("home", "tmp")).isEmpty();
        assertThat(files("other", "tmp")).isEmpty();
        assertThat(directory.resolve("other/new/1.unique,S=" + TEXT.length())).hasContent(TEXT);
    }

    @Test
    void aDirectoryThatCannotBeWrittenToTheDiskIsNoPlaceForAMessage() throws Exception {
        Maildir home = maildir("home");
        MessageFile file = written("1.unique", home, maildir("other"));
        AtomicInteger answers = new AtomicInteger();

        List<DirectoryChanges> directories = file.publish(answers::incrementAndGet);
        home.changes()
                .join(() -> Files.move(directory.resolve("home/new"), directory.resolve("home/gone")), fault -> {});
        directories.forEach(DirectoryChanges::serve);

        assertThat(answers).hasValue(1);
        assertThat(codes(file)).containsExactly(451, 250);
        assertThat(files("other", "new")).hasSize(1);
    }

    @Test
    void everyMessageIsAnsweredOnceWhenManyThreadsShareTheirMaildirs() throws Exception {
        int messages = 400;
        FileThreads threads = new FileThreads(4, MaildirSync.FULL);
        Maildir a = maildir("a");
        Maildir b = maildir("b");
        List<Promise<List<Reply>>> promises = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            List<Maildir> targets = i % 3 == 0 ? List.of(a) : i % 3 == 1 ? List.of(a, b) : List.of(b, a);
            Promise<List<Reply>> done = Promise.promise();
            promises.add(done);
            assertThat(threads.execute(
                            new FileWork.Commit(new MessageFile("a session", i + ".unique", targets), text(), done)))
                    .isTrue();
        }
        // while messages wait: what was taken is done
        threads.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);

        for (Promise<List<Reply>> done : promises) {
            assertThat(done.future().isComplete()).isTrue();
            assertThat(done.future().result()).allMatch(reply -> reply.code() == 250);
        }
        assertThat(files("a", "new")).hasSize(messages);
        assertThat(files("b", "new")).hasSize(messages - (messages + 2) / 3);
        assertThat(files("a", "tmp")).isEmpty();
        assertThat(files("b", "tmp")).isEmpty();
    }
}
