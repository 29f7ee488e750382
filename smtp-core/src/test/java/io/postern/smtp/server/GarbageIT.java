package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.UsersFile;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thousands of sessions of nonsense: each is answered in good form, and none leaves a trace in the log. */
@Timeout(120)
class GarbageIT {

    private static final int SESSIONS = 10_000;
    private static final long SEED = Long.getLong("postern.seed", 20_261_124);

    /** RFC 5321 §4.2: three digits, then text without control characters. */
    private static final Pattern REPLY_LINE = Pattern.compile("[2-5][0-5][0-9][ -][\\x20-\\x7E]*");

    private static final List<String> COMMANDS = List.of(
            "EHLO client.example",
            "LHLO client.example",
            "HELO",
            "EHLO \u0001\u007F",
            "MAIL FROM:<a@client.example>",
            "MAIL FROM:<>",
            "MAIL FROM:<a@client.example> SIZE=1 SIZE=2 BODY=9BIT =",
            "RCPT TO:<b@mx.example>",
            "RCPT TO:<b@mx.example> ORCPT=rfc822;+zz NOTIFY=NEVER,NEVER",
            "DATA",
            ".",
            "..",
            "BDAT 0 LAST",
            "BDAT 7 LAST\r\nseven\r\n",
            "BDAT -1",
            "BDAT 99999999999999999999 LAST",
            "RSET",
            "NOOP",
            "VRFY",
            "EXPN \"",
            "HELP \u00ff",
            "XCLIENT ADDR=127.0.0.1",
            "STARTTLS",
            "STARTTLS now",
            "QUIT now");

    private static final List<String> ADDRESSES = List.of(
            "",
            "@",
            "a@",
            "@b",
            "a@b@c@d",
            "\"",
            "\"\\",
            "\"\\\"@b",
            "\"a\\\"b\\\\\"@b.example",
            "a@[",
            "a@[]",
            "a@[999.999.999.999]",
            "a@[IPv6:::::::::]",
            "a@[IPv6:" + "1:".repeat(60) + "]",
            "a@[x-tag:]",
            "@a,@b:c@d.example",
            "@a".repeat(80) + ":c@d",
            "a@" + "b.".repeat(120),
            "a@" + "-.-".repeat(20),
            ".a@b",
            "a..b@c",
            "(" + "(".repeat(100) + ")@b",
            "a@b>,<c@d",
            "a@b\u0000",
            "a\u0008@b",
            "grüße@bücher.example",
            "\ud83d\ude00@b",
            "a@b>> <",
            "x".repeat(65) + "@b",
            "\" \"@b",
            "<<a@b",
            "a@b SIZE=1");

    private static final List<String> EXCHANGES = List.of(
            "AUTH",
            "AUTH =",
            "AUTH NONE",
            "AUTH plain",
            "AUTH PLAIN =",
            "AUTH PLAIN !!!!",
            "AUTH PLAIN AA=A",
            "AUTH PLAIN " + base64("\0\0"),
            "AUTH PLAIN " + base64("\0anna\0\0\0"),
            "AUTH PLAIN " + base64("\0" + "x".repeat(8_000) + "\0y"),
            "AUTH PLAIN " + "A".repeat(12_400),
            "AUTH LOGIN\r\n*",
            "AUTH LOGIN\r\n\r\n\r\n",
            "AUTH LOGIN " + base64("anna") + "\r\n****",
            "AUTH SCRAM-SHA-256 " + base64("n,,n=,r="),
            "AUTH SCRAM-SHA-256 " + base64("n,,n=anna,r=x") + "\r\n" + base64("c=biws,r=x,p=AAAA"),
            "AUTH SCRAM-SHA-256 " + base64("n,a=\u0000,n=\u00e9,r=\u0007"),
            "AUTH SCRAM-SHA-256-PLUS " + base64("p=tls-unique,,n=anna,r=x"));

    @TempDir
    Path directory;

    private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static <T> T pick(List<T> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }

    private static byte[] session(Random random) {
        ByteArrayOutputStream session = new ByteArrayOutputStream();
        int parts = 1 + random.nextInt(12);
        for (int i = 0; i < parts; i++) {
            String text = switch (random.nextInt(8)) {
                case 0, 1, 2 -> pick(COMMANDS, random);
                case 3, 4 -> (random.nextBoolean() ? "MAIL FROM:<" : "RCPT TO:<") + pick(ADDRESSES, random) + ">";
                case 5 -> pick(EXCHANGES, random);
                case 6 -> pick(COMMANDS, random).repeat(1 + random.nextInt(40));
                default -> "";
            };
            session.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            if (text.isEmpty()) {
                byte[] noise = new byte[random.nextInt(600)];
                random.nextBytes(noise);
                session.writeBytes(noise);
            }
            session.writeBytes(pick(List.of("\r\n", "\r\n", "\r\n", "\n", "\r", ""), random)
                    .getBytes(StandardCharsets.US_ASCII));
        }
        return session.toByteArray();
    }

    /** Takes messages and keeps nothing. */
    private static final class Taking implements SmtpHandler {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Reply.ok()));
            body.handler(buffer -> {});
            return answer.future();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nonsenseIsAnsweredInGoodFormAndLeavesNothingInTheLog(boolean lmtp) throws Exception {
        Vertx vertx = Vertx.vertx();
        vertx.exceptionHandler(uncaught::add);
        CapturedLog log = CapturedLog.ofEverything(Level.INFO);
        try {
            // a Unix socket, so that thousands of connections that have just ended keep no port from anybody
            Path socket = directory.resolve("s");
            SmtpServerOptions options = new SmtpServerOptions()
                    .setHostName("mx.example")
                    .setLmtp(lmtp)
                    .setUnixSocket(socket.toString())
                    .setAuthRequireTls(false)
                    .setAuthFailureDelay(Duration.ZERO);
            UsersFile users = SocketTestBase.await(
                    UsersFile.load(vertx, Files.writeString(directory.resolve("users"), "anna:secret of anna\n")));
            VertxSmtpServer server = new VertxSmtpServer(
                    vertx, Taking::new, options, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
            users.mechanisms().forEach(server::addMechanism);
            SocketTestBase.await(server.listen());
            Random random = new Random(SEED);
            long lines = 0;
            for (int i = 0; i < SESSIONS; i++) {
                lines += assertGoodForm(socket, session(random), i);
            }
            System.out.printf("%s: %d sessions, %d reply lines%n", lmtp ? "LMTP" : "SMTP", SESSIONS, lines);
            SocketTestBase.awaitNoConnection(server);
            assertThat(uncaught).isEmpty();
            assertThat(log.texts()).noneMatch(text -> text.contains("\n\tat "));
        } finally {
            log.close();
            SocketTestBase.await(vertx.close());
        }
    }

    /** @return how many lines the server said */
    private static long assertGoodForm(Path socket, byte[] said, int number) throws Exception {
        try (WireClient client = new WireClient(socket)) {
            String replies;
            try {
                client.send(said);
                client.shutdownOutput();
                replies = client.readToEnd();
            } catch (IOException closed) {
                replies = ""; // it was sent away in the middle of what it said, and has thrown away why
            }
            if (!replies.isEmpty()) {
                assertThat(replies).endsWith("\r\n");
            }
            List<String> lines = replies.lines().toList();
            assertThat(lines)
                    .as("session %d of seed %d: %s", number, SEED, new String(said, StandardCharsets.ISO_8859_1))
                    .allMatch(line -> REPLY_LINE.matcher(line).matches() && line.length() + 2 <= 512);
            return lines.size();
        }
    }
}
