package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.routing.HandlerChain;
import io.postern.smtp.handlers.routing.RecipientRouter;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Maildir behind other handlers, and in sessions that do not wait for it. */
@Timeout(60)
class MaildirSessionTest {

    private static final String TEXT = "Subject: hello\r\n\r\nline\r\n";
    private static final String LARGE = "Subject: large\r\n\r\n" + ("x".repeat(78) + "\r\n").repeat(12_500);

    @TempDir
    private Path directory;

    private static void await(Future<Void> future) {
        future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    @ParameterizedTest
    @EnumSource
    void nothingRemainsOfAMessageThatTheServerHasGivenUp(Dialogue dialogue) throws Exception {
        MaildirHandler maildir = new MaildirHandler(directory.resolve("mail"), new MaildirOptions().setFileThreads(1));
        SmtpHandler stopping = new SmtpHandler() {
            @Override
            public Future<List<Reply>> handleDataPerRecipient(
                    Session session, Envelope envelope, ReadStream<Buffer> body) {
                return maildir.handleDataPerRecipient(session, envelope, stoppingAfter(body, LARGE.length() / 2));
            }

            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                return maildir.handleData(session, envelope, stoppingAfter(body, LARGE.length() / 2));
            }

            @Override
            public void handleDisconnect(Session session) {
                maildir.handleDisconnect(session);
            }
        };
        try (TestSmtpServer server =
                        TestSmtpServer.start(stopping, dialogue.options().setHandlerTimeout(Duration.ofMillis(500)));
                RawSmtpClient client = dialogue.greeted(server)) {
            assertThat(dialogue.send(client, LARGE, "bart@example.org")).containsExactly(451);
            // behind what its only file thread was given, what that has told the session, and what came of it
            await(maildir.prepare());
            client.command("NOOP").expect(250);
            await(maildir.prepare());
            assertThat(new Inbox(directory.resolve("mail")).tmp()).isEmpty();
        }
        await(maildir.close());
        assertThat(new Inbox(directory.resolve("mail")).fresh()).isEmpty();
    }

    /** A body of which somebody reads so much, and then nothing more. */
    private static ReadStream<Buffer> stoppingAfter(ReadStream<Buffer> body, int octets) {
        return new ReadStream<>() {
            private int read;

            @Override
            public ReadStream<Buffer> handler(Handler<Buffer> handler) {
                body.handler(part -> {
                    read += part.length();
                    handler.handle(part);
                    if (read >= octets) {
                        body.pause();
                    }
                });
                return this;
            }

            @Override
            public ReadStream<Buffer> pause() {
                body.pause();
                return this;
            }

            @Override
            public ReadStream<Buffer> resume() {
                return fetch(Long.MAX_VALUE);
            }

            @Override
            public ReadStream<Buffer> fetch(long amount) {
                if (read < octets) {
                    body.fetch(amount);
                }
                return this;
            }

            @Override
            public ReadStream<Buffer> endHandler(Handler<Void> handler) {
                body.endHandler(handler);
                return this;
            }

            @Override
            public ReadStream<Buffer> exceptionHandler(Handler<Throwable> handler) {
                body.exceptionHandler(handler);
                return this;
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void twoRoutesOfATransactionLeadToTheSameMaildirs(Dialogue dialogue) throws Exception {
        MaildirHandler maildir = new MaildirHandler(
                directory,
                new MaildirOptions(),
                recipient -> Optional.of(recipient.mailbox().localPart()));
        SmtpHandler router = RecipientRouter.builder()
                .route("one.example", HandlerChain.of(maildir))
                .route("two.example", HandlerChain.of(maildir))
                .build();
        try (TestSmtpServer server = TestSmtpServer.start(router, dialogue.options());
                RawSmtpClient client = dialogue.greeted(server)) {
            for (String text : List.of(TEXT, LARGE)) {
                assertThat(dialogue.send(client, text, "bart@one.example", "carl@two.example"))
                        .containsOnly(250);
            }
        }
        await(maildir.close());
        assertThat(new Inbox(directory.resolve("bart")).fresh()).hasSize(2);
        assertThat(new Inbox(directory.resolve("carl")).fresh()).hasSize(2);
        assertThat(new Inbox(directory.resolve("bart")).tmp()).isEmpty();
        assertThat(new Inbox(directory.resolve("carl")).tmp()).isEmpty();
    }
}
