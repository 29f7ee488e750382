package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource({"'a', '61 0d 0a'", "'\\', ''", "'\\r\\x00\\', '0d 00'", "'\\\\', '5c 0d 0a'", "'\u00fc\\', 'c3 bc'"})
    void escapesStandForOctets(String text, String octets) {
        StringBuilder hex = new StringBuilder();
        for (byte octet : Dialogue.octets(text)) {
            hex.append(hex.isEmpty() ? "" : " ").append(String.format("%02x", octet));
        }
        assertThat(hex.toString()).isEqualTo(octets);
        assertThat(new String(Dialogue.octets("x"), StandardCharsets.US_ASCII)).isEqualTo("x\r\n");
    }
}
