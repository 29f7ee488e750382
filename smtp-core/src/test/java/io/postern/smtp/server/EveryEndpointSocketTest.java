package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules that keep strangers in check hold over SMTP and LMTP, over TCP and Unix sockets, on each transport. */
class EveryEndpointSocketTest extends SocketTestBase {

    private static final Duration TIMEOUT = SmtpServerOptions.DEFAULT_TIMEOUT;
    private static final Duration DATA_TIMEOUT = SmtpServerOptions.DEFAULT_DATA_TIMEOUT;
    private static final Duration STEP = Duration.ofSeconds(30);

    @TempDir
    static Path keyDirectory;

    static Keys keys;

    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock();
    private final Queue<String> noops = new ConcurrentLinkedQueue<>();
    private final AtomicInteger helped = new AtomicInteger();
    private VertxSmtpServer server;
    private Endpoint endpoint;

    enum Endpoint {
        SMTP_TCP(false, false),
        SMTP_UNIX(false, true),
        LMTP_TCP(true, false),
        LMTP_UNIX(true, true);

        final boolean lmtp;
        final boolean unix;

        Endpoint(boolean lmtp, boolean unix) {
            this.lmtp = lmtp;
            this.unix = unix;
        }
    }

    /** How far a client comes before it says no more, or less than it should. */
    enum Point {
        GREETED,
        AFTER_HELLO("HELLO"),
        AFTER_MAIL("HELLO", "MAIL FROM:<a@client.example>"),
        AFTER_RCPT("HELLO", "MAIL FROM:<a@client.example>", "RCPT TO:<b@mx.example>"),
        IN_DATA("HELLO", "MAIL FROM:<a@client.example>", "RCPT TO:<b@mx.example>", "DATA");

        private final List<String> commands;

        Point(String... commands) {
            this.commands = List.of(commands);
        }
    }

    /** Takes messages, and notes what it was asked. */
    private final class Taking implements SmtpHandler {
        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            noops.add(argument);
            return SmtpHandler.super.handleNoop(session, argument);
        }

        @Override
        public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
            helped.incrementAndGet();
            return Future.succeededFuture(planned);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.exceptionHandler(answer::tryFail);
            body.endHandler(end -> answer.complete(Reply.ok()));
            body.handler(buffer -> {});
            return answer.future();
        }
    }

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = Keys.of(keyDirectory, "mx.example");
    }

    private void serve(Endpoint at, SmtpServerOptions options) throws Exception {
        endpoint = at;
        options.setLmtp(at.lmtp);
        if (at.unix) {
            options.setUnixSocket(socket().toString());
        }
        server = new VertxSmtpServer(vertx, Taking::new, options, clock);
        await(server.listen());
    }

    private Path socket() {
        return directory.resolve("s");
    }

    private WireClient connect() throws IOException {
        return endpoint.unix ? connected(socket()) : connected(server);
    }

    private WireClient at(Point point) throws IOException {
        WireClient client = connect();
        expect(client.reply(), "220");
        for (String command : point.commands) {
            String reply = client.command(command.equals("HELLO") ? hello() : command);
            expect(reply, command.equals("DATA") ? "354" : "250");
        }
        return client;
    }

    private String hello() {
        return (endpoint.lmtp ? "LHLO" : "EHLO") + " client.example";
    }

    private void pass(Duration time) throws Exception {
        clock.advance(time);
        await(server.tick());
    }

    static Stream<Arguments> endpointsAndPoints() {
        return Stream.of(Endpoint.values())
                .flatMap(each -> Stream.of(Point.values()).map(point -> Arguments.of(each, point)));
    }

    // Deadlines

    @ParameterizedTest
    @MethodSource("endpointsAndPoints")
    void silenceEndsWith421WhereverItBegins(Endpoint each, Point point) throws Exception {
        serve(each, options());
        WireClient client = at(point);
        pass((point == Point.IN_DATA ? DATA_TIMEOUT : TIMEOUT).minusMillis(1));
        assertThat(client.sawNothing()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
        awaitNoConnection(server);
    }

    enum Trickle {
        COMMAND(Point.AFTER_HELLO, "", "x"),
        DATA(Point.IN_DATA, "", "a\r\n"),
        BDAT(Point.AFTER_RCPT, "BDAT 1000000 LAST\r\n", "a\r\n");

        private final Point point;
        private final String begin;
        private final String piece;

        Trickle(Point point, String begin, String piece) {
            this.point = point;
            this.begin = begin;
            this.piece = piece;
        }
    }

    static Stream<Arguments> endpointsAndTrickles() {
        return Stream.of(Endpoint.values())
                .flatMap(each -> Stream.of(Trickle.values()).map(trickle -> Arguments.of(each, trickle)));
    }

    @ParameterizedTest
    @MethodSource("endpointsAndTrickles")
    void twoOctetsASecondAreDroppedWithinTwiceTheTimeout(Endpoint each, Trickle trickle) throws Exception {
        serve(each, options());
        WireClient neighbour = at(Point.AFTER_HELLO);
        WireClient client = at(trickle.point);
        client.send(trickle.begin);
        Duration twice = (trickle == Trickle.COMMAND ? TIMEOUT : DATA_TIMEOUT).multipliedBy(2);
        Duration passed = Duration.ZERO;
        while (client.sawNothing()) {
            assertThat(passed).isLessThan(twice);
            client.send(trickle.piece.repeat((int) (2 * STEP.toSeconds() / trickle.piece.length())));
            // what had arrived before this command has been read when it is answered: they share an event loop
            expect(neighbour.command("NOOP"), "250");
            pass(STEP);
            passed = passed.plus(STEP);
            expect(neighbour.command("NOOP"), "250"); // by now the reply, if there is one, has been sent
        }
        assertThat(client.readToEnd()).isEqualTo(Replies.CLIENT_TIMEOUT + "\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatReadsNothingStopsNobodyElseAndIsCut(Endpoint each) throws Exception {
        serve(each, options());
        WireClient client = at(Point.AFTER_HELLO);
        sendUntilNothingIsRead(client, server, helped::get);
        WireClient neighbour = at(Point.AFTER_HELLO);
        expect(neighbour.command("QUIT"), "221");
        pass(TIMEOUT);
        awaitNoConnection(server);
    }

    @ParameterizedTest
    @EnumSource
    void whatWaitsInTheSocketOfAClientThatCrashesIsNobodys(Endpoint each) throws Exception {
        serve(each, options());
        WireClient client = at(Point.AFTER_HELLO);
        byte[] help = "HELP\r\n".repeat(500_000).getBytes(StandardCharsets.US_ASCII);
        client.sendUntilStuck(help, Duration.ofMillis(200));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class, Level.INFO)) {
            client.reset();
            awaitNoConnection(server);
            await(server.tick()); // what had been read of the client was dealt with before
            assertThat(log.messages()).isEmpty();
        }
    }

    // Who does not speak this protocol, or not when it is his turn

    @ParameterizedTest
    @EnumSource
    void httpIsSentAwayAtItsFirstLine(Endpoint each) throws Exception {
        serve(each, options());
        WireClient client = at(Point.GREETED);
        client.send("POST / HTTP/1.1\r\nHost: mx.example\r\n\r\n" + hello() + "\r\nNOOP smuggled\r\n");
        assertThat(client.readToEnd()).startsWith("421 4.7.0 ").hasLineCount(1);
        awaitNoConnection(server);
        assertThat(noops).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void tlsOnAPlainConnectionIsClosedWithoutAWord(Endpoint each) throws Exception {
        serve(each, options());
        WireClient client = at(Point.GREETED);
        assertThatThrownBy(() -> client.startTls(Keys.client())).isInstanceOf(IOException.class);
        awaitNoConnection(server);
    }

    @ParameterizedTest
    @EnumSource
    void whoTalksBeforeTheGreetingIsRefused(Endpoint each) throws Exception {
        serve(each, options().setGreetingDelay(Duration.ofHours(1)));
        WireClient client = connect();
        client.send(hello() + "\r\n");
        assertThat(client.readToEnd()).isEqualTo("554 Error: the server speaks first\r\n");
        awaitNoConnection(server);
    }

    // Limits

    @ParameterizedTest
    @EnumSource
    void aMessageBeyondTheLimitIsRefusedByDataAndByBdat(Endpoint each) throws Exception {
        serve(each, options().setDataSizeLimit(1_000));
        WireClient client = at(Point.IN_DATA);
        String fits = ("x".repeat(98) + "\r\n").repeat(10);
        expect(client.send(fits + ".\r\n").reply(), "250");
        envelope(client);
        expect(client.command("DATA"), "354");
        expect(client.send(fits + "y\r\n.\r\n").reply(), "552 5.3.4");
        expect(client.command("RSET"), "250");
        envelope(client);
        expect(client.send("BDAT 1000 LAST\r\n" + fits).reply(), "250");
        envelope(client);
        expect(client.send("BDAT 1003 LAST\r\n" + fits + "y\r\n").reply(), "552 5.3.4");
        expect(client.command("NOOP in step"), "250");
        assertThat(noops).containsExactly("in step");
    }

    @ParameterizedTest
    @EnumSource
    void connectionsBeyondTheLimitGet421(Endpoint each) throws Exception {
        for (SmtpServerOptions options : new SmtpServerOptions[] {
            options().setMaxConnections(2), options().setMaxConnectionsPerIp(2)
        }) {
            serve(each, options);
            WireClient first = at(Point.GREETED);
            at(Point.AFTER_RCPT);
            assertThat(connect().readToEnd()).isEqualTo(Replies.TOO_MANY_CONNECTIONS + "\r\n");
            first.send("QUIT\r\n").readToEnd();
            awaitTrue("the first is still counted", () -> server.connections() == 1);
            at(Point.AFTER_RCPT);
            await(server.close());
        }
    }

    // Command injection: what was not encrypted never runs behind the handshake

    private WireClient beforeStartTls(Endpoint each) throws Exception {
        serve(each, options().setTls(keys.server()));
        return at(Point.AFTER_HELLO);
    }

    private void assertNothingRan() {
        awaitNoConnection(server);
        assertThat(noops).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void commandsInTheSegmentOfStartTlsEndTheSession(Endpoint each) throws Exception {
        WireClient client = beforeStartTls(each);
        client.send("STARTTLS\r\nNOOP injected\r\n");
        assertThat(client.readToEnd()).isEqualTo(Replies.DATA_AFTER_STARTTLS + "\r\n");
        assertNothingRan();
    }

    @ParameterizedTest
    @EnumSource
    void halfALineBehindStartTlsEndsTheSession(Endpoint each) throws Exception {
        WireClient client = beforeStartTls(each);
        client.send("STARTTLS\r\nNOOP inj");
        assertThat(client.readToEnd()).isEqualTo(Replies.DATA_AFTER_STARTTLS + "\r\n");
        assertNothingRan();
    }

    @ParameterizedTest
    @EnumSource
    void commandsDuringTheHandshakeEndTheSession(Endpoint each) throws Exception {
        WireClient client = beforeStartTls(each);
        expect(client.command("STARTTLS"), "220");
        client.send("NOOP injected\r\n");
        assertThatThrownBy(() -> client.startTls(Keys.client()).command("NOOP")).isInstanceOf(IOException.class);
        assertNothingRan();
    }

    @ParameterizedTest
    @EnumSource
    void tlsForgetsAllThatWasSaidBefore(Endpoint each) throws Exception {
        WireClient client = beforeStartTls(each);
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        expect(client.command("MAIL FROM:<a@client.example>"), "503");
        expect(client.command(hello()), "250");
        envelope(client);
        expect(client.command("DATA"), "354");
        expect(client.send(MESSAGE + ".\r\n").reply(), "250");
    }
}
