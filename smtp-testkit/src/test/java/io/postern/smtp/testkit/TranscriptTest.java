package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.Transcript.Line;
import io.postern.smtp.testkit.Transcript.Side;
import io.postern.smtp.testkit.faults.Fault;
import io.vertx.core.Future;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TranscriptTest {

    private final TestCertificate certificate = TestCertificate.create();
    private final RecordingHandler handler = new RecordingHandler();
    private final TestSmtpServer server = TestSmtpServer.start(
            handler,
            new SmtpServerOptions().setHostName("mx.example.test").setTls(certificate.serverOptions()),
            made -> SaslMechanism.passwords(
                            (password, context) -> Future.succeededFuture(Optional.of(Identity.of("anne"))))
                    .forEach(made::addMechanism));

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aMessageKnowsWhatWasSaidWithoutSecretsAndWithoutItsContent() {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            client.command("STARTTLS").expect(220);
            client.startTls(certificate.sslContext());
            client.command("EHLO client.example").expect(250);
            client.command("AUTH PLAIN AGEAc2VjcmV0").expect(235);
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@d.example>").expect(250);
            client.command("DATA").expect(354);
            client.send("very private\r\n.\r\n").expect(250);
        }
        Transcript transcript = handler.messages().get(0).transcript();

        assertThat(transcript.lines().stream()
                        .map(Line::toString)
                        .filter(line -> !line.startsWith("S: 250-") && !line.matches("S: 250 [A-Z0-9 ]+")))
                .containsExactly(
                        "S: 220 mx.example.test ESMTP Postern",
                        "C: EHLO client.example",
                        "C: STARTTLS",
                        "S: 220 2.0.0 Ready to start TLS",
                        "-- TLSv1.3",
                        "C: EHLO client.example",
                        "C: AUTH ***",
                        "S: 235 2.7.0 Authentication successful",
                        "C: MAIL FROM:<a@b.example>",
                        "S: 250 2.1.0 OK",
                        "C: RCPT TO:<c@d.example>",
                        "S: 250 2.1.5 OK",
                        "C: DATA",
                        "S: 354 End data with <CR><LF>.<CR><LF>",
                        "-- a message of 14 octets");
        assertThat(transcript.toString()).doesNotContain("private").doesNotContain("AGEA");
        assertThat(transcript.lines()).isSortedAccordingTo((a, b) -> a.at().compareTo(b.at()));
    }

    @Test
    void sessionsThatDeliveredNothingHaveOneToo() {
        server.faults().onMail().reply(451, "4.3.0", "no");
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("HELO c").expect(250);
            client.command("MAIL FROM:<a@b.example>").expect(451);
        }
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
        }
        assertThat(server.transcripts()).hasSize(2);
        assertThat(server.transcripts().get(0).toString())
                .contains("C: MAIL FROM:<a@b.example>\n-- onMail().reply(451 4.3.0 no)\nS: 451 4.3.0 no");
    }

    @Test
    void theFirstLinesAreKeptAndTheOthersCounted() {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            int commands = Transcript.MAX_LINES;
            client.send("NOOP\r\n".repeat(commands));
            for (int i = 0; i < commands; i++) {
                client.expect(250);
            }
            client.command("QUIT").expect(221);
            client.readToEnd();
        }
        server.close();
        Transcript transcript = server.transcripts().get(0);
        assertThat(transcript.lines()).hasSize(Transcript.MAX_LINES);
        assertThat(transcript.lines().get(0).side()).isEqualTo(Side.SERVER);
        // the greeting, commands and replies, QUIT and its reply, the end
        assertThat(transcript.omitted()).isEqualTo(1 + 2 * Transcript.MAX_LINES + 2 + 1 - Transcript.MAX_LINES);
        assertThat(transcript.toString()).endsWith("\n-- " + transcript.omitted() + " more lines");
    }

    @Test
    void whoGoesAwayInAMessageIsSeen() {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("HELO c").expect(250);
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@d.example>").expect(250);
            client.command("DATA").expect(354);
            Fault content = server.faults().onBody().goOn();
            client.send("half\r\n\r\nof it\r\n");
            content.await();
        }
        server.close();
        assertThat(server.transcripts().get(0).toString())
                .containsPattern("-- cut off after \\d+ octets of a message\n" + "-- disconnected$");
    }
}
