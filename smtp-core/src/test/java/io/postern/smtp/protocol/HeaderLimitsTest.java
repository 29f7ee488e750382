package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Covers;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is looked at in the header of a message; each rule holds for DATA and BDAT, for SMTP and LMTP. */
class HeaderLimitsTest {

    private static final String ACCEPTED = "250 2.6.0 Message accepted for delivery";
    private static final String TOO_LARGE = "552 5.3.4 Error: message header too large";
    private static final String TOO_MANY_HOPS = "554 5.4.6 Error: too many hops, this may be a loop";

    /** A way for a message to come: who takes it, and the transcript that hands it over. */
    record Way(String name, Supplier<EngineHarness> server, UnaryOperator<String> command) {

        /** Sends a message, in which CR LF ends each line, and expects one reply for each recipient. */
        RecordingOutput send(UnaryOperator<EngineHarness> limits, String message, String reply) {
            EngineHarness harness = limits.apply(server.get()).afterRcpt();
            return harness.plays(command.apply(message) + "S: " + reply + "\n");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static String data(String message) {
        return "C: DATA\nS: 354 ...\nc: " + inTranscript(message) + "\nC: .\n";
    }

    private static String chunk(String message) {
        return "C: BDAT " + message.length() + " LAST\nc: " + inTranscript(message) + "\n";
    }

    private static String inTranscript(String message) {
        return message.replace("\r", "<CR>").replace("\n", "<LF>").replace(" ", "<x20>");
    }

    private static final Way SMTP_DATA = new Way("SMTP, DATA", EngineHarness::smtp, HeaderLimitsTest::data);

    static Stream<Way> ways() {
        return Stream.of(
                SMTP_DATA,
                new Way("SMTP, BDAT", EngineHarness::smtp, HeaderLimitsTest::chunk),
                new Way("LMTP, DATA", EngineHarness::lmtp, HeaderLimitsTest::data),
                new Way("LMTP, BDAT", EngineHarness::lmtp, HeaderLimitsTest::chunk));
    }

    @ParameterizedTest
    @MethodSource("ways")
    @Covers("RFC 5321 §4.5.3.1.7")
    void aHeaderMayBeAsLargeAsTheLimitAndNotOneOctetLarger(Way way) {
        String header = "Subject: hi\r\nTo: me\r\n";
        String message = header + "\r\n" + "a line of the body\r\n".repeat(10);
        RecordingOutput output = way.send(harness -> harness.headerSize(header.length()), message, ACCEPTED);
        assertThat(output.messages()).containsExactly(message);
        output = way.send(harness -> harness.headerSize(header.length() - 1), message, TOO_LARGE);
        assertThat(output.messages()).isEmpty();
        assertThat(output.failures()).isOne();
        assertThat(output.isClosed()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aHeaderWithoutEndIsLimitedToo(Way way) {
        way.send(harness -> harness.headerSize(20), "Subject: " + "x".repeat(100) + "\r\n", TOO_LARGE);
        way.send(harness -> harness.headerSize(20), "A: b\r\n folded\r\n\tand more\r\n", TOO_LARGE);
        way.send(harness -> harness.headerSize(0), "A: b\r\n folded\r\n\tand more\r\n", ACCEPTED);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aMessageWithoutHeaderHasNoneThatIsTooLarge(Way way) {
        way.send(harness -> harness.headerSize(5), "hello world, what a day\r\n".repeat(3), ACCEPTED);
        way.send(harness -> harness.headerSize(5), "\r\nA: b and so on\r\n", ACCEPTED);
        way.send(harness -> harness.headerSize(5), "A:b\r\n:nothing and so on\r\n", ACCEPTED);
    }

    @ParameterizedTest
    @MethodSource("ways")
    @Covers("RFC 5321 §6.3")
    void aMessageMayHaveAsManyHopsAsTheLimitAndNotOneMore(Way way) {
        String hop = "Received: from a by b\r\n";
        String rest = "Subject: hi\r\n\r\n" + hop.repeat(3);
        way.send(harness -> harness.hops(2), hop.repeat(2) + rest, ACCEPTED);
        RecordingOutput output = way.send(harness -> harness.hops(2), hop.repeat(3) + rest, TOO_MANY_HOPS);
        assertThat(output.messages()).isEmpty();
        assertThat(output.failures()).isOne();
        way.send(harness -> harness.hops(0), hop.repeat(150) + rest, ACCEPTED);
        way.send(harness -> harness, hop.repeat(100) + rest, ACCEPTED);
        way.send(harness -> harness, hop.repeat(101) + rest, TOO_MANY_HOPS);
    }

    static Stream<Arguments> fields() {
        return Stream.of("Received: a", "received: a", "RECEIVED:", "rEcEiVeD:a:b")
                .map(field -> Arguments.of(field, true));
    }

    static Stream<Arguments> otherFields() {
        return Stream.of(
                        "Received-SPF: pass",
                        "XReceived: a",
                        "X-Received: a",
                        "Receive: a",
                        "Received_: a",
                        "Subject: Received:",
                        "Subject: a\r\n Received: a",
                        "Subject: a\r\n\tReceived: a",
                        "Received!: a")
                .map(field -> Arguments.of(field, false));
    }

    @ParameterizedTest
    @MethodSource({"fields", "otherFields"})
    @Covers("RFC 5321 §6.3")
    void onlyReceivedFieldsAreHops(String field, boolean isHop) {
        String message = (field + "\r\n").repeat(2) + "\r\n";
        for (Way way : ways().toList()) {
            way.send(harness -> harness.hops(1), message, isHop ? TOO_MANY_HOPS : ACCEPTED);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theReplyToAMessageWithSeveralFaultsDoesNotDependOnTheCut(Way way) {
        String hops = "Received: a\r\n".repeat(3);
        UnaryOperator<EngineHarness> limits =
                harness -> harness.hops(1).headerSize(30).textLine(40).messageSize(0);
        way.send(limits, hops + "\r\n", TOO_LARGE);
        way.send(limits, hops + "x: " + "y".repeat(50) + "\r\n", TOO_LARGE);
        way.send(limits, "x: " + "y".repeat(50) + "\r\n" + hops, TOO_LARGE);
        way.send(limits, "a:\nb:\r\n" + hops + "\r\n", TOO_LARGE);
        way.send(limits, "Received:\r\nReceived:\r\n\r\na\nb\r\n", TOO_MANY_HOPS);
        way.send(
                limits.andThen(harness -> harness.messageSize(50))::apply,
                hops + "y".repeat(50) + "\r\n",
                "552 5.3.4 Error: Too much mail data");
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aHeaderWithBareLineFeedsIsLimitedWhereTheyAreAllowed(Way way) {
        for (BareNewlines policy : new BareNewlines[] {BareNewlines.ALLOW, BareNewlines.NORMALIZE}) {
            way.send(
                    harness -> harness.bareNewlines(policy).hops(1),
                    "Received: a\nReceived: b\n\nhello\r\n",
                    TOO_MANY_HOPS);
            way.send(harness -> harness.bareNewlines(policy).hops(1), "Received: a\n\nReceived: b\r\n", ACCEPTED);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void anEarlyAnswerOfTheApplicationDoesNotHideALoop(Way way) {
        way.send(
                harness -> harness.answersMessageAfter(0).hops(1), "Received: a\r\n".repeat(2) + "\r\n", TOO_MANY_HOPS);
    }

    @Test
    void aHeaderMayComeInSeveralChunks() {
        for (EngineHarness harness : List.of(smtp(), lmtp())) {
            harness.hops(1).afterRcpt().plays("""
                    C: BDAT 20
                    C: Received: abc
                    c: Recei
                    S: 250 2.0.0 20 octets received
                    C: BDAT 12 LAST
                    C: ved: abc
                    C:
                    S: 554 5.4.6 Error: too many hops, this may be a loop
                    """);
        }
    }

    @Test
    void aChunkThatMakesTheHeaderTooLargeIsRefusedAndSoAreThoseBehindIt() {
        smtp().headerSize(10).afterRcpt().plays("""
                C: BDAT 14
                C: Subject: abc
                S: 552 5.3.4 Error: message header too large
                C: BDAT 4 LAST
                C: hi
                S: 503 5.5.1 Error: need MAIL command
                """);
    }

    @Test
    @Covers("RFC 2033 §4.2")
    void lmtpRefusesALoopForEachRecipient() {
        lmtp().hops(1).afterRcpt().plays("""
                C: RCPT TO:<two@postern.example>
                S: 250 2.1.5 OK
                C: DATA
                S: 354 ...
                C: Received: a
                C: Received: b
                C:
                C: .
                S: 554 5.4.6 Error: too many hops, this may be a loop
                S: 554 5.4.6 Error: too many hops, this may be a loop
                """);
    }

    @Test
    @Covers("RFC 3030 §3")
    void aBinaryMessageIsLookedAtToo() {
        smtp().hops(1).afterRcpt("BODY=BINARYMIME").plays("""
                C: BDAT 26 LAST
                C: Received: a
                C: Received: b
                S: 554 5.4.6 Error: too many hops, this may be a loop
                """);
    }
}
