package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.postern.smtp.Envelope;
import io.postern.smtp.Extension;
import io.postern.smtp.Limit;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.TransactionOutcome;
import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslFailure;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsSocketTest extends SocketTestBase {

    private static final Duration TIMEOUT = SmtpServerOptions.DEFAULT_TIMEOUT;
    private static final Duration DATA_TIMEOUT = SmtpServerOptions.DEFAULT_DATA_TIMEOUT;
    private static final String GOOD = plain("anne", "good");
    private static final String BAD = plain("anne", "bad");

    @TempDir
    static Path directory;

    static ServerSSLOptions tls;

    @BeforeAll
    static void makeKeys() throws Exception {
        tls = Keys.of(directory, "mx.example").server();
    }

    private static String plain(String user, String password) {
        return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.US_ASCII));
    }

    /** Notes all that it is told, in words. */
    private static final class Notes implements SmtpMetrics {

        private final Queue<String> events = new ConcurrentLinkedQueue<>();
        private final Queue<Limit> limits = new ConcurrentLinkedQueue<>();
        private final Queue<Duration> times = new ConcurrentLinkedQueue<>();
        private final Queue<Boolean> onEventLoop = new ConcurrentLinkedQueue<>();
        private final AtomicLong inFlight = new AtomicLong();

        private void note(String event) {
            events.add(event);
            onEventLoop.add(Context.isOnEventLoopThread());
        }

        @Override
        public void connectionOpened() {
            note("opened");
        }

        @Override
        public void connectionClosed() {
            note("closed");
        }

        @Override
        public void connectionRefused() {
            note("refused");
        }

        @Override
        public void commandAnswered(String verb, int replyCode) {
            note(verb + " " + replyCode);
        }

        @Override
        public void messageReceived(long octets, Reply reply, Duration time) {
            note("message of " + octets + ": " + reply.code());
            times.add(time);
        }

        @Override
        public void transactionEnded(TransactionOutcome outcome, Duration time) {
            note("transaction " + outcome);
            times.add(time);
        }

        @Override
        public void handlerAnswered(String question, Duration time) {
            note("asked " + question);
            times.add(time);
        }

        @Override
        public void authSucceeded(String mechanism) {
            note(mechanism + " succeeded");
        }

        @Override
        public void authFailed(String mechanism, SaslFailure reason) {
            note(mechanism + " " + reason);
        }

        @Override
        public void tlsEstablished(String protocol) {
            note("TLS " + protocol);
        }

        @Override
        public void tlsFailed() {
            note("TLS failed");
        }

        @Override
        public void limitHit(Limit limit) {
            limits.add(limit);
        }

        @Override
        public void bytesInFlightChanged(long change) {
            inFlight.addAndGet(change);
        }
    }

    /** Collects messages, and answers none that holds "never"; its HELP is long enough to fill a socket soon. */
    private static final class Collector implements SmtpHandler {

        private static final Reply HELP = Reply.of(214, "2.0.0", ("x".repeat(400) + "\n").repeat(20) + "x");

        @Override
        public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
            return Future.succeededFuture(HELP);
        }

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            return Future.succeededFuture(
                    sender.address().endsWith("@refused.example")
                            ? Reply.of(550, "5.7.1", "not from there")
                            : Replies.SENDER_OK);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            Buffer content = Buffer.buffer();
            body.handler(content::appendBuffer);
            body.endHandler(end -> {
                if (content.toString().startsWith("answer ")) {
                    answer.complete(Reply.of(Integer.parseInt(content.getString(7, 10)), "as you wish"));
                } else if (!content.toString().contains("never")) {
                    answer.complete(Replies.MESSAGE_ACCEPTED);
                }
            });
            return answer.future();
        }
    }

    private final Notes notes = new Notes();
    private final ManualClock clock = new ManualClock();
    private VertxSmtpServer server;

    private void serve(SmtpServerOptions options) throws Exception {
        server = new VertxSmtpServer(vertx, Collector::new, options, clock);
        server.setMetrics(notes);
        Authenticator<Credentials.Password> authenticator =
                (credentials, context) -> credentials.password().equals("good")
                        ? Future.succeededFuture(Optional.of(Identity.of("anne")))
                        : Future.succeededFuture(Optional.empty());
        SaslMechanism.passwords(authenticator).forEach(server::addMechanism);
        server.addExtension(new Extension() {
            @Override
            public Optional<String> verb() {
                return Optional.of("XFOO");
            }
        });
        await(server.listen());
    }

    private void serve(UnaryOperator<SmtpServerOptions> change) throws Exception {
        serve(change.apply(options().setAuthRequireTls(false).setAuthFailureDelay(Duration.ZERO)));
    }

    private void pass(Duration time) throws Exception {
        clock.advance(time);
        await(server.tick());
    }

    private void awaitEvent(String event) {
        awaitTrue(event + " is missing", () -> notes.events.contains(event));
    }

    @Test
    void aSessionIsToldStepByStepOnItsEventLoop() throws Exception {
        serve(options -> options);
        WireClient client = inData(server);
        expect(client.send("12345678\r\n.\r\n").reply(), "250");
        envelope(client);
        expect(client.send("BDAT 4\r\nab\r\nBDAT 0 LAST\r\n").reply(), "250");
        expect(client.reply(), "250");
        expect(client.command("xfoo"), "500");
        expect(client.command("HALO"), "500");
        expect(client.command("RCPT TO:<a@b.example>"), "503");
        expect(client.command("QUIT"), "221");
        awaitEvent("closed");
        assertThat(notes.events)
                .containsExactly(
                        "opened",
                        "asked CONNECT",
                        "asked EHLO",
                        "EHLO 250",
                        "asked MAIL",
                        "MAIL 250",
                        "asked RCPT",
                        "RCPT 250",
                        "DATA 354",
                        "asked DATA",
                        "message of 10: 250",
                        "transaction ACCEPTED",
                        "asked MAIL",
                        "MAIL 250",
                        "asked RCPT",
                        "RCPT 250",
                        "BDAT 250",
                        "asked BDAT",
                        "BDAT 250",
                        "message of 4: 250",
                        "transaction ACCEPTED",
                        "asked XFOO",
                        "XFOO 500",
                        "other 500",
                        "RCPT 503",
                        "asked QUIT",
                        "QUIT 221",
                        "closed");
        assertThat(notes.onEventLoop).containsOnly(true);
        assertThat(notes.times).isNotEmpty().noneMatch(Duration::isNegative);
        assertThat(notes.limits).isEmpty();
        assertThat(notes.inFlight).hasValue(0);
    }

    @Test
    void theOctetsOfAMessageAreInFlightUntilItsAnswer() throws Exception {
        serve(options -> options);
        WireClient client = inData(server);
        client.send("12345678\r\n");
        awaitTrue("in flight are " + notes.inFlight, () -> notes.inFlight.get() == 10);
        client.reset();
        awaitTrue("in flight are " + notes.inFlight, () -> notes.inFlight.get() == 0);
    }

    @Test
    void aMessageOverLmtpIsToldOnce() throws Exception {
        serve(options -> options.setLmtp(true));
        WireClient client = greeted(server);
        client.command("LHLO client.example");
        envelope(client);
        expect(client.command("RCPT TO:<c@mx.example>"), "250");
        expect(client.command("DATA"), "354");
        client.send("12345678\r\n.\r\n");
        expect(client.reply(), "250");
        expect(client.reply(), "250");
        assertThat(notes.events).containsOnlyOnce("message of 10: 250", "transaction ACCEPTED");
    }

    private void awaitTransaction(TransactionOutcome outcome) {
        awaitEvent("transaction " + outcome);
        assertThat(notes.events)
                .filteredOn(event -> event.startsWith("transaction"))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"550, REFUSED", "451, DEFERRED", "421, DEFERRED"})
    void aRefusedMessageEndsItsTransactionOnce(int code, TransactionOutcome outcome) throws Exception {
        serve(options -> options);
        WireClient client = inData(server);
        expect(client.send("answer " + code + "\r\n.\r\n").reply(), Integer.toString(code));
        client.send("QUIT\r\n");
        awaitEvent("closed");
        awaitTransaction(outcome);
    }

    @Test
    void aMessageThatIsTooLargeEndsItsTransactionAsRefused() throws Exception {
        serve(options -> options.setDataSizeLimit(20));
        WireClient client = inData(server);
        expect(client.send("x".repeat(30) + "\r\n.\r\n").reply(), "552");
        awaitTransaction(TransactionOutcome.REFUSED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO again.example", "HELO again.example"})
    void aClientThatBeginsAnewResetsItsTransaction(String command) throws Exception {
        serve(options -> options);
        WireClient client = afterRcpt(server);
        expect(client.command(command), "250");
        awaitTransaction(TransactionOutcome.RESET);
        expect(client.command("RSET"), "250"); // without a transaction there is none to end
        expect(client.command("QUIT"), "221");
        awaitEvent("closed");
        awaitTransaction(TransactionOutcome.RESET);
    }

    @Test
    void aTransactionIsResetBetweenItsChunks() throws Exception {
        serve(options -> options);
        WireClient client = afterRcpt(server);
        expect(client.send("BDAT 4\r\nab\r\n").reply(), "250");
        expect(client.command("RSET"), "250");
        awaitTransaction(TransactionOutcome.RESET);
    }

    @Test
    void aChunkThatIsRefusedAbortsItsTransaction() throws Exception {
        serve(options -> options);
        WireClient client = afterRcpt(server);
        expect(client.send("BDAT 4\r\nab\r\n").reply(), "250");
        expect(client.send("BDAT 4 FIRST\r\n").reply(), "501");
        awaitTransaction(TransactionOutcome.ABORTED);
    }

    @Test
    void quitAbortsATransaction() throws Exception {
        serve(options -> options);
        WireClient client = afterRcpt(server);
        expect(client.command("QUIT"), "221");
        awaitTransaction(TransactionOutcome.ABORTED);
    }

    @Test
    void aClientThatGoesAwayAbortsItsTransaction() throws Exception {
        serve(options -> options);
        WireClient client = inData(server);
        client.send("half a message");
        client.reset();
        awaitEvent("closed");
        awaitTransaction(TransactionOutcome.ABORTED);
    }

    @Test
    void aSenderThatIsRefusedHasNoTransaction() throws Exception {
        serve(options -> options);
        WireClient client = afterEhlo(server);
        expect(client.command("MAIL FROM:<nobody@refused.example>"), "550");
        expect(client.command("RSET"), "250");
        expect(client.command("QUIT"), "221");
        awaitEvent("closed");
        assertThat(notes.events).noneMatch(event -> event.startsWith("transaction"));
    }

    @Test
    void authIsToldByMechanismAndOutcome() throws Exception {
        serve(options -> options);
        WireClient client = afterEhlo(server);
        expect(client.command("AUTH PLAIN " + BAD), "535");
        expect(client.command("AUTH PLAIN AA=="), "501");
        expect(client.command("AUTH PLAIN " + GOOD), "235");
        assertThat(notes.events)
                .contains(
                        "PLAIN " + SaslFailure.CREDENTIALS_INVALID,
                        "PLAIN " + SaslFailure.MALFORMED,
                        "PLAIN succeeded",
                        "AUTH 535",
                        "AUTH 501",
                        "AUTH 235");
    }

    @Test
    void startTlsIsToldWithItsProtocolOrThatItFailed() throws Exception {
        serve(options -> options.setTls(tls));
        WireClient client = afterEhlo(server);
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client("TLSv1.3"));
        expect(client.command("NOOP"), "250");
        assertThat(notes.events).contains("STARTTLS 220", "TLS TLSv1.3");
        WireClient broken = afterEhlo(server);
        expect(broken.command("STARTTLS"), "220");
        broken.send("this is no handshake\r\n");
        awaitEvent("TLS failed");
    }

    @Test
    void implicitTlsIsToldWithItsProtocolOrThatItFailed() throws Exception {
        serve(options -> options.setTls(tls).setImplicitTls(true));
        WireClient client = connected(server).startTls(Keys.client("TLSv1.2"));
        expect(client.reply(), "220");
        assertThat(notes.events).contains("TLS TLSv1.2");
        connected(server).send("this is no handshake\r\n");
        awaitEvent("TLS failed");
        awaitEvent("refused");
    }

    @Test
    void metricsThatThrowHarmNoSession() throws Exception {
        server = new VertxSmtpServer(vertx, Collector::new, options(), clock);
        server.setMetrics((SmtpMetrics) java.lang.reflect.Proxy.newProxyInstance(
                SmtpMetrics.class.getClassLoader(), new Class<?>[] {SmtpMetrics.class}, (proxy, method, arguments) -> {
                    throw new IllegalStateException("broken metrics");
                }));
        await(server.listen());
        try (CapturedLog log = CapturedLog.of(GuardedMetrics.class)) {
            WireClient client = inData(server);
            expect(client.send(MESSAGE + ".\r\n").reply(), "250");
            expect(client.command("QUIT"), "221");
            awaitNoConnection(server);
            assertThat(log.messages()).contains("the metrics failed");
        }
    }

    @Test
    void aServerThatListensTakesNoOtherMetrics() throws Exception {
        serve(options -> options);
        assertThatIllegalStateException().isThrownBy(() -> server.setMetrics(SmtpMetrics.NONE));
    }

    @ParameterizedTest
    @EnumSource
    void eachLimitIsToldWhenSomebodyRunsIntoIt(Limit limit) throws Exception {
        runInto(limit);
        awaitTrue(() -> limit + " is missing: " + notes.limits, () -> notes.limits.contains(limit));
        assertThat(notes.limits).containsOnly(limit);
    }

    private Void runInto(Limit limit) throws Exception {
        return switch (limit) {
            case CONNECTIONS -> secondConnection(options -> options.setMaxConnections(1));
            case CONNECTIONS_PER_ADDRESS -> secondConnection(options -> options.setMaxConnectionsPerIp(1));
            case COMMAND_CALLS -> says(options -> options.setCommandCallLimit(Map.of("NOOP", 1)), "NOOP\r\nNOOP\r\n");
            case JUNK_COMMANDS -> says(options -> options.setMaxJunkCommands(1), "NOOP\r\nNOOP\r\n");
            case ERRORS -> says(options -> options.setMaxErrors(1), "RSET now\r\n");
            case UNKNOWN_COMMANDS -> says(options -> options.setMaxUnknownCommands(1), "HALO\r\n");
            case AUTH_FAILURES -> says(options -> options.setMaxAuthFailures(1), "AUTH PLAIN " + BAD + "\r\n");
            case RECIPIENTS ->
                says(
                        options -> options.setMaxRecipients(1),
                        "MAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<b@b.example>\r\n");
            case MESSAGES ->
                says(options -> options.setMaxMessages(1), "MAIL FROM:<a@b.example>\r\nRSET\r\nMAIL FROM:<>\r\n");
            case COMMAND_LINE -> says(options -> options, "NOOP " + "x".repeat(600) + "\r\n");
            case TEXT_LINE -> sends(options -> options.setLineLengthLimit(10), "x".repeat(20) + "\r\n.\r\n");
            case HEADER_SIZE -> sends(options -> options.setMaxHeaderSize(10), "A: a\r\nB: b\r\nC: c\r\n\r\n.\r\n");
            case HOPS -> sends(options -> options.setMaxHops(1), "Received: a\r\nReceived: b\r\n\r\n.\r\n");
            case MESSAGE_SIZE -> sends(options -> options.setDataSizeLimit(10), "x".repeat(20) + "\r\n.\r\n");
            case BYTES_IN_FLIGHT -> {
                sends(options -> options.setMaxBytesInFlight(5), "12345678\r\n");
                awaitTrue("nothing is in flight", () -> notes.inFlight.get() == 10);
                yield talks(afterEhlo(server), "MAIL FROM:<a@b.example>\r\n");
            }
            case DROPPED_OCTETS -> says(options -> options, "BDAT 200000000\r\n");
            case EARLY_TALKER -> {
                serve(options -> options.setGreetingDelay(TIMEOUT));
                yield talks(connected(server), "EHLO client.example\r\n");
            }
            case HTTP -> says(options -> options, "GET / HTTP/1.1\r\n");
            case TLS_ON_PLAIN_PORT -> {
                serve(options -> options);
                yield talks(greeted(server), "\u0016\u0003\u0001");
            }
            case PLAIN_BEHIND_STARTTLS -> says(options -> options.setTls(tls), "STARTTLS\r\nNOOP\r\n");
            case COMMAND_TIMEOUT -> {
                serve(options -> options);
                afterEhlo(server);
                pass(TIMEOUT);
                yield null;
            }
            case DATA_TIMEOUT -> {
                serve(options -> options);
                inData(server);
                pass(DATA_TIMEOUT);
                yield null;
            }
            case DATA_RATE -> {
                serve(options -> options);
                WireClient slow = inData(server);
                pass(DATA_TIMEOUT.dividedBy(2));
                slow.send("x\r\n");
                awaitTrue("nothing is in flight", () -> notes.inFlight.get() > 0);
                pass(DATA_TIMEOUT.dividedBy(2));
                yield null;
            }
            case WRITE_TIMEOUT -> {
                serve(options -> options);
                sendUntilNothingIsRead(
                        greeted(server), server, () -> Collections.frequency(notes.events, "asked HELP"));
                pass(TIMEOUT);
                yield null;
            }
            case HANDLER_TIMEOUT -> {
                sends(options -> options, "never\r\n.\r\n");
                awaitTrue("nothing is in flight", () -> notes.inFlight.get() > 0);
                pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
                yield null;
            }
            case PROXY_PEER -> {
                serve(options -> options.setProxyProtocol(true).setProxyFrom(List.of("192.0.2.0/24")));
                yield talks(connected(server), "PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\n");
            }
            case PROXY_HEADER -> {
                serve(options -> options.setProxyProtocol(true));
                yield talks(connected(server), "EHLO client.example\r\nand more than a header may have\r\n");
            }
            case PROXY_TIMEOUT -> {
                serve(options -> options.setProxyProtocol(true));
                connected(server);
                awaitTrue("nobody has come", () -> server.connections() == 1);
                pass(SmtpServerOptions.DEFAULT_PROXY_PROTOCOL_TIMEOUT);
                yield null;
            }
        };
    }

    private static Void talks(WireClient client, String text) throws Exception {
        client.send(text);
        return null;
    }

    private Void says(UnaryOperator<SmtpServerOptions> change, String commands) throws Exception {
        serve(change);
        return talks(afterEhlo(server), commands);
    }

    private Void sends(UnaryOperator<SmtpServerOptions> change, String message) throws Exception {
        serve(change);
        return talks(inData(server), message);
    }

    private Void secondConnection(UnaryOperator<SmtpServerOptions> change) throws Exception {
        serve(change);
        greeted(server);
        connected(server);
        awaitEvent("refused");
        return null;
    }
}
