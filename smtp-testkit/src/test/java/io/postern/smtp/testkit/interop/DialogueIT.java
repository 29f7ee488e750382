package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.Dialogue;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.SmtpHandlerTester;
import io.postern.smtp.testkit.TestSmtpServer;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One script, led with our server in memory and on a socket, and with servers of another make. */
@Timeout(60)
class DialogueIT {

    private static final Dialogue DIALOGUE = Dialogue.parse("""
            S: 220 *
            C: EHLO client.example
            S: 250-*
            S: ...
            C: RCPT TO:<c@d.example>
            S: 503
            C: MAIL FROM:<a@b.example>
            S: 250
            C: RCPT TO:<c@d.example>
            S: 250
            C: DATA
            S: 354 *
            C: Subject: cut anywhere
            C:
            C: ..
            C: .
            S: 250
            C: RSET
            S: 250
            C: QUIT
            S: 221
            S: <closed>
            """);

    private static void leadWith(Supplier<RawSmtpClient> connect) {
        DIALOGUE.withCuts(connect);
        DIALOGUE.withEveryCut(connect);
    }

    @Test
    void ourServerInMemory() {
        RecordingHandler handler = new RecordingHandler();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            leadWith(tester::connect);
        }
        requireEachTheSame(handler);
    }

    @Test
    void ourServer() {
        RecordingHandler handler = new RecordingHandler();
        try (TestSmtpServer server = TestSmtpServer.start(handler)) {
            leadWith(server::connect);
        }
        requireEachTheSame(handler);
    }

    private static void requireEachTheSame(RecordingHandler handler) {
        assertThat(handler.messages())
                .hasSize(4 + DIALOGUE.octets() - 1)
                .allMatch(message -> message.text().equals("Subject: cut anywhere\r\n\r\n.\r\n"));
    }

    @Test
    void aiosmtpd() throws Exception {
        int port = Started.freePort();
        List<String> command =
                List.of(Tool.find("aiosmtpd"), "-n", "-c", "aiosmtpd.handlers.Sink", "-l", "127.0.0.1:" + port);
        try (Started server = new Started(command, port)) {
            leadWith(() -> RawSmtpClient.connect("127.0.0.1", server.port()));
        }
    }

    @Test
    void smtpSinkOfPostfix() throws Exception {
        int port = Started.freePort();
        List<String> command = List.of(Tool.find("smtp-sink"), "-u", "nobody", "127.0.0.1:" + port, "10");
        try (Started server = new Started(command, port)) {
            leadWith(() -> RawSmtpClient.connect("127.0.0.1", server.port()));
        }
    }
}
