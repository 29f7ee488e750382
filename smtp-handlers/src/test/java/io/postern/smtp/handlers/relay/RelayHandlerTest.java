package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.client;
import static io.postern.smtp.handlers.relay.RelayFixture.dataTo;
import static io.postern.smtp.handlers.relay.RelayFixture.to;
import static io.postern.smtp.handlers.relay.RelayFixture.toLmtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.WireReply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client, a relay, and a server of ours behind it that says what it likes. */
class RelayHandlerTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final RelayFixture fixture = new RelayFixture();
    private final RecordingHandler hop = new RecordingHandler();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private ReceivedMessage received() {
        return hop.await(1, SOON).get(0);
    }

    /** A next hop that does not offer some extensions. */
    private static final class Without extends RecordingHandler {

        private final List<String> keywords;

        Without(String... keywords) {
            this.keywords = List.of(keywords);
        }

        @Override
        public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
            EhloReply offered = planned;
            for (String keyword : keywords) {
                offered = offered.without(keyword);
            }
            return super.handleEhlo(session, hostName, offered);
        }
    }

    /** The recipients begin with what becomes of them. */
    private static final class Choosy extends RecordingHandler {

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            super.handleRcpt(session, envelope, recipient);
            return Future.succeededFuture(
                    switch (recipient.mailbox().localPart().replaceAll("[0-9]", "")) {
                        case "unknown" -> Reply.of(550, "5.1.1", "No such user here\nask postmaster");
                        case "greylisted" -> Reply.of(451, "4.7.1", "Greylisted, come back");
                        case "moved" -> Reply.of(251, "2.1.5", "User not local; will forward");
                        case "closing" -> Reply.of(421, "4.3.2", "Going down");
                        default -> Replies.RECIPIENT_OK;
                    });
        }

        @Override
        public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return super.handleData(session, envelope, body)
                    .map(stored -> envelope.recipients().stream()
                            .map(recipient -> switch (recipient.mailbox().localPart()) {
                                case "full" -> Reply.of(452, "4.2.2", "Mailbox full");
                                case "picky" -> Reply.of(550, "5.7.1", "Not for me");
                                default -> stored;
                            })
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMessageArrivesAsItWasWithOurFieldsOnTop(boolean chunking) {
        int port = fixture.front(to(fixture.hop(hop)).setChunking(chunking));
        String text = "Subject: dots\r\nX-Peer: forged\r\n\r\n.one\r\n..two\r\n...\r\n.\r\nend\r\n";
        try (RawSmtpClient client = dataTo(port)) {
            client.send(text.replace("\r\n.", "\r\n..") + ".\r\n").expect(250);
        }
        ReceivedMessage message = received();
        assertThat(message.mailFrom()).isEqualTo("from@example.test");
        assertThat(message.rcptTos()).containsExactly("to@example.test");
        assertThat(message.hostName()).hasValue("relay.example.test");
        assertThat(message.text())
                .startsWith("Received: from client.example.test ([127.0.0.1])\r\n\tby front.example.test with ESMTP")
                .contains("\r\nX-Peer: ('127.0.0.1', ")
                .endsWith(")\r\n" + text.replace("X-Peer: forged\r\n", ""));
    }

    @ParameterizedTest
    @CsvSource({"true,''", "false,''", "true,no line end", "false,no line end", "true,.", "false,."})
    void theEndOfAMessageIsALineEnd(boolean chunking, String text) {
        int port = fixture.front(
                to(fixture.hop(hop)).setChunking(chunking).setReceived(false).setPeerField(false));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.send("BDAT " + text.length() + " LAST\r\n" + text).expect(250);
        }
        assertThat(received().text()).isEqualTo(text.isEmpty() ? "" : text + "\r\n");
        assertThat(received().sender().isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLargeMessageArrivesToTheOctet(boolean chunking) {
        int port = fixture.front(
                to(fixture.hop(hop)).setChunking(chunking).setReceived(false).setPeerField(false));
        Random random = new Random(7);
        String text = "A: b\r\n\r\n"
                + IntStream.range(0, 60_000)
                        .mapToObj(i -> ".".repeat(random.nextInt(3)) + "x".repeat(random.nextInt(70)) + "\r\n")
                        .collect(Collectors.joining());
        try (RawSmtpClient client = dataTo(port)) {
            client.send(text.replace("\r\n.", "\r\n..") + ".\r\n").expect(250);
        }
        assertThat(received().content()).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void eachRecipientGetsTheAnswerOfTheNextHop() {
        Choosy choosy = new Choosy();
        int port = fixture.front(to(fixture.hop(choosy)));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(client.command("RCPT TO:<unknown@example.test>"))
                    .isEqualTo(new WireReply(550, List.of("5.1.1 No such user here", "5.1.1 ask postmaster")));
            assertThat(client.command("RCPT TO:<ok@example.test>")).isEqualTo(new WireReply(250, List.of("2.1.5 OK")));
            assertThat(client.command("RCPT TO:<greylisted@example.test>"))
                    .isEqualTo(new WireReply(451, List.of("4.7.1 Greylisted, come back")));
            assertThat(client.command("RCPT TO:<moved@example.test>"))
                    .isEqualTo(new WireReply(251, List.of("2.1.5 User not local; will forward")));
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        assertThat(choosy.await(1, SOON).get(0).rcptTos()).containsExactly("ok@example.test", "moved@example.test");
    }

    @Test
    void aThousandRecipientsGoInOneMessage() {
        Choosy choosy = new Choosy();
        int port = fixture.front(to(fixture.hop(choosy)));
        List<String> names = IntStream.range(0, 1_000)
                .mapToObj(i -> (i % 10 == 0 ? "unknown" : "user") + i + "@example.test")
                .toList();
        try (RawSmtpClient client = client(port)) {
            client.send("MAIL FROM:<from@example.test>\r\n"
                    + names.stream().map(name -> "RCPT TO:<" + name + ">\r\n").collect(Collectors.joining())
                    + "DATA\r\n");
            client.expect(250);
            names.forEach(name -> client.expect(name.startsWith("unknown") ? 550 : 250));
            client.expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        assertThat(choosy.await(1, SOON).get(0).rcptTos())
                .isEqualTo(
                        names.stream().filter(name -> name.startsWith("user")).toList());
    }

    @Test
    void aSenderThatTheNextHopRefusesIsRefusedWithEachRecipient() {
        RecordingHandler strict = new RecordingHandler() {
            @Override
            public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
                super.handleMail(session, envelope, sender);
                return Future.succeededFuture(Reply.of(550, "5.7.1", "Sender is blocked"));
            }
        };
        int port = fixture.front(to(fixture.hop(strict)));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(client.command("RCPT TO:<a@example.test>").expect(550).text())
                    .isEqualTo("5.7.1 Sender is blocked");
            assertThat(client.command("RCPT TO:<b@example.test>").expect(550).text())
                    .isEqualTo("5.7.1 Sender is blocked");
            client.command("DATA").expect(503);
        }
        assertThat(strict.events().stream().filter(event -> event.startsWith("MAIL")))
                .hasSize(1);
    }

    @Test
    void whatTheNextHopSaysOfItsConnectionIsNotForTheClient() {
        int port = fixture.front(to(fixture.hop(new Choosy())));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<ok@example.test>").expect(250);
            assertThat(client.command("RCPT TO:<closing@example.test>")
                            .expect(451)
                            .text())
                    .startsWith("4.4.2 ");
            // the message cannot be sent any more, but the client is still there and may say so many times
            assertThat(client.command("RCPT TO:<ok@example.test>").expect(451).text())
                    .startsWith("4.4.2 ");
            WireReply reply = client.command("DATA");
            if (reply.code() == 354) {
                reply = client.send("A: b\r\n\r\n.\r\n").readReply();
            }
            reply.expect(451);
        }
    }

    @Test
    void aRefusalOfTheMessageIsPassedOn() {
        RecordingHandler strict = new RecordingHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                return super.handleData(session, envelope, body).map(Reply.of(554, "5.7.1", "Looks like spam"));
            }
        };
        int port = fixture.front(to(fixture.hop(strict)));
        try (RawSmtpClient client = dataTo(port)) {
            assertThat(client.send("A: b\r\n\r\n.\r\n").expect(554).text()).isEqualTo("5.7.1 Looks like spam");
            // and the connection to the next hop is in step
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
        }
    }

    @Test
    void aRefusalInPlaceOf354IsPassedOn() {
        RecordingHandler strict = new RecordingHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                return Future.succeededFuture(Reply.of(452, "4.3.1", "Disk is full"));
            }
        };
        int port = fixture.front(to(fixture.hop(strict)).setChunking(false));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            WireReply reply = client.command("DATA");
            if (reply.code() == 354) {
                reply = client.send("A: b\r\n\r\n.\r\n").readReply();
            }
            assertThat(reply.expect(452).text()).isEqualTo("4.3.1 Disk is full");
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
        }
    }

    @Test
    void parametersArePassedOnInTheClientsSpelling() {
        int port = fixture.front(to(fixture.hop(hop)));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=Qq+2B1")
                    .expect(250);
            client.command("RCPT TO:<gr\u00fcn@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2BBox@example.test")
                    .expect(250);
            client.command("DATA").expect(354);
            client.send("A: \u00e4\r\n\r\n.\r\n").expect(250);
        }
        ReceivedMessage message = received();
        assertThat(message.sender().parameters().options())
                .containsExactly("SIZE=10", "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=Qq+2B1");
        assertThat(message.rcptTos()).containsExactly("gr\u00fcn@example.test");
        assertThat(message.recipients().get(0).parameters().options())
                .containsExactly("NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;Bob+2BBox@example.test");
    }

    @Test
    void withoutDsnItsParametersAreLeftOut() {
        Without plain = new Without("DSN");
        int port = fixture.front(to(fixture.hop(plain)));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test> RET=HDRS ENVID=1").expect(250);
            client.command("RCPT TO:<to@example.test> NOTIFY=FAILURE").expect(250);
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        ReceivedMessage message = plain.await(1, SOON).get(0);
        assertThat(message.sender().parameters().options()).isEmpty();
        assertThat(message.recipients().get(0).parameters().options()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "SMTPUTF8, SMTPUTF8, 550, 5.6.7",
        "8BITMIME, BODY=8BITMIME, 554, 5.6.3",
        "BINARYMIME, BODY=BINARYMIME, 554, 5.6.3",
        "CHUNKING, BODY=BINARYMIME, 554, 5.6.3"
    })
    void whatTheNextHopCannotDoIsRefusedAndThenNotOffered(String missing, String parameter, int code, String enhanced) {
        Without plain = new Without(missing);
        int port = fixture.front(to(fixture.hop(plain)));
        try (RawSmtpClient client = client(port)) {
            // it does not know yet, and so cannot say before it has asked
            client.command("MAIL FROM:<from@example.test> " + parameter).expect(250);
            assertThat(client.command("RCPT TO:<to@example.test>").expect(code).text())
                    .startsWith(enhanced);
            client.command("RSET").expect(250);
            assertThat(client.command("MAIL FROM:<from@example.test> " + parameter)
                            .expect(code)
                            .text())
                    .startsWith(enhanced);
            String keyword = parameter.replace("BODY=", "");
            assertThat(client.command("EHLO again.example.test").lines()).doesNotContain(keyword);
            client.command("MAIL FROM:<from@example.test> " + parameter);
        }
        assertThat(plain.events()).noneMatch(event -> event.startsWith("MAIL"));
    }

    @Test
    void aMessageThatIsTooLargeForTheNextHopIsRefusedBeforeItIsSent() {
        int port = fixture.front(to(fixture.hop(hop, new SmtpServerOptions().setDataSizeLimit(1_000))));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test> SIZE=1001").expect(250);
            assertThat(client.command("RCPT TO:<to@example.test>").expect(552).text())
                    .startsWith("5.3.4");
            client.command("RSET").expect(250);
            assertThat(client.command("MAIL FROM:<from@example.test> SIZE=1001")
                            .expect(552)
                            .text())
                    .startsWith("5.3.4");
            assertThat(client.command("EHLO again.example.test").lines()).contains("SIZE 1000");
        }
    }

    @Test
    void binaryContentGoesInChunks() {
        int port = fixture.front(
                to(fixture.hop(hop)).setChunking(false).setReceived(false).setPeerField(false));
        byte[] content = "A: b\r\n\r\n\n.\n\r.\r\u0000".getBytes(StandardCharsets.ISO_8859_1);
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test> BODY=BINARYMIME").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.send("BDAT " + content.length + " LAST\r\n").send(content).expect(250);
        }
        assertThat(received().content()).isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMessageInALoopIsRefusedAndNotDelivered(boolean chunking) {
        int port = fixture.front(to(fixture.hop(hop)).setChunking(chunking).setMaxReceived(3));
        try (RawSmtpClient client = dataTo(port)) {
            assertThat(client.send("Received: x\r\n".repeat(4) + "\r\n.\r\n")
                            .expect(554)
                            .text())
                    .startsWith("5.4.6 ");
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.command("DATA").expect(354);
            client.send("Received: x\r\n".repeat(3) + "\r\n.\r\n").expect(250);
        }
        assertThat(hop.await(1, SOON)).hasSize(1);
        assertThat(received().text().split("Received: x", -1)).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource({"true,a\\nb", "false,a\\nb", "true,a\\r.\\r", "false,\\n.\\n", "false,\\r\\n.\\n"})
    void noMessageLeavesWithACrOrLfAloneWhateverTheServerLetsIn(boolean chunking, String escaped) {
        String text = "A: b\r\n\r\n" + escaped.replace("\\r", "\r").replace("\\n", "\n") + "\r\n";
        int port = fixture.front(
                fixture.relay(to(fixture.hop(hop)).setChunking(chunking)),
                new SmtpServerOptions().setBareNewlines(BareNewlines.ALLOW));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.send("BDAT " + text.length() + " LAST\r\n" + text);
            assertThat(client.expect(554).text()).startsWith("5.6.0 ");
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.send("BDAT 2 LAST\r\n\r\n").expect(250);
        }
        assertThat(hop.await(1, SOON)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMessageWhoseClientGoesAwayIsNotDelivered(boolean chunking) {
        int port = fixture.front(to(fixture.hop(hop)).setChunking(chunking).setMaxConnections(1));
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n" + "half a message\r\n".repeat(20_000));
            client.reset();
        }
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: c\r\n\r\n.\r\n").expect(250);
        }
        assertThat(hop.await(1, SOON)).hasSize(1);
        assertThat(received().text()).endsWith("A: c\r\n\r\n");
    }

    @Test
    void anLmtpHopAnswersForEachRecipientAndInSmtpTheWorstCounts() {
        Choosy choosy = new Choosy();
        int port = fixture.front(toLmtp(fixture.hop(choosy, new SmtpServerOptions().setLmtp(true))));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<ok@example.test>").expect(250);
            client.command("RCPT TO:<picky@example.test>").expect(250);
            client.command("RCPT TO:<full@example.test>").expect(250);
            client.command("DATA").expect(354);
            assertThat(client.send("A: b\r\n\r\n.\r\n").expect(452).text()).isEqualTo("4.2.2 Mailbox full");
        }
        assertThat(choosy.await(1, SOON).get(0).rcptTos()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anLmtpHopAnswersForEachRecipientAndSoDoesTheRelay(boolean chunking) {
        Choosy choosy = new Choosy();
        int port = fixture.front(
                fixture.relay(toLmtp(fixture.hop(choosy, new SmtpServerOptions().setLmtp(true)))
                        .setChunking(chunking)),
                new SmtpServerOptions().setLmtp(true));
        try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
            client.expect(220);
            client.command("LHLO client.example.test").expect(250);
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<ok@example.test>").expect(250);
            client.command("RCPT TO:<unknown@example.test>").expect(550);
            client.command("RCPT TO:<picky@example.test>").expect(250);
            client.command("RCPT TO:<full@example.test>").expect(250);
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
            client.expect(550);
            client.expect(452);
        }
    }

    @Test
    void aClientThatAskedForPrdrHasTheAnswersOfAnLmtpHop() {
        int port = fixture.front(
                fixture.relay(toLmtp(fixture.hop(new Choosy(), new SmtpServerOptions().setLmtp(true)))),
                new SmtpServerOptions().setPrdr(true));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test> PRDR").expect(250);
            client.command("RCPT TO:<ok@example.test>").expect(250);
            client.command("RCPT TO:<full@example.test>").expect(250);
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(353);
            client.expect(250);
            client.expect(452);
        }
    }

    @Test
    void anSmtpHopAnswersOnceForAllRecipientsOfLmtp() {
        int port = fixture.front(fixture.relay(to(fixture.hop(hop))), new SmtpServerOptions().setLmtp(true));
        try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
            client.expect(220);
            client.command("LHLO client.example.test").expect(250);
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<a@example.test>").expect(250);
            client.command("RCPT TO:<b@example.test>").expect(250);
            client.command("DATA").expect(354);
            client.send("A: b\r\n\r\n.\r\n").expect(250);
            client.expect(250);
        }
        assertThat(received().rcptTos()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PIPELINING", "CHUNKING"})
    void aNextHopWithoutAnExtensionIsServedWithoutIt(String missing) {
        Without plain = new Without(missing);
        int port = fixture.front(to(fixture.hop(plain)));
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n" + "x".repeat(70).concat("\r\n").repeat(5_000) + ".\r\n")
                    .expect(250);
        }
        assertThat(plain.await(1, SOON)).hasSize(1);
    }

    @Test
    void aServerThatKnowsHeloOnlyIsServedToo() {
        RecordingHandler old = new RecordingHandler() {
            @Override
            public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
                return Future.failedFuture(new SmtpException(Reply.of(502, "5.5.1", "Command not implemented")));
            }
        };
        int port = fixture.front(to(fixture.hop(old)));
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        assertThat(old.await(1, SOON).get(0).extendedSmtp()).isFalse();
    }
}
