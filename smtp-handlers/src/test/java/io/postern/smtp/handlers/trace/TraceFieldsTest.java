package io.postern.smtp.handlers.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TraceFieldsTest {

    private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");

    /** Answers a message with the Received field that it would get. */
    private static final class Tracing implements SmtpHandler {

        String field = "";

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            field = TraceFields.received(session, envelope, "id-1", TIME);
            return Future.succeededFuture(Replies.MESSAGE_ACCEPTED);
        }
    }

    private static String received(SmtpServerOptions options, String... commands) {
        Tracing handler = new Tracing();
        try (TestSmtpServer server = TestSmtpServer.start(handler, options.setHostName("mx.example.org"));
                RawSmtpClient client = server.connect()) {
            client.readReply();
            for (String command : commands) {
                client.command(command);
            }
            client.command("DATA");
            return handler.field;
        }
    }

    @Test
    void itSaysFromWhomByWhomAndWhen() {
        assertThat(received(
                        new SmtpServerOptions(),
                        "EHLO client.example",
                        "MAIL FROM:<a@example.org>",
                        "RCPT TO:<b@example.org>"))
                .isEqualTo(String.join(
                        "\r\n",
                        "Received: from client.example ([127.0.0.1])",
                        "\tby mx.example.org with ESMTP",
                        "\tid id-1",
                        "\tfor <b@example.org>;",
                        "\tWed, 4 Mar 2026 05:06:07 +0000",
                        ""));
    }

    @Test
    void withSeveralRecipientsItNamesNone() {
        assertThat(received(
                        new SmtpServerOptions(),
                        "EHLO client.example",
                        "MAIL FROM:<a@example.org>",
                        "RCPT TO:<b@example.org>",
                        "RCPT TO:<c@example.org>"))
                .contains("\tid id-1;\r\n")
                .doesNotContain("for <");
    }

    @Test
    void theProtocolIsThatOfRfc3848() {
        assertThat(received(
                        new SmtpServerOptions(), "HELO client", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>"))
                .contains(" with SMTP\r\n");
        assertThat(received(
                        new SmtpServerOptions().setLmtp(true),
                        "LHLO client",
                        "MAIL FROM:<a@example.org>",
                        "RCPT TO:<b@example.org>"))
                .contains(" with LMTP\r\n");
        assertThat(received(
                        new SmtpServerOptions(),
                        "EHLO client",
                        "MAIL FROM:<a@example.org> SMTPUTF8",
                        "RCPT TO:<b@example.org>"))
                .contains(" with UTF8SMTP\r\n");
    }
}
