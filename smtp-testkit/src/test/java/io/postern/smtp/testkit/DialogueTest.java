package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DialogueTest {

    private final RecordingHandler handler = new RecordingHandler();
    private final TestSmtpServer server = TestSmtpServer.start(handler);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aDialogueIsLedToItsEnd() {
        Dialogue.parse("""
                # what a client says first
                S: 220 mx.example.test *
                C: EHLO client.example
                S: 250-mx.example.test
                S: 250-*
                S: ...

                C: MAIL FROM:<a@b.example>
                C: RCPT TO:<c@d.example>
                C: DATA
                S: 250 2.1.0 OK
                S: 2xx
                S: 354
                C: Subject: \\x48i\\r\\n\\r\\n\\
                C: .
                S: 250
                C: QUIT
                S: 221
                S: <closed>
                """).withCuts(server::connect);

        assertThat(handler.await(4, Duration.ofSeconds(10)))
                .extracting(ReceivedMessage::text)
                .containsOnly("Subject: Hi\r\n\r\n");
    }

    @Test
    void anotherAnswerIsToldWithTheDialogueUntilThen() {
        Dialogue dialogue = Dialogue.parse("S: 220\nC: NOOP\nS: 5xx\n");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> dialogue.with(server.connect()))
                .withMessageContaining("line 3: expected \"5xx\", but got \"250 2.0.0 OK\"")
                .withMessageContaining("C: NOOP\nS: 250 2.0.0 OK");
    }

    @Test
    void aLineThatIsMissingIsTold() {
        Dialogue more = Dialogue.parse("S: 220\nC: NOOP\nS: 250-*\n");
        Dialogue tooEarly = Dialogue.parse("S: 220 *\nC: EHLO client.example\nS: 250-*\nC: NOOP\nS: 250\n");

        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> more.with(server.connect()));
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> tooEarly.with(server.connect()));
    }

    @Test
    void aConnectionThatStaysOpenIsNotClosed() {
        Dialogue dialogue = Dialogue.parse("S: 220\nS: <closed>\n");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> dialogue.with(server.connect().setTimeout(Duration.ofMillis(100))))
                .withMessageStartingWith("line 2: expected \"<closed>\", but ")
                .withMessageEndingWith("so far:\nS: 220 mx.example.test ESMTP Postern\n");
    }

    @Test
    void whatIsNoDialogueIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialogue.parse("S: 220\nHELO"))
                .withMessage("line 2 is \"HELO\"; a line of a dialogue begins with C: or S:");
        Dialogue encrypted = Dialogue.parse("S: 220\nC: <tls>\n");
        assertThatIllegalStateException().isThrownBy(() -> encrypted.with(server.connect()));
    }

    @Test
    void linesOfTheLastReplyThatWereNotExpectedAreTold() {
        Dialogue atTheEnd = Dialogue.parse("S: 220\nC: EHLO client.example\nS: 250-mx.example.test\n");
        Dialogue inBetween =
                Dialogue.parse("S: 220\nC: EHLO client.example\nS: 250-mx.example.test\nC: QUIT\nS: 221\n");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> atTheEnd.with(server.connect()))
                .withMessageStartingWith("the end: the reply before has more lines than were expected: [250-PIPELINING")
                .withMessageContaining("C: EHLO client.example\nS: 250-mx.example.test");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> inBetween.with(server.connect()))
                .withMessageStartingWith("line 4: the reply before has more lines");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "S: ...",
                "S: ...\nS: 220",
                "S: 220\nS: ...",
                "S: 220 *\nC: NOOP\nS: ...",
                "S: 220 *\nS: ...\nS: ..."
            })
    void furtherLinesAreThoseOfAReplyThatHasBegun(String script) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialogue.parse(script))
                .withMessageEndingWith("is \"S: ...\"; it stands behind a line of a reply");
    }

    @Test
    void aDialogueWithoutLinesIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialogue.parse("# nothing\n\n"))
                .withMessage("the dialogue is empty; allowed is one line or more");
    }

    @Test
    void aReplyThatNobodyHasAskedForIsWaitedForAndMissed() {
        Dialogue dialogue = Dialogue.parse("S: 220\nS: 250\n");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> dialogue.with(server.connect().setTimeout(Duration.ofMillis(100))))
                .withMessageContaining("line 2: expected \"250\", but");
    }

    /** Looks at the writes of a client. */
    private record Watched(Wire wire, List<String> writes) implements Wire {

        @Override
        public int write(ByteBuffer output, Duration patience) throws IOException {
            String written = StandardCharsets.UTF_8.decode(output.duplicate()).toString();
            int count = wire.write(output, patience);
            writes.add(written);
            return count;
        }

        @Override
        public int read(ByteBuffer input, Duration patience) throws IOException {
            return wire.read(input, patience);
        }

        @Override
        public void shutdownOutput() throws IOException {
            wire.shutdownOutput();
        }

        @Override
        public void reset() throws IOException {
            wire.reset();
        }

        @Override
        public void close() throws IOException {
            wire.close();
        }
    }

    private List<String> writes(Dialogue dialogue) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(server.host(), server.port()));
        List<String> writes = new ArrayList<>();
        dialogue.with(RawSmtpClient.over(new Watched(new PlainWire(channel), writes)));
        return writes;
    }

    @Test
    void aCutIsWhereItIsAskedFor() throws IOException {
        Dialogue dialogue = Dialogue.parse("S: 220\nC: NOOP\nC: NOOP\nS: 250\nS: 250\nC: QUIT\nS: 221\n");

        assertThat(dialogue.octets()).isEqualTo(18);
        assertThat(writes(dialogue)).containsExactly("NOOP\r\nNOOP\r\n", "QUIT\r\n");
        assertThat(writes(dialogue.cut(1))).containsExactly("N", "OOP\r\nNOOP\r\n", "QUIT\r\n");
        assertThat(writes(dialogue.cut(5))).containsExactly("NOOP\r", "\nNOOP\r\n", "QUIT\r\n");
        assertThat(writes(dialogue.cut(12))).containsExactly("NOOP\r\nNOOP\r\n", "QUIT\r\n");
        assertThat(writes(dialogue.cut(17))).containsExactly("NOOP\r\nNOOP\r\n", "QUIT\r", "\n");
        assertThat(writes(dialogue.pieces(4))).containsExactly("NOOP", "\r\nNO", "OP\r\n", "QUIT", "\r\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> dialogue.cut(18))
                .withMessage("octets is 18; allowed is 1 to 17");
        assertThatIllegalArgumentException().isThrownBy(() -> dialogue.cut(0));
        assertThatIllegalArgumentException().isThrownBy(() -> dialogue.pieces(0));
    }

    @Test
    void aFailureSaysWhichCutItWas() {
        Dialogue dialogue = Dialogue.parse("S: 220\nC: NOOP\nS: 5xx\n");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> dialogue.withEveryCut(server::connect))
                .withMessageStartingWith("cut behind octet 1, line 3: expected \"5xx\"");
        AtomicInteger connections = new AtomicInteger();
        Dialogue onlyWhole = Dialogue.parse("S: 220\nC: NOOP\nS: 250\nC: QUIT\nS: 221\n");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> onlyWhole.withCuts(() -> {
                    RawSmtpClient client = server.connect();
                    if (connections.incrementAndGet() == 3) {
                        client.readReply();
                        client.setTimeout(Duration.ofMillis(100));
                    }
                    return client;
                }))
                .withMessageStartingWith("cut in pieces of 2, line 1: expected \"220\", but ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"S: 554", "C: \\n\\\nS: 554"})
    void aDialogueThatCannotBeCutIsLedAllTheSame(String script) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> Dialogue.parse(script).withEveryCut(server::connect))
                .withMessageContaining("expected \"554\", but got \"220");
    }

    /** Says what it is told to, whatever it hears. */
    private record Deaf(ByteBuffer says) implements Wire {

        static RawSmtpClient client(String says) {
            return RawSmtpClient.over(new Deaf(StandardCharsets.US_ASCII.encode(says)));
        }

        @Override
        public int write(ByteBuffer output, Duration patience) {
            int count = output.remaining();
            output.position(output.limit());
            return count;
        }

        @Override
        public int read(ByteBuffer input, Duration patience) {
            int count = Math.min(says.remaining(), input.remaining());
            input.put(says.slice().limit(count));
            says.position(says.position() + count);
            return count == 0 ? -1 : count;
        }

        @Override
        public void shutdownOutput() {}

        @Override
        public void reset() {}

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @CsvSource({
        "'nonsense', 'line 3: not a line of a reply: \"nonsense\"'",
        "'250-one\r\n251 two', 'line 3: not a line of a reply: \"251 two\"'",
        "'', 'line 3: expected \"250\", but java.io.EOFException: the server closed the connection'"
    })
    void whatIsNoReplyIsToldWithTheDialogueUntilThen(String says, String told) {
        RawSmtpClient client = Deaf.client("220 hi\r\n" + (says.isEmpty() ? "" : says + "\r\n"));

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> Dialogue.parse("S: 220\nC: NOOP\nS: 250\n").with(client))
                .withMessageStartingWith(told)
                .withMessageEndingWith("so far:\nS: 220 hi\nC: NOOP\n");
    }

    @Test
    void whatComesBeforeTheHandshakeIsNotTakenForEncrypted() throws NoSuchAlgorithmException {
        Dialogue dialogue = Dialogue.parse("S: 220\nC: STARTTLS\nS: 220\nC: <tls>\nC: NOOP\nS: 250\n")
                .encrypted(SSLContext.getDefault());

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> dialogue.with(Deaf.client("220 hi\r\n220 go\r\n250 injected\r\n")))
                .withMessageStartingWith("line 4: there is more to be read before TLS");
    }

    @Test
    void aServerThatNeverComesToAnEndIsLeft() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(Deaf.client("250-more\r\n".repeat(1_001))::readReply)
                .withMessageStartingWith("a reply of more than 1000 lines");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(Deaf.client("x".repeat((1 << 20) + 1))::readToEnd)
                .withMessageStartingWith("the server sent 1048576 octets and more");
        assertThat(Deaf.client("x".repeat(1 << 20)).readToEnd()).hasSize(1 << 20);
    }

    @Test
    void whatWasSaidIsGivenAndLongLinesAreShownWithoutHalfCharacters() {
        String smile = "\uD83D\uDE00";
        String line = "NOOP " + "a".repeat(150);
        Dialogue dialogue = Dialogue.parse("S: 220\nC: " + line + smile.repeat(60) + "\nS: xxx\nC: QUIT\nS: 221 *\n");

        String said = dialogue.with(server.connect());

        assertThat(said.lines())
                .containsExactly(
                        "S: 220 mx.example.test ESMTP Postern",
                        "C: " + line + smile.repeat(42) + "...",
                        "S: 250 2.0.0 OK",
                        "C: QUIT",
                        "S: 221 2.0.0 Bye");
    }

    @ParameterizedTest
    @CsvSource({
        "'\uD83D\uDE00\\', 'f0 9f 98 80'",
        "'a', '61 0d 0a'",
        "'\\', ''",
        "'\\r\\x00\\', '0d 00'",
        "'\\\\', '5c 0d 0a'",
        "'\u00fc\\', 'c3 bc'"
    })
    void escapesStandForOctets(String text, String octets) {
        StringBuilder hex = new StringBuilder();
        for (byte octet : octets(text)) {
            hex.append(hex.isEmpty() ? "" : " ").append(String.format("%02x", octet));
        }
        assertThat(hex.toString()).isEqualTo(octets);
        assertThat(new String(octets("x"), StandardCharsets.US_ASCII)).isEqualTo("x\r\n");
    }

    private static byte[] octets(String text) {
        return DialogueLine.parse(1, "C: " + text).octets();
    }

    @ParameterizedTest
    @CsvSource({"'\\q', '\\q'", "'\\x', '\\x'", "'\\x1', '\\x1'", "'\\x+1', '\\x+1'", "'a \\xg0 b', '\\xg0'"})
    void whatStandsForNoOctetIsRefusedWhenTheScriptIsRead(String text, String told) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialogue.parse("S: 220\nC: " + text + "\n"))
                .withMessageStartingWith("line 2 has \"" + told + "\" in it; allowed are \\r, ");
    }
}
