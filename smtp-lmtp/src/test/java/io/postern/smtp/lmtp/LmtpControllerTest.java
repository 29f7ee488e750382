package io.postern.smtp.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.controller.EmbeddedSmtpController;
import io.postern.smtp.controller.SmtpController;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Controllers know nothing of LMTP, and serve it. */
class LmtpControllerTest {

    private static final SmtpServerOptions OPTIONS =
            new SmtpServerOptions().setHost("127.0.0.1").setPort(0).setHostName("store.example.org");

    private static final SmtpHandler HANDLER = new SmtpHandler() {
        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            body.handler(content -> {});
            return Future.succeededFuture(Replies.MESSAGE_ACCEPTED);
        }
    };

    private static void assertServesLmtp(int port) throws IOException {
        try (Client client = new Client(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            assertThat(client.lines(1)).containsExactly("220 store.example.org LMTP Postern");
            assertThat(client.ask("EHLO client.example.org")).containsExactly(Replies.UNKNOWN_COMMAND.toString());
            assertThat(client.ask("LHLO client.example.org")).startsWith("250-store.example.org");
            client.ask("MAIL FROM:<anne@example.org>");
            client.ask("RCPT TO:<bart@example.org>");
            client.ask("RCPT TO:<carl@example.org>");
            client.ask("DATA");
            String accepted = Replies.MESSAGE_ACCEPTED.toString();
            assertThat(client.send("Hi!\r\n.\r\n").lines(2)).containsExactly(accepted, accepted);
        }
    }

    @Test
    void aControllerServesLmtpByAnOption() throws Exception {
        try (SmtpController controller = SmtpController.create(HANDLER, new SmtpServerOptions(OPTIONS).setLmtp(true))) {
            controller.readyTimeout(Duration.ofMinutes(1)).start();
            assertServesLmtp(controller.port());
        }
    }

    @Test
    void aControllerServesLmtpByItsVerticle() throws Exception {
        class LmtpController extends SmtpController {
            LmtpController() {
                super(() -> HANDLER, OPTIONS);
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new LmtpServerVerticle(handlers, options);
            }
        }
        try (LmtpController controller = new LmtpController()) {
            controller.readyTimeout(Duration.ofMinutes(1)).start();
            assertServesLmtp(controller.port());
        }
    }

    @Test
    void anEmbeddedControllerServesLmtpByItsVerticle() throws Exception {
        Vertx vertx = Vertx.vertx();
        class LmtpController extends EmbeddedSmtpController {
            LmtpController() {
                super(vertx, () -> HANDLER, OPTIONS);
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new LmtpServerVerticle(handlers, options);
            }
        }
        try {
            LmtpController controller = new LmtpController();
            controller.begin().await(60, TimeUnit.SECONDS);
            assertServesLmtp(controller.port());
        } finally {
            vertx.close().await(60, TimeUnit.SECONDS);
        }
    }
}
