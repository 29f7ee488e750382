package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said in memory is what is said on a socket, whatever the handler does, in SMTP and LMTP, with DATA and BDAT. */
class MemoryAndSocketTest {

    private static final Reply BUSY = Reply.of(450, "4.2.1", "busy");

    /** Does what the local part of an address or the argument of NOOP says. */
    private static class Obedient implements SmtpHandler {

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            return does(sender.address(), Replies.SENDER_OK);
        }

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            return recipient.address().startsWith("data-")
                    ? Future.succeededFuture(Replies.RECIPIENT_OK)
                    : does(recipient.address(), Replies.RECIPIENT_OK);
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return does(argument, Replies.OK);
        }

        @Override
        public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
            return hostName.startsWith("throws")
                    ? Future.failedFuture(new IllegalStateException("no hello"))
                    : Future.succeededFuture(planned.with("X-OURS"));
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            String first = envelope.recipients().get(0).address().replace("data-", "");
            Promise<Reply> promise = Promise.promise();
            if (first.startsWith("early")) {
                return Future.succeededFuture(BUSY); // has read nothing
            }
            if (first.startsWith("handler")) {
                body.handler(piece -> {
                    throw new IllegalStateException("while it reads");
                });
                return promise.future();
            }
            body.exceptionHandler(promise::tryFail);
            body.endHandler(end -> {
                try {
                    Future<Reply> answer = does(first, Replies.MESSAGE_ACCEPTED);
                    if (answer == null) {
                        promise.complete();
                    } else {
                        answer.onComplete(promise);
                    }
                } catch (IllegalStateException e) {
                    promise.fail(e);
                }
            });
            body.handler(piece -> {});
            return promise.future();
        }

        @Override
        public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
            String first = envelope.recipients().get(0).address();
            return handleData(session, envelope, body).map(reply -> {
                List<Reply> replies = new ArrayList<>();
                envelope.recipients()
                        .forEach(recipient -> replies.add(recipient.address().startsWith("data-busy") ? BUSY : reply));
                if (first.startsWith("data-toofew")) {
                    replies.remove(0);
                }
                return replies;
            });
        }

        @SuppressWarnings("NullAway") // a handler may be wrong
        private static Future<Reply> does(String what, Reply otherwise) {
            String word = what.replaceFirst("[@ ].*", "");
            return switch (word) {
                case "throws" -> throw new IllegalStateException("secret");
                case "fails" -> Future.failedFuture(new IllegalStateException("secret"));
                case "refuses" -> Future.failedFuture(new SmtpException(BUSY));
                case "nothing" -> null;
                case "empty" -> Future.succeededFuture();
                case "asks" -> Future.succeededFuture(Reply.of(354, "go on"));
                case "leaves" -> Future.succeededFuture(Reply.of(421, "4.3.2", "gone"));
                case "later" -> {
                    Promise<Reply> promise = Promise.promise();
                    Vertx.currentContext().runOnContext(v -> promise.complete(otherwise));
                    yield promise.future();
                }
                case "elsewhere" -> Vertx.currentContext().executeBlocking(() -> otherwise);
                default -> Future.succeededFuture(otherwise);
            };
        }

        @Override
        public Reply handleException(Session session, Throwable failure) {
            return Reply.of(451, "4.3.0", "try again");
        }
    }

    private static final String DATA = """
            C: DATA
            S: 354
            C: Hi
            C: .
            """;

    private static final String BDAT = """
            C: BDAT 1
            C: H\\
            S: xxx
            C: BDAT 3 LAST
            C: i\\r\\n\\
            """;

    /** HELLO is EHLO or LHLO, MESSAGE one of the two ways to send it, with its replies. */
    private static final Map<String, String> SCRIPTS = Map.of(
            "questions",
            """
            S: 220
            C: HELLO throws.example
            S: xxx
            C: HELLO client.example
            S: 250
            C: NOOP throws
            C: NOOP fails
            C: NOOP refuses
            C: NOOP nothing
            C: NOOP empty
            C: NOOP asks
            C: NOOP later
            C: NOOP elsewhere
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            C: NOOP leaves
            S: xxx
            S: <closed>
            """,
            "mistakes",
            """
            S: 220
            C: MAIL FROM:<a@b.example>
            S: xxx
            C: HELLO client.example
            S: 250
            C: RCPT TO:<c@d.example>
            C: MAIL FROM:<fails@b.example>
            C: MAIL FROM:<a@b.example> NO=SUCH
            C: FOO
            C: MAIL FROM:<a@b.example>
            C: MAIL FROM:<a@b.example>
            C: RCPT TO:<throws@d.example>
            C: DATA
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            C: RSET
            C: VRFY a
            C: EXPN a
            C: HELP
            S: xxx
            S: xxx
            S: xxx
            S: xxx
            C: QUIT
            S: xxx
            S: <closed>
            """,
            "accepted",
            transaction("fine", "carl"),
            "later",
            transaction("data-later", "data-busy"),
            "elsewhere",
            transaction("data-elsewhere", "carl"),
            "failed",
            transaction("data-fails", "carl"),
            "thrown",
            transaction("data-throws", "data-busy"),
            "early",
            transaction("data-early", "carl"),
            "no reply",
            transaction("data-empty", "carl"),
            "handler of body",
            transaction("data-handler", "carl"));

    private static String transaction(String first, String second) {
        return """
                S: 220
                C: HELLO client.example
                S: 250
                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<%s@d.example>
                C: RCPT TO:<%s@d.example>
                S: 250
                S: 250
                S: 250
                MESSAGE
                C: NOOP
                S: 250
                C: QUIT
                S: 221
                S: <closed>
                """.formatted(first, second);
    }

    static Stream<Arguments> scripts() {
        return SCRIPTS.keySet().stream()
                .sorted()
                .flatMap(name -> Stream.of(false, true)
                        .flatMap(lmtp -> Stream.of(false, true).map(bdat -> Arguments.of(name, lmtp, bdat))));
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void theSameIsSaid(String name, boolean lmtp, boolean bdat) {
        Dialogue dialogue = Dialogue.parse(SCRIPTS.getOrDefault(name, "")
                .replace("HELLO", lmtp ? "LHLO" : "EHLO")
                .replace("MESSAGE\n", message(name, lmtp, bdat)));
        SmtpServerOptions options = TestSmtpServer.defaultOptions().setLmtp(lmtp);

        Said inMemory = inMemory(options, dialogue);
        Said onSocket = onSocket(options, dialogue);

        assertThat(inMemory).isEqualTo(onSocket);
        assertThat(inMemory.client()).doesNotContain("secret");
    }

    private static String message(String name, boolean lmtp, boolean bdat) {
        if (name.equals("early") && !bdat) {
            return "C: DATA\nS: xxx\n"; // in place of 354
        }
        // whoever refuses a chunk that is not the last has answered for all recipients
        boolean refusesFirstChunk = bdat && (name.equals("early") || name.equals("handler of body"));
        return (bdat ? BDAT : DATA) + (lmtp && !refusesFirstChunk ? "S: xxx\nS: xxx\n" : "S: xxx\n");
    }

    /** What the client has heard, and what the server has noted. */
    private record Said(String client, List<String> server) {}

    private static Said inMemory(SmtpServerOptions options, Dialogue dialogue) {
        SmtpHandlerTester tester = SmtpHandlerTester.of((vertx, clock) -> new Obedient(), options, server -> {});
        String client;
        try (tester) {
            client = dialogue.with(tester.connect());
        }
        return new Said(client, lines(tester.transcripts()));
    }

    private static Said onSocket(SmtpServerOptions options, Dialogue dialogue) {
        TestSmtpServer server = TestSmtpServer.start(new Obedient(), options);
        String client;
        try (server) {
            client = dialogue.with(server.connect());
        }
        return new Said(client, lines(server.transcripts()));
    }

    private static List<String> lines(List<Transcript> transcripts) {
        return transcripts.get(0).lines().stream()
                .map(Transcript.Line::toString)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerThatNeverAnswersIsGivenUpAlike(boolean lmtp) {
        SmtpServerOptions options =
                TestSmtpServer.defaultOptions().setLmtp(lmtp).setHandlerTimeout(Duration.ofMillis(500));
        SmtpHandler silent = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return Promise.<Reply>promise().future();
            }

            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(piece -> {});
                return Promise.<Reply>promise().future();
            }
        };
        List<WireReply> onSocket;
        try (TestSmtpServer server = TestSmtpServer.start(silent, options);
                RawSmtpClient client = server.connect()) {
            onSocket = givenUp(client, lmtp, () -> {});
        }
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(silent, options);
                RawSmtpClient client = tester.connect()) {
            List<WireReply> inMemory = givenUp(client, lmtp, () -> {
                assertThat(client.hasInput()).isFalse();
                tester.advance(Duration.ofSeconds(1));
            });

            assertThat(inMemory).isEqualTo(onSocket);
            assertThat(inMemory).extracting(WireReply::code).containsOnly(451);
        }
    }

    private static List<WireReply> givenUp(RawSmtpClient client, boolean lmtp, Runnable meanwhile) {
        client.expect(220);
        client.command((lmtp ? "LHLO" : "EHLO") + " client.example").expect(250);
        client.send("NOOP\r\n");
        meanwhile.run();
        WireReply toNoop = client.readReply();
        client.command("MAIL FROM:<a@b.example>").expect(250);
        client.command("RCPT TO:<c@d.example>").expect(250);
        client.send("BDAT 4 LAST\r\nHi\r\n");
        meanwhile.run();
        return List.of(toNoop, client.readReply());
    }
}
