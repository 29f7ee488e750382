package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.BodyType;
import io.postern.smtp.Envelope;
import io.postern.smtp.Extension;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestkitTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final RecordingHandler handler = new RecordingHandler();

    @Test
    void aMessageIsKeptWithEnvelopeParametersAndExactContent() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            client.command("MAIL FROM:<Anna@client.example> BODY=8BITMIME").expect(250);
            client.command("RCPT TO:<bob@server.example> NOTIFY=NEVER").expect(250);
            client.command("RCPT TO:<carol@server.example>").expect(250);
            client.command("DATA").expect(354);
            client.send("Subject: dots\r\n\r\n..\r\n..x\r\né\r\n.\r\n").expect(250);

            ReceivedMessage message = handler.await(1, PATIENCE).get(0);
            assertThat(message.mailFrom()).isEqualTo("Anna@client.example");
            assertThat(message.sender().parameters().body()).isEqualTo(BodyType.EIGHTBITMIME);
            assertThat(message.rcptTos()).containsExactly("bob@server.example", "carol@server.example");
            assertThat(message.recipients().get(0).parameters().notifyOn())
                    .hasValueSatisfying(notify -> assertThat(notify).isEmpty());
            assertThat(message.content())
                    .isEqualTo("Subject: dots\r\n\r\n.\r\n.x\r\né\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(message.hostName()).hasValue("client.example");
            assertThat(message.extendedSmtp()).isTrue();
            assertThat(message.ssl()).isFalse();
            assertThat(message.sessionId()).isNotBlank();
        }
    }

    @Test
    void whatWasAskedIsKeptInOrder() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.send("HELO client\r\nNOOP hello\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n");
            assertThat(client.readToEnd().lines()).hasSize(5);
        }
        assertThat(handler.events())
                .containsExactly("CONNECT", "HELO client", "NOOP hello", "MAIL ", "RSET", "QUIT", "DISCONNECT");
    }

    @Test
    void waitingInVainTellsWhatDidArrive() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.send("HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
            for (int code : new int[] {250, 250, 250, 354}) {
                client.expect(code);
            }
            client.send("hi\r\n.\r\n").expect(250);

            assertThatThrownBy(() -> handler.await(2, Duration.ofMillis(1)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("expected 2 messages within PT0.001S, but 1 arrived")
                    .hasMessageContaining("<a@b.example> to [c@d.example], 4 octets")
                    .hasMessageContaining("RCPT c@d.example");
        }
    }

    @Test
    void aHookMayBeOverriddenToRefuse() {
        RecordingHandler refusing = new RecordingHandler() {
            @Override
            public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
                super.handleRcpt(session, envelope, recipient);
                return Future.succeededFuture(Reply.of(550, "5.1.1", "nobody here"));
            }
        };
        try (TestSmtpServer server = TestSmtpServer.start(refusing);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("HELO c").expect(250);
            client.command("MAIL FROM:<a@b.example>").expect(250);
            assertThat(client.command("RCPT TO:<c@d.example>")).hasToString("550 5.1.1 nobody here");
        }
        assertThat(refusing.events()).contains("RCPT c@d.example");
    }

    @Test
    void aServerTakesOptionsAndExtensions() {
        Extension extension = new Extension() {
            @Override
            public Optional<String> verb() {
                return Optional.of("XPING");
            }

            @Override
            public Future<Reply> handle(Session session, Envelope envelope, String argument) {
                return Future.succeededFuture(Reply.of(250, "pong " + argument));
            }
        };
        SmtpServerOptions options =
                new SmtpServerOptions().setHostName("mx.example").setIdent("tested");
        try (TestSmtpServer server = TestSmtpServer.start(handler, options, extension);
                RawSmtpClient client = server.connect()) {
            assertThat(client.readReply()).hasToString("220 mx.example tested");
            assertThat(client.command("XPING you").text()).isEqualTo("2.0.0 pong you");
        }
    }

    @Test
    void anAbortedMessageIsNoMessage() {
        try (TestSmtpServer server = TestSmtpServer.start(handler)) {
            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                client.command("HELO c").expect(250);
                client.command("MAIL FROM:<a@b.example>").expect(250);
                client.command("RCPT TO:<c@d.example>").expect(250);
                client.command("DATA").expect(354);
                client.send("half a line");
            }
        } // closing waits for the connection
        assertThat(handler.messages()).isEmpty();
        assertThat(handler.events()).anySatisfy(event -> assertThat(event).startsWith("ABORTED"));
    }

    @Test
    void aClosedServerRefusesConnections() {
        TestSmtpServer server = TestSmtpServer.start(handler);
        int port = server.port();
        server.close();
        assertThatThrownBy(() -> RawSmtpClient.connect("127.0.0.1", port)).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void anUnexpectedReplyIsShown() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            assertThatThrownBy(() -> client.command("MAIL FROM:<a@b.example>").expect(250))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining(Replies.SEND_HELLO_FIRST.toString());
        }
    }

    @Test
    void aReplyOfSeveralLinesIsReadWhole() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.sendInPieces("EHLO client.example\r\n".getBytes(StandardCharsets.UTF_8), 1);
            WireReply reply = client.expect(250);
            assertThat(reply.lines()).startsWith("mx.example.test").contains("PIPELINING", "8BITMIME");
        }
    }

    @Test
    void aSilentServerFailsTheClientInTime() {
        try (TestSmtpServer server = TestSmtpServer.start(handler);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.setTimeout(Duration.ofMillis(50));
            assertThatThrownBy(client::readReply)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("the server sent nothing for PT0.05S");
        }
    }
}
