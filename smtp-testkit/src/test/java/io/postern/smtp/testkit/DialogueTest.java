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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

        assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> dialogue.with(server.connect().setTimeout(Duration.ofMillis(100))));
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
                .withMessageStartingWith("before the end, the reply has more lines than were expected: [250-PIPELINING")
                .withMessageContaining("C: EHLO client.example\nS: 250-mx.example.test");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> inBetween.with(server.connect()))
                .withMessageStartingWith("before line 4, the reply has more lines");
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
                .withMessageStartingWith("cut behind 1 octets, line 3: expected \"5xx\"");
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
        for (byte octet : Dialogue.octets(text)) {
            hex.append(hex.isEmpty() ? "" : " ").append(String.format("%02x", octet));
        }
        assertThat(hex.toString()).isEqualTo(octets);
        assertThat(new String(Dialogue.octets("x"), StandardCharsets.US_ASCII)).isEqualTo("x\r\n");
    }
}
