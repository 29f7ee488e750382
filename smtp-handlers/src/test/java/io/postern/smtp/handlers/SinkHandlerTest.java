package io.postern.smtp.handlers;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.SmtpHandlerTester;
import io.postern.smtp.testkit.TestSmtpServer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SinkHandlerTest {

    private static final String ACCEPTED = Replies.MESSAGE_ACCEPTED.toString();

    @Test
    void aMessageIsAcceptedWhenItIsWhole() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new SinkHandler());
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("Subject: x\n\nbody\n")).isEqualTo(ACCEPTED);
            assertThat(client.message("")).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void aChunkedMessageIsAccepted() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new SinkHandler());
                WireClient client = new WireClient(tester)) {
            client.say("MAIL FROM:<from@example.org>");
            client.say("RCPT TO:<to@example.org>");
            client.send("BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n");
            assertThat(client.reply()).startsWith("250 ");
            assertThat(client.reply()).isEqualTo(ACCEPTED);
        }
    }

    // more than the server drops of a message after an early answer
    @Test
    void aMessageOfAnySizeIsReadToItsEndAndTheSessionGoesOn() {
        byte[] lines = "0123456789012345678901234567890123456789012345678901234567890\r\n"
                .repeat(16_384)
                .getBytes(StandardCharsets.US_ASCII);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                        new SinkHandler(), TestSmtpServer.defaultOptions().setDataSizeLimit(0));
                WireClient client = new WireClient(tester)) {
            client.begin("", "<to@example.org>");
            for (int i = 0; i < 100; i++) {
                client.wire().send(lines);
            }
            assertThat(client.say(".")).isEqualTo(ACCEPTED);
            assertThat(client.say("NOOP")).isEqualTo(Replies.OK.toString());
        }
    }

    @Test
    void messagesThatAreDroppedAreNotHeld() {
        SmtpServerOptions options = TestSmtpServer.defaultOptions().setMaxBytesInFlight(1_000);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new SinkHandler(), options);
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x\n".repeat(100_000))).isEqualTo(ACCEPTED);
        }
    }
}
