package io.postern.smtp.handlers.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.routing.HandlerChain;
import io.postern.smtp.handlers.routing.RecipientRouter;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Stream;
import org.apache.james.mime4j.dom.Message;
import org.apache.james.mime4j.dom.Multipart;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MimeHandlerTest {

    private static final int THRESHOLD = 1_000;

    @TempDir
    private Path directory;

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private MimeOptions options() {
        return new MimeOptions().setMemoryThreshold(THRESHOLD).setDirectory(directory.toString());
    }

    /** Answers as it is told to. */
    private final class Answering extends MimeHandler {

        private final Function<SpooledMessage, Future<Reply>> answer;

        Answering(MimeOptions options, Function<SpooledMessage, Future<Reply>> answer) {
            super(options);
            this.answer = answer;
        }

        @Override
        protected Future<Reply> handleMessage(Session session, SpooledMessage message) {
            return answer.apply(message);
        }

        @Override
        protected void handleEnd(Session session) {
            told.add("end");
        }
    }

    private TestSmtpServer serve(Function<SpooledMessage, Future<Reply>> answer) {
        return serve(options(), answer);
    }

    private TestSmtpServer serve(MimeOptions options, Function<SpooledMessage, Future<Reply>> answer) {
        return TestSmtpServer.start(new Answering(options, answer), lenient());
    }

    /** Options of a server that leaves it to the handler to refuse. */
    private static SmtpServerOptions lenient() {
        return new SmtpServerOptions()
                .setHostName("mx.example.test")
                .setLineLengthLimit(0)
                .setMaxHeaderSize(0);
    }

    private static RawSmtpClient client(TestSmtpServer server) {
        RawSmtpClient client = server.connect();
        client.expect(220);
        client.command("EHLO client.example").expect(250);
        return client;
    }

    private static void begin(RawSmtpClient client) {
        client.command("MAIL FROM:<a@example.org>").expect(250);
        client.command("RCPT TO:<b@example.org>").expect(250);
    }

    /** Sends a message by BDAT, so that any octets will do. @return its reply */
    private static String send(RawSmtpClient client, String content) {
        begin(client);
        byte[] octets = content.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        client.send("BDAT " + octets.length + " LAST\r\n");
        client.send(octets);
        return client.readReply().toString();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static Future<Reply> say(String text) {
        return Future.succeededFuture(Reply.of(250, "2.6.0", text));
    }

    private static Future<Buffer> collect(ReadStream<Buffer> stream) {
        return stream.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer));
    }

    // Where messages are

    @ParameterizedTest
    @CsvSource({"1000, true, DATA", "1002, false, DATA", "300000, false, DATA", "1000, true, BDAT", "1002, false, BDAT"
    })
    void aMessageIsInMemoryOrInAFileAndTheSameFromBoth(int size, boolean inMemory, String command) throws Exception {
        String content = "x".repeat(60) + "\r\n";
        content = content.repeat(size / content.length());
        String whole = content + "y".repeat(size - content.length() - 2) + "\r\n";
        try (TestSmtpServer server = serve(message -> {
                    told.add(message.buffer().isPresent() + " " + message.file().isPresent() + " " + message.size());
                    return collect(message.content())
                            .compose(streamed -> collect(message.content()).compose(again -> {
                                told.add(streamed.toString());
                                told.add(again.equals(streamed) ? "again" : "otherwise");
                                return say("done");
                            }));
                });
                RawSmtpClient client = client(server)) {
            begin(client);
            if (command.equals("DATA")) {
                client.command("DATA").expect(354);
                client.send(whole + ".\r\n").expect(250);
            } else {
                client.send("BDAT 10\r\n" + whole.substring(0, 10)).expect(250);
                client.send("BDAT " + (size - 10) + " LAST\r\n" + whole.substring(10))
                        .expect(250);
            }
            assertThat(told).containsExactly(inMemory + " " + !inMemory + " " + size, whole, "again");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void theFileIsForItsOwnerOnlyAndGoneWithTheReply() throws Exception {
        try (TestSmtpServer server = serve(message -> {
                    Path file = message.file().orElseThrow();
                    try {
                        told.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
                        told.add(Long.toString(Files.size(file)));
                    } catch (IOException e) {
                        told.add(e.toString());
                    }
                    return say("done");
                });
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(5_000))).startsWith("250");
            assertThat(told).containsExactly("rw-------", "5000");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void theFileIsGoneAlsoWhenTheHandlerFails() throws Exception {
        try (TestSmtpServer server = serve(message -> Future.failedFuture(new IllegalStateException("broken")));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(5_000))).startsWith("451");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void theFileIsGoneWhenTheClientIsAlsoInTheMiddleOfAMessage() throws Exception {
        try (TestSmtpServer server = serve(message -> say("never"))) {
            RawSmtpClient client = client(server);
            begin(client);
            client.send("BDAT 5000\r\n" + "z".repeat(5_000)).expect(250); // so it is in the file
            assertThat(files()).hasSize(1);
            client.reset();
            assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("end");
        } // waits for the work that was begun
        assertThat(files()).isEmpty();
    }

    @Test
    void theFileIsGoneWhenTheClientIsAndTheHandlerNeverAnswers() throws Exception {
        BlockingQueue<String> reached = new LinkedBlockingQueue<>();
        try (TestSmtpServer server = serve(message -> {
            reached.add("handler");
            return Promise.<Reply>promise().future();
        })) {
            RawSmtpClient client = client(server);
            begin(client);
            client.send("BDAT 5000 LAST\r\n" + "z".repeat(5_000));
            assertThat(reached.poll(20, TimeUnit.SECONDS)).isEqualTo("handler");
            client.reset();
            assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("end");
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void theFileOfAHandlerThatWasGivenUpIsGoneWithTheNextMessage() throws Exception {
        BlockingQueue<SpooledMessage> messages = new LinkedBlockingQueue<>();
        BlockingQueue<Path> reached = new LinkedBlockingQueue<>();
        Answering slow = new Answering(options(), message -> {
            messages.add(message);
            return messages.size() == 1 ? Promise.<Reply>promise().future() : say("second");
        });
        try (TestSmtpServer server = TestSmtpServer.start(slow, lenient().setHandlerTimeout(Duration.ofMillis(200)));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(5_000))).startsWith("451");
            assertThat(send(client, "small")).startsWith("250");
            Path first = messages.take().file().orElseThrow();
            client.command("QUIT").expect(221);
            assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("end");
            reached.add(first);
        }
        assertThat(reached.take()).doesNotExist();
    }

    @Test
    void aDirectoryThatCannotBeWrittenToIsARefusalForNow() {
        MimeOptions nowhere =
                options().setDirectory(directory.resolve("missing").toString());
        try (TestSmtpServer server = serve(nowhere, message -> say("never"));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(5_000))).isEqualTo(Replies.INSUFFICIENT_STORAGE.toString());
            assertThat(send(client, "small")).startsWith("250");
        }
    }

    @Test
    void whatAllMessagesTogetherHaveInMemoryIsBounded() throws Exception {
        MimeOptions little = options().setMaxMemory(1_500);
        BlockingQueue<Promise<Reply>> held = new LinkedBlockingQueue<>();
        try (TestSmtpServer server = serve(little, message -> {
                    told.add(message.buffer().isPresent() ? "memory" : "file");
                    Promise<Reply> answer = Promise.promise();
                    held.add(answer);
                    return answer.future();
                });
                RawSmtpClient first = client(server);
                RawSmtpClient second = client(server)) {
            begin(first);
            first.send("BDAT 800 LAST\r\n" + "a".repeat(800));
            Promise<Reply> answer = held.take();
            begin(second);
            second.send("BDAT 800 LAST\r\n" + "b".repeat(800));
            held.take().complete(Replies.MESSAGE_ACCEPTED);
            second.expect(250);
            answer.complete(Replies.MESSAGE_ACCEPTED);
            first.expect(250);
            begin(second);
            second.send("BDAT 800 LAST\r\n" + "c".repeat(800));
            held.take().complete(Replies.MESSAGE_ACCEPTED);
            second.expect(250);
            assertThat(told).containsExactly("memory", "file", "memory");
        }
    }

    @Test
    void aMessageOverTheLargestIsRefusedAndNothingIsLeft() throws Exception {
        try (TestSmtpServer server = serve(options().setMaxMessageSize(10_000), message -> say("taken"));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(10_000))).startsWith("250");
            assertThat(send(client, "z".repeat(10_001))).isEqualTo(Replies.TOO_MUCH_DATA.toString());
            assertThat(files()).isEmpty();
            client.command("MAIL FROM:<a@example.org> SIZE=10001").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(250);
            client.command("DATA").expect(552);
        }
    }

    @Test
    void theStreamCanHaveTheEnvelopeInFront() {
        try (TestSmtpServer server =
                        serve(message -> collect(message.contentWithEnvelope()).compose(content -> {
                            told.add(content.toString());
                            return say("done");
                        }));
                RawSmtpClient client = client(server)) {
            send(client, "X-MailFrom: forged\r\nSubject: s\r\n\r\n" + "z".repeat(200_000));
            assertThat(told.remove())
                    .startsWith("X-Peer: ('127.0.0.1', ")
                    .contains("\r\nX-MailFrom: a@example.org\r\nX-RcptTo: b@example.org\r\nSubject: s\r\n\r\nzzz")
                    .doesNotContain("forged");
        }
    }

    @Test
    void inLmtpEachRecipientReadsTheReply() {
        try (TestSmtpServer server = TestSmtpServer.start(
                        new Answering(options(), message -> say("done")),
                        lenient().setLmtp(true));
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("LHLO client.example").expect(250);
            begin(client);
            client.command("RCPT TO:<c@example.org>").expect(250);
            client.send("BDAT 5000 LAST\r\n" + "z".repeat(5_000));
            client.expect(250);
            client.expect(250);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 5000", "false, 5000", "true, 100", "false, 100"})
    void twoRoutesOfATransactionLeadToTheSameHandler(boolean lmtp, int size) throws Exception {
        Answering mime = new Answering(
                options(),
                message -> collect(message.content()).compose(content -> {
                    told.add(message.envelope().rcptTos() + " " + content.length());
                    return say("done");
                }));
        SmtpHandler router = RecipientRouter.builder()
                .route("one.example", HandlerChain.of(mime))
                .route("two.example", HandlerChain.of(mime))
                .build();
        try (TestSmtpServer server = TestSmtpServer.start(router, lenient().setLmtp(lmtp));
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command((lmtp ? "LHLO" : "EHLO") + " client.example").expect(250);
            for (int message = 0; message < 2; message++) {
                client.command("MAIL FROM:<a@example.org>").expect(250);
                client.command("RCPT TO:<b@one.example>").expect(250);
                client.command("RCPT TO:<b@two.example>").expect(250);
                client.send("BDAT " + size + " LAST\r\n" + "z".repeat(size));
                for (int reply = 0; reply < (lmtp ? 2 : 1); reply++) {
                    client.expect(250);
                }
                assertThat(List.of(told.take(), told.take()))
                        .containsExactlyInAnyOrder("[b@one.example] " + size, "[b@two.example] " + size);
            }
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void aHandlerThatGivesNothingHasFailed() throws Exception {
        try (TestSmtpServer server = serve(message -> null);
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "z".repeat(5_000))).isEqualTo(Replies.HANDLER_FAILED.toString());
            assertThat(files()).isEmpty();
        }
    }

    // How they are read

    /** Reads a message of this size as it is told to, and gives the reply and what was told. */
    private List<String> stream(int size, BiConsumer<SpooledMessage, Promise<Reply>> reading) {
        try (TestSmtpServer server = serve(message -> {
                    Promise<Reply> answer = Promise.promise();
                    reading.accept(message, answer);
                    return answer.future();
                });
                RawSmtpClient client = client(server)) {
            told.add(send(client, "z".repeat(size)));
            assertThat(files()).isEmpty();
            return List.copyOf(told);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whileAStreamIsPausedNothingIsHandedOver() {
        assertThat(stream(200_000, (message, answer) -> {
                    ReadStream<Buffer> content = message.content();
                    long[] octets = {0};
                    content.endHandler(end -> answer.complete(Reply.of(250, "2.6.0", octets[0] + " octets")));
                    content.handler(part -> octets[0] += part.length());
                    content.pause(); // it is being read already
                    collect(message.content()).onSuccess(all -> {
                        told.add(octets[0] + " of " + all.length());
                        content.resume();
                    });
                }))
                .containsExactly("0 of 200000", "250 2.6.0 200000 octets");
    }

    @Test
    void aStreamThatIsPausedInItsHandlerIsPausedAtOnce() {
        assertThat(stream(200_000, (message, answer) -> {
                    ReadStream<Buffer> content = message.content();
                    int[] parts = {0};
                    content.endHandler(end -> answer.complete(Reply.of(250, "2.6.0", parts[0] + " parts")));
                    content.handler(part -> {
                        parts[0]++;
                        content.pause();
                        collect(message.content()).onSuccess(all -> content.fetch(1));
                    });
                }))
                .containsExactly("250 2.6.0 4 parts");
    }

    @Test
    void aReaderThatThrowsHasFailed() {
        assertThat(stream(
                        5_000,
                        (message, answer) -> message.content().handler(part -> {
                            throw new IllegalStateException("cannot read that");
                        })))
                .containsExactly(Replies.HANDLER_FAILED.toString());
    }

    @Test
    void aStreamFailsWhenTheMessageIsDeletedBeforeItsEnd() throws Exception {
        assertThat(stream(5_000, (message, answer) -> {
                    ReadStream<Buffer> content = message.content();
                    content.exceptionHandler(failure -> told.add(failure.getMessage()));
                    content.handler(part -> {
                        content.pause(); // and never goes on
                        answer.complete(Replies.MESSAGE_ACCEPTED);
                    });
                }))
                .containsExactly("the message has been deleted", Replies.MESSAGE_ACCEPTED.toString());
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void aStreamWhoseFileIsGoneFails() throws Exception {
        assertThat(stream(5_000, (message, answer) -> {
                    try {
                        Files.delete(message.file().orElseThrow());
                    } catch (IOException e) {
                        told.add(e.toString());
                    }
                    message.content()
                            .exceptionHandler(failure -> answer.complete(
                                    Reply.of(452, "4.3.1", failure.getClass().getSimpleName())))
                            .handler(part -> told.add("something"));
                }))
                .containsExactly("452 4.3.1 NoSuchFileException");
        assertThat(openFiles()).isEmpty();
    }

    /** What this process has open in the directory, also what is deleted. */
    private List<String> openFiles() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors), "only Linux tells what is open");
        List<String> open = new ArrayList<>();
        try (Stream<Path> links = Files.list(descriptors)) {
            for (Path link : links.toList()) {
                try {
                    open.add(Files.readSymbolicLink(link).toString());
                } catch (IOException closed) {
                    // meanwhile, as that of the listing itself
                }
            }
        }
        open.removeIf(file -> !file.startsWith(directory.toString()));
        return open;
    }

    // What is in them

    @Test
    void aMessageIsParsedOnceAndNotOnTheEventLoop() {
        try (TestSmtpServer server = serve(message -> message.parsed(parsed -> {
                            told.add(Context.isOnEventLoopThread() ? "event loop" : "worker");
                            return parsed;
                        })
                        .compose(parsed -> message.parsed()
                                .compose(again -> say(Objects.equals(again, parsed) ? "same" : "other"))));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, "Subject: s\r\n\r\ntext\r\n")).endsWith("same");
            assertThat(told).containsExactly("worker");
        }
    }

    /** What a handler makes of a message. */
    private String read(String content, Function<MimeContent, String> reading) {
        return read(options(), content, reading);
    }

    private String read(MimeOptions options, String content, Function<MimeContent, String> reading) {
        try (TestSmtpServer server = serve(
                        options,
                        message -> message.parsed(parsed -> reading.apply(MimeContent.of(parsed)))
                                .compose(text -> {
                                    told.add(text);
                                    return say("done");
                                }));
                RawSmtpClient client = client(server)) {
            String reply = send(client, content);
            return reply.startsWith("250") ? told.remove() : reply;
        }
    }

    @Test
    void textWithoutACharsetIsUtf8() {
        assertThat(read(
                        "Subject: s\r\n\r\nGr\u00fc\u00dfe\r\n",
                        content -> content.text().orElseThrow()))
                .isEqualTo("Gr\u00fc\u00dfe\r\n");
    }

    @Test
    void aCharsetThatNobodyKnowsIsNoReasonToLoseTheText() {
        assertThat(read(
                        "Content-Type: text/plain; charset=x-nobody\r\n\r\ntext\r\n",
                        content -> content.text().orElseThrow()))
                .isEqualTo("text\r\n");
    }

    @Test
    void aBodyLineOfAnyLengthIsText() {
        String line = "z".repeat(300_000);
        assertThat(read("Subject: s\r\n\r\n" + line, content -> content.text().orElseThrow()))
                .isEqualTo(line);
    }

    @Test
    void aMessageWithoutAnythingHasNothing() {
        assertThat(read("", content -> content.subject() + " " + content.html() + " " + content.attachments()))
                .isEqualTo("Optional.empty Optional.empty []");
    }

    @Test
    void textThatIsTooLongIsCutOff() {
        String text = "z".repeat(MimeContent.MAX_TEXT + 1);
        assertThat(read(
                        "Subject: s\r\n\r\n" + text,
                        content -> Integer.toString(content.text().orElseThrow().length())))
                .isEqualTo(Integer.toString(MimeContent.MAX_TEXT));
    }

    @Test
    void manyLargePartsNeedNoMoreThanTwoFiles() throws Exception {
        StringBuilder content = new StringBuilder("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        for (int i = 0; i < 50; i++) {
            content.append("--b\r\n\r\n")
                    .append((char) ('a' + i % 26))
                    .append("z".repeat(2_000))
                    .append("\r\n");
        }
        String parts = read(content.append("--b--\r\n").toString(), read -> {
            try (Stream<Path> files = Files.list(directory)) {
                // that of the parts has no name any more
                return files.count() + " " + bodiesOf(read);
            } catch (IOException e) {
                return e.toString();
            }
        });
        assertThat(parts).matches("[12] 50");
        assertThat(files()).isEmpty();
    }

    private static long bodiesOf(MimeContent content) {
        // each text is one of its own: none runs into the next
        return content.texts().stream()
                .filter(text -> text.matches("(?s)[a-z]z{2000}"))
                .count();
    }

    // What is too much

    static Stream<String> hostile() {
        StringBuilder parts = new StringBuilder("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        parts.append("--b\r\n\r\n\r\n".repeat(MimeOptions.DEFAULT_MAX_PARTS + 1));
        StringBuilder deep = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
            deep.append("Content-Type: multipart/mixed; boundary=b")
                    .append(i)
                    .append("\r\n\r\n--b")
                    .append(i)
                    .append("\r\n");
        }
        String attached = "Content-Type: message/rfc822\r\n\r\n".repeat(2_000);
        String manyFields = "A: b\r\n".repeat(MimeOptions.DEFAULT_MAX_HEADER_FIELDS + 1) + "\r\n";
        String longField = "A: " + "z".repeat(100_000) + "\r\n\r\n";
        String folded = "A: b\r\n" + (" " + "z".repeat(70) + "\r\n").repeat(2_000) + "\r\n";
        String largeHeader = ("A: " + "z".repeat(900) + "\r\n").repeat(2_000) + "\r\n";
        return Stream.of(parts.toString(), deep.toString(), attached, manyFields, longField, folded, largeHeader);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void aMessageThatIsTooMuchIsRefusedForGood(String content) throws Exception {
        assertThat(read(content, parsed -> "parsed")).isEqualTo(MimeHandler.MALFORMED.toString());
        assertThat(files()).isEmpty();
    }

    @Test
    void textBesideThePartsIsKeptOnlyInBounds() {
        String beside = "p".repeat(3_000_000) + "\r\n";
        String content = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + beside
                + "--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n--b--\r\n" + beside;
        try (TestSmtpServer server = serve(message -> message.parsed().compose(parsed -> {
                    Multipart multipart = (Multipart) parsed.getBody();
                    int kept = multipart.getPreamble().length()
                            + (multipart.getEpilogue() == null
                                    ? 0
                                    : multipart.getEpilogue().length());
                    return say(kept <= MimeOptions.DEFAULT_MAX_HEADER_SIZE ? textOf(parsed) : kept + " octets");
                }));
                RawSmtpClient client = client(server)) {
            assertThat(send(client, content)).endsWith("text");
        }
    }

    private static String textOf(Message message) {
        return MimeContent.of(message).text().orElse("nothing").strip();
    }

    @Test
    void bracketsWithoutEndInAHeaderAreNoReasonToFailForEver() {
        String content = "From: " + "(".repeat(60_000) + "\r\nContent-Type: " + "(".repeat(60_000) + "\r\n\r\ntext\r\n";
        assertThat(read(content, parsed -> String.valueOf(parsed.header("from").isPresent())))
                .doesNotStartWith("4");
    }

    @Test
    void anyOctetsAreParsedOrRefusedForGood() {
        java.util.Random random = new java.util.Random(20_260_728);
        String[] words = {
            "Content-Type: ",
            "multipart/mixed",
            "; boundary=",
            "b",
            "--b",
            "--",
            "\r\n",
            "\r\n\r\n",
            "text/plain",
            "message/rfc822",
            "Content-Transfer-Encoding: ",
            "base64",
            "quoted-printable",
            "=",
            "=?utf-8?B?",
            "?=",
            "\"",
            "(",
            "\\",
            ";",
            "charset=",
            "\u0000",
            "\u00e9",
            "filename*0*=",
            "Content-Disposition: attachment"
        };
        try (TestSmtpServer server = serve(message -> message.parsed(parsed -> {
                            MimeContent read = MimeContent.of(parsed);
                            return read.subject() + " " + read.text() + read.html()
                                    + read.attachments().size();
                        })
                        .compose(text -> say("parsed")));
                RawSmtpClient client = client(server)) {
            for (int i = 0; i < 300; i++) {
                StringBuilder content = new StringBuilder();
                for (int word = random.nextInt(60); word > 0; word--) {
                    content.append(words[random.nextInt(words.length)]);
                }
                assertThat(send(client, content.toString()))
                        .as("message %s: %s", i, content)
                        .matches("(?s)(250 2.6.0 parsed|554 5.6.0 .*)");
            }
        }
    }

    @Test
    void whatWasDeletedCannotBeParsed() {
        BlockingQueue<SpooledMessage> kept = new LinkedBlockingQueue<>();
        try (TestSmtpServer server = serve(message -> {
                    kept.add(message);
                    return say("done");
                });
                RawSmtpClient client = client(server)) {
            send(client, "z".repeat(5_000));
            SpooledMessage message = kept.remove();
            assertThatThrownBy(message::parsed).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(message::open).isInstanceOf(java.nio.file.NoSuchFileException.class);
            assertThat(message)
                    .hasToString("SpooledMessage[peer=" + message.peer()
                            + ", from=<a@example.org>, to=[b@example.org], 5000 octets]");
        }
    }

    // Options

    @Test
    void optionsAreTheSameAfterTheWayThroughJson() {
        JsonObject json = new JsonObject()
                .put("memoryThreshold", 1)
                .put("maxMemory", 2L)
                .put("directory", "spool")
                .put("maxMessageSize", 3L)
                .put("maxParts", 4)
                .put("maxDepth", 5)
                .put("maxHeaderFields", 6)
                .put("maxHeaderSize", 7);
        assertThat(new MimeOptions(json).toJson()).isEqualTo(json);
        assertThat(new MimeOptions(new MimeOptions(json))).isEqualTo(new MimeOptions(json));
        assertThat(new MimeOptions(new JsonObject())).isEqualTo(new MimeOptions());
        assertThat(new MimeOptions().toJson().fieldNames()).isEqualTo(json.fieldNames());
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MimeOptions().setMaxParts(0))
                .withMessage("maxParts is 0; allowed is 1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MimeOptions().setDirectory(" "))
                .withMessage("directory is \" \"; expected is a path");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MimeOptions(new JsonObject().put("maxParts", "many")))
                .withMessage("maxParts is many; expected is a whole number");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MimeOptions(new JsonObject().put("maxDepth", 5_000_000_000L)))
                .withMessageStartingWith("maxDepth is 5000000000; allowed is ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MimeOptions(new JsonObject().put("maxPart", 1)))
                .withMessageStartingWith("\"maxPart\" is no option of a MIME handler; allowed are ");
    }
}
