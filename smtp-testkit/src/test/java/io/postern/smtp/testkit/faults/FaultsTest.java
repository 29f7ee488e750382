package io.postern.smtp.testkit.faults;

import static io.postern.smtp.testkit.faults.Faults.matching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.MovableClock;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestCertificate;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.WireReply;
import io.vertx.core.Future;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client sees of each fault, on plain connections and behind STARTTLS. */
class FaultsTest {

    private static final String ENVELOPE = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";

    enum Encryption {
        NONE,
        STARTTLS,
        IMPLICIT
    }

    enum Transfer {
        DATA,
        BDAT
    }

    private final TestCertificate certificate = TestCertificate.create();
    private final RecordingHandler handler = new RecordingHandler();
    private final TestSmtpServer server = start(new SmtpServerOptions().setHostName("mx.example.test"));
    private final Faults faults = server.faults();
    private final List<TestSmtpServer> others = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
        others.forEach(TestSmtpServer::close);
    }

    private TestSmtpServer start(SmtpServerOptions options) {
        return TestSmtpServer.start(
                handler,
                options.setTls(certificate.serverOptions()).setAuthRequireTls(false),
                made -> SaslMechanism.passwords(
                                (password, context) -> Future.succeededFuture(Optional.of(Identity.of("anne"))))
                        .forEach(made::addMechanism));
    }

    private RawSmtpClient greeted() {
        RawSmtpClient client = server.connect();
        client.expect(220);
        client.command("EHLO client.example").expect(250);
        return client;
    }

    /** A client behind the hello, by the way that is asked for; with faults of the server that it is connected to. */
    private RawSmtpClient greeted(Encryption encryption) {
        if (encryption == Encryption.IMPLICIT) {
            TestSmtpServer implicit =
                    start(new SmtpServerOptions().setHostName("mx.example.test").setImplicitTls(true));
            others.add(implicit);
            RawSmtpClient client = implicit.connect();
            client.startTls(certificate.sslContext());
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            return client;
        }
        RawSmtpClient client = greeted();
        if (encryption == Encryption.STARTTLS) {
            client.command("STARTTLS").expect(220);
            client.startTls(certificate.sslContext());
            client.command("EHLO client.example").expect(250);
        }
        return client;
    }

    private Faults faultsOf(Encryption encryption) {
        return encryption == Encryption.IMPLICIT ? others.get(0).faults() : faults;
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n";
    }

    private static List<Integer> codes(RawSmtpClient client, int count) {
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            codes.add(client.readReply().code());
        }
        return codes;
    }

    private static void assertReset(RawSmtpClient client) {
        assertThatThrownBy(client::readReply)
                .isInstanceOf(UncheckedIOException.class)
                .cause()
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(EOFException.class)
                .hasMessageContaining("reset");
    }

    private static String message(int lines) {
        return "Subject: big\r\n\r\n" + ("x".repeat(98) + "\r\n").repeat(lines);
    }

    /** Sends the envelope and all of a message. */
    private static void send(RawSmtpClient client, Transfer transfer, String content) {
        if (transfer == Transfer.DATA) {
            client.send(ENVELOPE + "DATA\r\n");
            assertThat(codes(client, 3)).containsExactly(250, 250, 354);
            client.send(content + ".\r\n");
        } else {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
            client.send("BDAT " + content.length() + " LAST\r\n" + content);
        }
    }

    @Test
    void withoutFaultsNothingChanges() {
        try (RawSmtpClient client = greeted()) {
            send(client, Transfer.DATA, message(2_000));
            client.expect(250);
            client.command("QUIT").expect(221);
        }
        assertThat(handler.messages()).hasSize(1);
        faults.verify();
    }

    // Replies

    @Test
    void aRecipientIsRefusedAsOftenAsToldAndTheSessionGoesOn() {
        faults.onRcpt(matching("*@slow.test")).times(2).reply(450, "4.2.1", "come back later");
        try (RawSmtpClient client = greeted()) {
            client.send(lines(
                    "MAIL FROM:<a@b.example>",
                    "RCPT TO:<x@SLOW.test>",
                    "RCPT TO:<y@fast.test>",
                    "RCPT TO:<x@slow.test>",
                    "RCPT TO:<x@slow.test>",
                    "DATA"));
            assertThat(codes(client, 6)).containsExactly(250, 450, 250, 450, 250, 354);
            client.send("hi\r\n.\r\n").expect(250);
        }
        assertThat(handler.messages().get(0).rcptTos()).containsExactly("y@fast.test", "x@slow.test");
        faults.verify();
    }

    @Test
    void allPlacesOfASessionCanBeAnsweredOtherwise() {
        faults.onEhlo().times(1).reply(502, "not now");
        faults.onHelo().reply(550, "5.7.1", "never");
        faults.onMail().matching("*@spam.example").reply(550, "5.7.1", "not from you");
        faults.onCommand("vrfy").reply(550, "5.1.1", "nobody");
        faults.onCommand("XFOO").reply(250, "done");
        faults.onQuit().reply(221, "2.0.0", "so long");
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            assertThat(client.command("EHLO c")).hasToString("502 not now");
            client.command("HELO c").expect(550);
            client.command("EHLO c").expect(250);
            client.command("MAIL FROM:<@relay.example:x@spam.example> SIZE=1").expect(550);
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("VRFY c").expect(550);
            client.command("XFOO").expect(250);
            assertThat(client.command("QUIT")).hasToString("221 2.0.0 so long");
            assertThat(client.readToEnd()).isEmpty();
        }
        faults.verify();
    }

    @Test
    void startTlsIsRefused() {
        faults.onStartTls().times(1).reply(454, "4.7.0", "TLS not available due to temporary reason");
        try (RawSmtpClient client = greeted()) {
            client.command("STARTTLS").expect(454);
            client.command("STARTTLS").expect(220);
            client.startTls(certificate.sslContext());
            client.command("EHLO c").expect(250);
        }
    }

    @Test
    void authFailsSoManyTimes() {
        Fault fault = faults.onAuth().matching("plain").times(2).reply(535, "5.7.8", "wrong");
        try (RawSmtpClient client = greeted()) {
            client.command("AUTH PLAIN AGEAYg==").expect(535);
            client.command("AUTH PLAIN").expect(535);
            client.command("AUTH PLAIN AGEAYg==").expect(235);
        }
        assertThat(fault.hits()).isEqualTo(2);
        assertThat(server.transcripts().get(0).toString()).doesNotContain("AGEAYg==");
    }

    @ParameterizedTest
    @EnumSource(Transfer.class)
    void aMessageIsRefusedAtItsBeginningOrItsEndAndIsNotDelivered(Transfer transfer) {
        faults.onData().times(1).reply(451, "4.3.0", "not yet");
        faults.onMessage().times(1).reply(554, "5.6.0", "no");
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
            client.send(transfer == Transfer.DATA ? "DATA\r\n" : "BDAT 4 LAST\r\nhi\r\n")
                    .expect(451);
            client.command("RSET").expect(250);
            send(client, transfer, message(10));
            client.expect(554);
            send(client, transfer, message(10));
            client.expect(250);
        }
        assertThat(handler.messages()).hasSize(1);
        faults.verify();
    }

    @ParameterizedTest
    @EnumSource(Transfer.class)
    void anAcceptedMessageWhoseReplyIsLostIsDeliveredAllTheSame(Transfer transfer) {
        faults.onAnswer().times(1).reset();
        try (RawSmtpClient client = greeted()) {
            send(client, transfer, message(10));
            assertReset(client);
        }
        try (RawSmtpClient client = greeted()) {
            send(client, transfer, message(10));
            client.expect(250);
        }
        assertThat(handler.messages()).hasSize(2);
    }

    @Test
    void lmtpHasTheReplyForEachRecipient() {
        TestSmtpServer lmtp =
                start(new SmtpServerOptions().setHostName("mx.example.test").setLmtp(true));
        others.add(lmtp);
        lmtp.faults().onEhlo().times(1).reply(451, "later");
        lmtp.faults().onMessage().times(1).reply(452, "4.3.1", "full");
        try (RawSmtpClient client = lmtp.connect()) {
            client.expect(220);
            client.command("LHLO c").expect(451);
            client.command("LHLO c").expect(250);
            client.send(ENVELOPE + "RCPT TO:<e@f.example>\r\nDATA\r\n");
            assertThat(codes(client, 4)).containsExactly(250, 250, 250, 354);
            client.send("hi\r\n.\r\n");
            assertThat(codes(client, 2)).containsExactly(452, 452);
            client.command("NOOP").expect(250);
        }
        lmtp.faults().verify();
    }

    // Connections

    @Test
    void aConnectionIsRefusedDismissedOrGreetedWithARefusal() {
        faults.onConnect().times(1).refuse();
        faults.onConnect().times(1).closeWith421();
        faults.onConnect().times(1).reply(554, "no service");
        try (RawSmtpClient client = server.connect()) {
            assertReset(client);
        } catch (UncheckedIOException e) {
            assertThat(e).hasMessageContaining("cannot connect"); // so soon does the reset come
        }
        try (RawSmtpClient client = server.connect()) {
            assertThat(client.readToEnd()).startsWith("421 ").hasLineCount(1);
        }
        try (RawSmtpClient client = server.connect()) {
            client.expect(554);
            client.command("QUIT").expect(221);
        }
        faults.verify();
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void aConnectionIsResetInTheMiddleOfAMessage(Encryption encryption) {
        try (RawSmtpClient client = greeted(encryption)) {
            Fault fault = faultsOf(encryption).onData().afterBytes(64_000).reset();
            client.send(ENVELOPE + "DATA\r\n");
            assertThat(codes(client, 3)).containsExactly(250, 250, 354);
            assertThatThrownBy(() -> {
                        client.send(message(640)); // about 64,000 octets
                        client.send(message(20_000) + ".\r\n");
                        client.readReply();
                    })
                    .isInstanceOf(UncheckedIOException.class)
                    .cause()
                    .isNotInstanceOf(EOFException.class);
            assertThat(fault.await().hits()).isEqualTo(1);
        }
        assertThat(handler.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Transfer.class)
    void aMessageThatComesInOnePieceWithItsEndIsCutAllTheSame(Transfer transfer) {
        faults.onData().afterBytes(100).reset();
        try (RawSmtpClient client = greeted()) {
            send(client, transfer, message(10));
            assertReset(client);
        }
        assertThat(handler.messages()).isEmpty();
    }

    @Test
    void aSmallerMessageIsNoOccasion() {
        faults.onData().afterBytes(64_000).reset();
        try (RawSmtpClient client = greeted()) {
            send(client, Transfer.DATA, message(10));
            client.expect(250);
        }
        assertThatThrownBy(faults::verify)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("onData().afterBytes(64000).reset(): never came")
                .hasMessageContaining("C: RCPT TO:<c@d.example>");
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void theServerGoesAwayInMidTransaction(Encryption encryption) {
        try (RawSmtpClient client = greeted(encryption)) {
            faultsOf(encryption).onRcpt().closeWith421();
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@d.example>").expect(421);
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void theServerGoesAwayInTheMiddleOfAMessage() {
        faults.onBody().closeWith421();
        try (RawSmtpClient client = greeted()) {
            send(client, Transfer.DATA, message(10));
            client.expect(421);
            assertThat(client.readToEnd()).isEmpty();
        }
        assertThat(handler.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void theServerClosesWithoutAWordOrBehindAReply(Encryption encryption) {
        try (RawSmtpClient client = greeted(encryption)) {
            faultsOf(encryption).onRcpt().closeAfterReply();
            client.send(ENVELOPE + "DATA\r\n");
            assertThat(codes(client, 2)).containsExactly(250, 250);
            assertThat(client.readToEnd()).isEmpty();
        }
        faults.clear();
        faults.onMail().close();
        try (RawSmtpClient client = greeted()) {
            client.send("MAIL FROM:<a@b.example>\r\n");
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void halfAConnectionIsLeftOpen() {
        faults.onMail().halfClose();
        try (RawSmtpClient client = greeted()) {
            client.send("MAIL FROM:<a@b.example>\r\n");
            assertThat(client.readToEnd()).isEmpty();
            client.send("RCPT TO:<c@d.example>\r\n"); // the other half is open
            assertThat(server.server().connections()).isEqualTo(1);
        }
    }

    // Octets

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void aReplyComesInTwoPieces(Encryption encryption) {
        MovableClock clock = new MovableClock();
        try (RawSmtpClient client = greeted(encryption)) {
            Faults there = faultsOf(encryption).setClock(clock);
            Fault fault = there.onRcpt().splitReply(2, Duration.ofSeconds(1));
            client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nNOOP\r\n");
            client.expect(250);
            fault.await();
            client.setTimeout(Duration.ofMillis(50));
            assertThatThrownBy(client::readReply).hasMessageContaining("sent nothing"); // it has read two octets
            clock.advance(Duration.ofSeconds(1));
            client.setTimeout(Duration.ofSeconds(10));
            assertThatThrownBy(client::readReply).hasMessageContaining("not a line of a reply: \"0 2.1.5 OK\"");
            client.expect(250);
        }
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void theSecondPieceComesInItsTime(Encryption encryption) {
        try (RawSmtpClient client = greeted(encryption)) {
            faultsOf(encryption).onRcpt().splitReply(2, Duration.ofMillis(1));
            client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nNOOP\r\n");
            assertThat(codes(client, 3)).containsExactly(250, 250, 250);
        }
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void aReplyIsMalformedAndOthersAreNot(Encryption encryption) {
        try (RawSmtpClient client = greeted(encryption)) {
            faultsOf(encryption).onRcpt().malformedReply("25O OK\r\n");
            client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nNOOP\r\n");
            client.expect(250);
            assertThatThrownBy(client::readReply)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("25O OK");
            client.expect(250);
        }
    }

    @Test
    void aGreetingAndAReplyOfSeveralLinesAreMalformedWhole() {
        faults.onConnect().malformedReply("hello\r\n");
        faults.onEhlo().malformedReply("250-mx\r\n250\r\n");
        try (RawSmtpClient client = server.connect()) {
            assertThatThrownBy(client::readReply).hasMessageContaining("hello");
            assertThat(client.command("EHLO c").lines()).containsExactly("mx", "");
            client.command("NOOP").expect(250);
        }
    }

    @Test
    void repliesComeOctetByOctet() {
        faults.onConnect().slowReplies(5_000);
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
            WireReply bye = client.command("QUIT").expect(221);
            assertThat(bye.lines()).hasSize(1);
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Encryption.class)
    void aSlowReaderHoldsUpTheClient(Encryption encryption) {
        MovableClock clock = new MovableClock();
        try (RawSmtpClient client = greeted(encryption)) {
            Faults there = faultsOf(encryption).setClock(clock);
            there.onData().slowReads(1_000_000);
            client.send(ENVELOPE + "DATA\r\n");
            assertThat(codes(client, 3)).containsExactly(250, 250, 354);
            byte[] much = message(160_000).getBytes(StandardCharsets.US_ASCII); // 16 MB
            client.setTimeout(Duration.ofMillis(200));
            assertThatThrownBy(() -> client.send(much))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasCauseInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aSlowReaderReadsAllInTheEnd() {
        faults.onData().slowReads(1_000_000);
        try (RawSmtpClient client = greeted()) {
            send(client, Transfer.DATA, message(2_000));
            client.expect(250);
        }
        assertThat(handler.messages().get(0).content()).hasSize(message(2_000).length());
    }

    // Time

    @Test
    void aDelayGoesByTheClockOfTheTest() {
        MovableClock clock = new MovableClock();
        Fault fault = faults.setClock(clock).onRcpt().times(1).delay(Duration.ofMinutes(4));
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            client.expect(250);
            fault.await();
            clock.advance(Duration.ofMinutes(3));
            assertThat(clock.waiting()).isEqualTo(1);
            clock.advance(Duration.ofMinutes(1));
            client.expect(250);
        }
    }

    @Test
    void aMessageIsDelayedInItsMiddle() {
        MovableClock clock = new MovableClock();
        Fault fault = faults.setClock(clock).onBody().delay(Duration.ofMinutes(4));
        try (RawSmtpClient client = greeted()) {
            send(client, Transfer.DATA, message(10));
            fault.await();
            clock.advance(Duration.ofMinutes(4));
            client.expect(250);
        }
    }

    @ParameterizedTest
    @EnumSource(Transfer.class)
    void aStallLastsUntilItIsCleared(Transfer transfer) {
        Fault stall = faults.onBody().stall();
        try (RawSmtpClient client = greeted()) {
            send(client, transfer, message(10));
            stall.await();
            assertThat(handler.messages()).isEmpty();
            faults.clear();
            client.expect(250);
        }
        assertThat(handler.messages()).hasSize(1);
    }

    @Test
    void aChunkIsNotAcknowledgedWhileItsMessageStalls() {
        Fault stall = faults.onBody().times(1).stall();
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
            client.send("BDAT 4\r\nhi\r\n");
            stall.await();
            client.setTimeout(Duration.ofMillis(50));
            assertThatThrownBy(client::readReply).hasMessageContaining("sent nothing");
            faults.clear();
            client.setTimeout(Duration.ofSeconds(10));
            client.expect(250);
            client.command("BDAT 0 LAST").expect(250);
        }
        assertThat(handler.messages()).hasSize(1);
    }

    @Test
    void aDelayedReplyComesLateAndStandsInPlaceOfTheStep() {
        faults.onRcpt().afterDelay(Duration.ofMillis(1)).reply(450, "4.2.0", "late");
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 450);
        }
    }

    @Test
    void theClockOfATestIsNotThatOfTheNext() {
        faults.setClock(new MovableClock())
                .onMail()
                .delay(Duration.ofMinutes(4))
                .optional();
        faults.clear();
        faults.onMail().delay(Duration.ofMillis(1));
        try (RawSmtpClient client = greeted()) {
            client.command("MAIL FROM:<a@b.example>").expect(250);
        }
    }

    @Test
    void theClockOfADomainIsNotThatOfOthers() {
        faults.forDomain("t1.example.test").setClock(new MovableClock());
        faults.forDomain("t2.example.test").onRcpt().delay(Duration.ofMillis(1));
        try (RawSmtpClient client = greeted()) {
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@t2.example.test>").expect(250);
        }
    }

    // Which

    @Test
    void someAreLetPassAndOfTheOthersOneOfSoManyIsTaken() {
        faults.onCommand("NOOP").after(1).every(2).times(2).reply(451, "4.3.0", "hit");
        try (RawSmtpClient client = greeted()) {
            client.send("NOOP\r\n".repeat(8));
            assertThat(codes(client, 8)).containsExactly(250, 250, 451, 250, 451, 250, 250, 250);
        }
    }

    @Test
    void chanceIsTheSameEachTime() {
        List<Integer> first = withProbability(7);
        assertThat(first).contains(250, 451);
        assertThat(withProbability(7)).isEqualTo(first);
        assertThat(withProbability(8)).isNotEqualTo(first);
    }

    @Test
    void seedsThatFollowEachOtherAreNotAlike() {
        List<Integer> firsts = new ArrayList<>();
        try (RawSmtpClient client = greeted()) {
            for (int seed = 0; seed < 40; seed++) {
                faults.clear();
                faults.setSeed(seed).onCommand("NOOP").withProbability(0.5).reply(451, "4.3.0", "hit");
                firsts.add(client.command("NOOP").code());
            }
        }
        assertThat(firsts).contains(250, 451);
    }

    private List<Integer> withProbability(long seed) {
        faults.clear();
        faults.setSeed(seed).onCommand("NOOP").withProbability(0.5).reply(451, "4.3.0", "hit");
        try (RawSmtpClient client = greeted()) {
            client.send("NOOP\r\n".repeat(40));
            return codes(client, 40);
        }
    }

    @Test
    void greylistingRefusesTheFirstTryOfEachTriple() {
        faults.greylisting();
        try (RawSmtpClient client = greeted()) {
            client.send(lines(
                    "MAIL FROM:<a@b.example>",
                    "RCPT TO:<c@d.example>",
                    "RCPT TO:<c@d.example>",
                    "RCPT TO:<e@d.example>",
                    "RSET",
                    "MAIL FROM:<x@b.example>",
                    "RCPT TO:<c@d.example>"));
            assertThat(codes(client, 7)).containsExactly(250, 451, 250, 451, 250, 250, 451);
        }
    }

    @Test
    void greylistingWantsATryThatIsNotTooEarly() {
        MovableClock clock = new MovableClock();
        faults.setClock(clock).greylisting(Duration.ofMinutes(5));
        try (RawSmtpClient client = greeted()) {
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@d.example>").expect(451);
            client.command("RCPT TO:<c@d.example>").expect(451);
            clock.advance(Duration.ofMinutes(5));
            client.command("RCPT TO:<c@d.example>").expect(250);
        }
    }

    @Test
    void faultsOfADomainLeaveOtherMailAlone() {
        Faults ours = faults.forDomain("t1.example.test");
        ours.onRcpt().matching("full@*").reply(452, "4.2.2", "full");
        ours.onMessage().reply(554, "5.6.0", "no");
        try (RawSmtpClient client = greeted()) {
            client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<full@t2.example.test>\r\n");
            assertThat(codes(client, 2)).containsExactly(250, 250);
            client.command("DATA").expect(354);
            client.send("hi\r\n.\r\n").expect(250);
            client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<full@t1.example.test>\r\nRCPT TO:<x@t1.example.test>\r\n");
            assertThat(codes(client, 3)).containsExactly(250, 452, 250);
            client.command("DATA").expect(354);
            client.send("hi\r\n.\r\n").expect(554);
        }
        assertThatIllegalStateException()
                .isThrownBy(ours::onConnect)
                .withMessageContaining("onConnect() concerns all clients of the server");
        ours.verify();
    }

    // Looking at it

    @Test
    void whatMakesNoSenseIsRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> faults.onRcpt().times(0))
                .withMessage("count is 0; allowed is 1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> faults.onRcpt().withProbability(2))
                .withMessageContaining("probability is 2.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> faults.onData().reply(354, "go on"))
                .withMessageContaining("reply is 354 go on");
    }

    @Test
    void aPredicateThatFailsIsToldToTheTest() {
        faults.onRcpt(address -> {
                    throw new UnsupportedOperationException("oops");
                })
                .reply(450, "4.0.0", "no");
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
        }
        assertThatThrownBy(faults::verify)
                .hasMessageContaining("failed with java.lang.UnsupportedOperationException: oops")
                .hasCauseInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anAssertionThatFailsInAPredicateIsToldToTheTestAndNotToTheClient() {
        faults.onRcpt(address -> {
                    throw new AssertionError("oops");
                })
                .reply(450, "4.0.0", "no");
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
        }
        assertThatThrownBy(faults::verify)
                .hasMessageContaining("failed with java.lang.AssertionError: oops")
                .hasRootCauseMessage("oops");
    }

    @Test
    void ofAFaultIsToBeSaidWhatItDoes() {
        faults.onRcpt(matching("*@slow.test")).times(2);
        assertThatThrownBy(faults::verify)
                .hasMessageContaining("onRcpt().matching(*@slow.test).times(2): it was not said what comes there");
        faults.clear();
        faults.verify();
    }

    @Test
    void dataThatIsRefusedIsNotTheOnlyOne() {
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
            client.command("DATA with an argument").expect(501);
            faults.onData().reply(451, "4.3.0", "not yet");
            client.command("DATA").expect(451);
        }
    }

    @Test
    void awaitingAFaultIsRefusedOnAnEventLoop() {
        Fault fault = faults.onRcpt(address -> {
                    assertThatIllegalStateException()
                            .isThrownBy(() -> faults.declared().get(0).await())
                            .withMessageContaining("must not be called on an event loop");
                    return true;
                })
                .goOn();
        try (RawSmtpClient client = greeted()) {
            client.send(ENVELOPE);
            assertThat(codes(client, 2)).containsExactly(250, 250);
        }
        assertThat(fault.await().hits()).isEqualTo(1);
    }

    @Test
    void anOptionalFaultNeedNotCome() {
        faults.onRcpt().reply(450, "4.2.1", "later").optional();
        faults.verify();
        assertThat(faults.declared()).singleElement().hasToString("onRcpt().reply(450 4.2.1 later)");
    }
}
