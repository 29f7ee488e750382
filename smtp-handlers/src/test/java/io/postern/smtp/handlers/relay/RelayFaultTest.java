package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.client;
import static io.postern.smtp.handlers.relay.RelayFixture.dataTo;
import static io.postern.smtp.handlers.relay.RelayFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.WireReply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the next hop does, the client reads 451 and may come again; nothing is said to be delivered that is not. */
class RelayFaultTest {

    /** Within which the next hop answers all but what it answers too late, on a busy machine as well. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final RelayFixture fixture = new RelayFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** What a client reads that names a recipient. */
    private String rcpt(RelayOptions options) {
        try (RawSmtpClient client = client(fixture.front(options))) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            WireReply reply = client.command("RCPT TO:<to@example.test>");
            client.command("NOOP").expect(250); // it is not sent away
            return reply.toString();
        }
    }

    /** What a client reads to a message of some length. */
    private String message(RelayOptions options, int lines) {
        try (RawSmtpClient client = client(fixture.front(options))) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            WireReply reply = client.command("DATA");
            if (reply.code() == 354) {
                reply = client.send("A: b\r\n\r\n" + ("x".repeat(70) + "\r\n").repeat(lines) + ".\r\n")
                        .readReply();
            }
            client.command("NOOP").expect(250);
            return reply.toString();
        }
    }

    @Test
    void nobodyThere() throws Exception {
        RawHop hop = new RawHop((wire, number) -> {});
        hop.close();
        assertThat(rcpt(to(hop.port()))).startsWith("451 4.4.1 ");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 451 4.4.2",
        "554 no service, 451 4.7.0",
        "421 busy, 451 4.7.0",
        "hello, 451 4.5.0",
        "'SSH-2.0-OpenSSH_9.2', 451 4.5.0"
    })
    void aGreetingThatIsNone(String greeting, String expected) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            if (!greeting.isEmpty()) {
                wire.say(greeting).await("QUIT");
            }
        })) {
            assertThat(rcpt(to(hop.port()))).startsWith(expected);
        }
    }

    @Test
    void noGreetingAtAll() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.stall())) {
            assertThat(rcpt(to(hop.port()).setGreetingTimeout(SHORT))).startsWith("451 4.4.2 ");
        }
    }

    @Test
    void aConnectionThatIsNotReadyInTime() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.stall())) {
            assertThat(rcpt(to(hop.port()).setAcquireTimeout(SHORT))).startsWith("451 4.4.1 ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"EHLO", "MAIL", "RCPT"})
    void noAnswerToACommand(String command) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            if (command.equals("EHLO")) {
                wire.say("220 raw").await("EHLO").stall();
            }
            wire.open();
            if (command.equals("RCPT")) {
                wire.await("MAIL").say("250 ok");
            }
            wire.await(command).stall();
        })) {
            assertThat(rcpt(to(hop.port()).setCommandTimeout(SHORT))).startsWith("451 4.4.2 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "421 4.3.2 bye, 451 4.4.2",
        "503 bad sequence, 451 4.5.0",
        "530 5.7.0 Must issue a STARTTLS command first, 451 4.7.0",
        "354 go on, 451 4.5.0"
    })
    void anAnswerToRcptThatIsNotForTheClient(String answer, String expected) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.open()
                .await("MAIL")
                .say("250 ok")
                .await("RCPT")
                .say(answer)
                .stall())) {
            assertThat(rcpt(to(hop.port()))).startsWith(expected);
        }
    }

    @Test
    void textThatWouldBreakTheDialogueIsMadeHarmless() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.open()
                .await("MAIL")
                .say("250 ok")
                .await("RCPT")
                .say("550-5.1.1 a\u001b[2Jb\r\r250 c\r\n550 5.1.1 d")
                .stall())) {
            assertThat(rcpt(to(hop.port()))).isEqualTo("550-5.1.1 a?[2Jb??250 c\n550 5.1.1 d");
        }
    }

    @Test
    void anEndlessReply() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open().await("MAIL");
            while (true) {
                wire.say("250-" + "x".repeat(500));
            }
        })) {
            assertThat(rcpt(to(hop.port()))).startsWith("451 4.5.0 ");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theConnectionEndsInTheMiddleOfAMessage(boolean chunking) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open(chunking ? "CHUNKING" : "DSN").accept();
            if (!chunking) {
                wire.await("DATA").say("354 go on");
            }
            wire.await("xxx");
        })) {
            assertThat(message(to(hop.port()), 100_000)).startsWith("451 4.4.2 ");
        }
    }

    @Test
    void theConnectionEndsWhileTheClientIsSilent() throws Exception {
        try (RawHop hop = new RawHop((wire, number) ->
                        wire.open().accept().await("DATA").say("354 go on").await("A: b"));
                RawSmtpClient client = dataTo(fixture.front(to(hop.port())))) {
            client.send("A: b\r\n");
            // the answer waits for the end of the message (RFC 5321 §4.2.5), but is ready
            assertThat(client.send("\r\n.\r\n").expect(451).text()).startsWith("4.4.2 ");
        }
    }

    @Test
    void itSaysNoInTheMiddleOfAMessage() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.open()
                .accept()
                .await("DATA")
                .say("354 go on")
                .await("xxx")
                .say("552 5.3.4 too large")
                .stall())) {
            assertThat(message(to(hop.port()), 50_000)).isEqualTo("552 5.3.4 too large");
        }
    }

    @Test
    void itReadsNoFurther() throws Exception {
        try (RawHop hop = new RawHop((wire, number) ->
                wire.open().accept().await("DATA").say("354 go on").stall())) {
            assertThat(message(to(hop.port()).setDataTimeout(SHORT), 300_000)).startsWith("451 4.4.2 ");
        }
    }

    @ParameterizedTest
    @CsvSource({"true,false", "false,false", "true,true", "false,true"})
    void noAnswerToTheMessage(boolean chunking, boolean closes) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open(chunking ? "CHUNKING" : "DSN").accept();
            if (!chunking) {
                wire.await("DATA").say("354 go on");
            }
            wire.await(chunking ? "xxx" : ".");
            if (!closes) {
                wire.stall();
            }
        })) {
            assertThat(message(to(hop.port()).setMessageTimeout(SHORT), 1)).startsWith("451 4.4.2 ");
        }
    }

    @Test
    void aChunkThatIsRefused() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.open("CHUNKING")
                .accept()
                .await("BDAT")
                .await("xxx")
                .say("452 4.3.1 disk full")
                .await("RSET")
                .say("250 ok")
                .accept()
                .stall())) {
            int port = fixture.front(to(hop.port()));
            try (RawSmtpClient client = dataTo(port)) {
                client.send("A: b\r\n\r\n" + ("x".repeat(70) + "\r\n").repeat(50_000) + ".\r\n");
                assertThat(client.expect(452).text()).isEqualTo("4.3.1 disk full");
                client.command("MAIL FROM:<from@example.test>").expect(250);
                client.command("RCPT TO:<to@example.test>").expect(250);
            }
            assertThat(hop.connections()).isEqualTo(1);
            assertThat(hop.heard()).noneMatch(line -> line.endsWith("LAST"));
        }
    }

    @Test
    void someAnswersOfLmtpAreMissing() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.say("220 raw")
                    .await("LHLO")
                    .say("250 raw")
                    .accept()
                    .await("RCPT")
                    .say("250 ok");
            wire.await("DATA").say("354 go on").await(".").say("250 2.0.0 first");
        })) {
            int port = fixture.front(
                    fixture.relay(RelayFixture.toLmtp(hop.port())), new SmtpServerOptions().setLmtp(true));
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
                client.expect(220);
                client.command("LHLO client.example.test").expect(250);
                client.command("MAIL FROM:<from@example.test>").expect(250);
                client.command("RCPT TO:<a@example.test>").expect(250);
                client.command("RCPT TO:<b@example.test>").expect(250);
                client.command("DATA").expect(354);
                assertThat(client.send("A: b\r\n\r\n.\r\n").expect(250).text()).isEqualTo("2.0.0 first");
                assertThat(client.expect(451).text()).startsWith("4.4.2 ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"closed", "421 4.4.2 idle for too long", "421 said with MAIL"})
    void aConnectionThatWentStaleIsReplacedOnce(String how) throws Exception {
        AtomicInteger delivered = new AtomicInteger();
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open("PIPELINING")
                    .accept()
                    .await("DATA")
                    .say("354 go on")
                    .await(".")
                    .say("250 ok");
            delivered.incrementAndGet();
            if (number == 0 && !how.equals("closed")) {
                wire.await("MAIL").say(how);
            } else if (number == 0) {
                wire.await("MAIL"); // it comes and finds the door shut
            } else {
                wire.stall();
            }
        })) {
            RelayOptions options = to(hop.port());
            int port = fixture.front(options);
            for (int i = 0; i < 2; i++) {
                try (RawSmtpClient client = dataTo(port)) {
                    client.send("A: b\r\n\r\n.\r\n").expect(250);
                }
            }
            assertThat(delivered).hasValue(2);
            assertThat(hop.connections()).isEqualTo(2);
        }
    }

    /** Reads a message and accepts it. */
    private static void take(RawHop.Wire wire, String answer) throws IOException {
        wire.accept().await("DATA").say("354 go on").await(".").say(answer);
    }

    private static void deliver(int port) {
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
    }

    @Test
    void aNextHopThatStalledForAWhileServesTheNextMessageToo() throws Exception {
        Duration dataTimeout = Duration.ofSeconds(3);
        CountDownLatch stuck = new CountDownLatch(1);
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open().accept().await("DATA").say("354 go on");
            RawHop.await(stuck);
            wire.await(".").say("250 ok");
            take(wire, "250 ok");
            wire.stall();
        })) {
            int port = fixture.front(to(hop.port()).setDataTimeout(dataTimeout));
            byte[] content = ("x".repeat(900) + "\r\n").repeat(24_000).getBytes(StandardCharsets.US_ASCII);
            try (RawSmtpClient client = dataTo(port)) {
                int taken = client.sendUntilStuck(content, SHORT);
                assertThat(taken).as("what waits before the next hop").isLessThan(content.length);
                stuck.countDown();
                client.send(Arrays.copyOfRange(content, taken, content.length));
                client.send(".\r\n").expect(250);
            }
            // what it was given to read on has passed
            RelayFixture.await(fixture.vertx.timer(dataTimeout.toMillis(), TimeUnit.MILLISECONDS));
            deliver(port);
            assertThat(hop.connections()).isEqualTo(1);
        }
    }

    @Test
    void aNextHopThatAnswersInTimeServesTheNextMessageLongAfterThat() throws Exception {
        Duration timeout = Duration.ofSeconds(2);
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open();
            take(wire, "250 ok");
            take(wire, "250 ok");
            wire.stall();
        })) {
            int port = fixture.front(to(hop.port())
                    .setCommandTimeout(timeout)
                    .setMessageTimeout(timeout)
                    .setDataTimeout(timeout));
            deliver(port);
            RelayFixture.await(fixture.vertx.timer(timeout.toMillis(), TimeUnit.MILLISECONDS));
            deliver(port);
            assertThat(hop.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusalThatNobodyAskedForIsNoAnswerToTheNextMessage(boolean atOnce) throws Exception {
        String refusal = "554 5.7.1 you are on a list";
        CountDownLatch delivered = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open();
            if (number > 0) {
                take(wire, "250 ok");
                wire.stall();
            } else if (atOnce) {
                take(wire, "250 ok\r\n" + refusal);
            } else {
                take(wire, "250 ok");
                RawHop.await(delivered);
                wire.say(refusal);
            }
            try {
                wire.hear();
            } finally {
                gone.countDown();
            }
        })) {
            int port = fixture.front(to(hop.port()));
            deliver(port);
            delivered.countDown();
            RawHop.await(gone);
            deliver(port);
            assertThat(hop.connections()).isEqualTo(2);
        }
    }

    @Test
    void aRecipientThatTheNextHopAcceptsTooLateGetsNoMail() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        try (RawHop hop = new RawHop((wire, number) -> {
            wire.open("PIPELINING").accept();
            if (number == 0) { // the next message may come before this one is in step again, and takes another
                wire.await("RCPT");
                RawHop.await(told);
                wire.say("250 ok").await("RSET").say("250 ok").accept();
            }
            wire.await("DATA").say("354 go on").await(".").say("250 ok").stall();
        })) {
            int port = fixture.front(fixture.relay(to(hop.port())), new SmtpServerOptions().setHandlerTimeout(LATE));
            try (RawSmtpClient client = client(port)) {
                client.command("MAIL FROM:<from@example.test>").expect(250);
                client.command("RCPT TO:<a@example.test>").expect(250);
                client.command("RCPT TO:<late@example.test>").expect(451);
                client.command("RCPT TO:<c@example.test>").expect(451);
                WireReply reply = client.command("DATA");
                if (reply.code() == 354) {
                    reply = client.send("A: b\r\n\r\n.\r\n").readReply();
                }
                reply.expect(451);
                assertThat(hop.heard()).noneMatch(line -> line.startsWith("DATA"));
                told.countDown();
            }
            try (RawSmtpClient client = dataTo(port)) {
                client.send("A: b\r\n\r\n.\r\n").expect(250);
            }
            assertThat(hop.heard().stream().filter(line -> line.startsWith("DATA")))
                    .hasSize(1);
        }
    }

    @Test
    void aNewConnectionThatFailsIsNotReplaced() throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> wire.open().await("MAIL"))) {
            assertThat(rcpt(to(hop.port()))).startsWith("451 4.4.2 ");
            assertThat(hop.connections()).isEqualTo(1);
        }
    }

    @Test
    void noCommandCanBeSmuggledInByAParameter() {
        RecordingHandler handler = new RecordingHandler();
        RelayClient client = fixture.relay(to(fixture.hop(handler))).client();
        RelayTransaction transaction = client.begin(new Sender(Optional.empty(), MailParameters.NONE));
        Recipient forged = new Recipient(
                Mailbox.parse("to@example.test").orElseThrow(),
                new RcptParameters(
                        Optional.empty(), Optional.empty(), "NOTIFY=NEVER\r\nRCPT\tTO:<victim@example.test>"));
        assertThat(transaction.rcpt(forged).toCompletionStage().toCompletableFuture())
                .failsWithin(SOON)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(handler.events()).noneMatch(event -> event.startsWith("RCPT"));
    }

    @Test
    void aMessageWithoutARecipientIsNotSent() throws IOException {
        try (RawHop hop = new RawHop((wire, number) -> wire.open()
                .await("MAIL")
                .say("250 ok")
                .await("RCPT")
                .say("550 no")
                .stall())) {
            RelayClient client = fixture.relay(to(hop.port())).client();
            RelayTransaction transaction = client.begin(new Sender(Optional.empty(), MailParameters.NONE));
            Recipient recipient = new Recipient(Mailbox.parse("to@example.test").orElseThrow(), RcptParameters.NONE);
            assertThat(RelayFixture.await(transaction.rcpt(recipient))).isEqualTo(Reply.of(550, "no"));
            assertThat(transaction.recipients()).isEqualTo(List.of());
        }
    }
}
