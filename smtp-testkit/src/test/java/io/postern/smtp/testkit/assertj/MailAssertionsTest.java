package io.postern.smtp.testkit.assertj;

import static io.postern.smtp.testkit.assertj.MailAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.MovableClock;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.Sending;
import io.postern.smtp.testkit.TestSmtpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each assertion holds for what is so, and fails, and says why, for what is not. */
class MailAssertionsTest {

    private static final String CONTENT = String.join(
            "\r\n",
            "From: =?UTF-8?Q?Sh=C3=B6p?= <Shop@example.org>",
            "To: Anne <anne@example.org>, friends: bart@example.org, Carl <carl@example.org>;",
            "Cc: dora@example.org",
            "Reply-To: help@example.org",
            "Subject: Your code",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Your code is 123456.",
            "--b",
            "Content-Type: text/html; charset=utf-8",
            "",
            "<a href=\"https://example.org/go?a=1\">go</a>",
            "--b",
            "Content-Type: application/pdf; name=bill.pdf",
            "Content-Disposition: attachment; filename=bill.pdf",
            "Content-Transfer-Encoding: base64",
            "",
            "AAEC",
            "--b--",
            "");

    private static final MovableClock CLOCK = new MovableClock(Instant.EPOCH);

    private final TestSmtpServer server = TestSmtpServer.start(new RecordingHandler(CLOCK), new SmtpServerOptions());
    private final Inbox inbox = server.inbox();

    @AfterEach
    void close() {
        server.close();
    }

    private ReceivedMessage received() {
        Sending.send(server, CONTENT, "anne@example.org", "Carl@example.org", "eve@example.org");
        return inbox.await();
    }

    @Test
    void whatIsSoHolds() {
        assertThat(received())
                .hasSender("app@example.org")
                .hasRecipients("eve@example.org", "anne@example.org", "carl@example.org")
                .hasBlindCopiesTo("eve@example.org")
                .isNotEncrypted()
                .isNotAuthenticated()
                .wasReceivedAt(Instant.EPOCH)
                .isFrom("shop@example.org")
                .isTo("anne@example.org", "bart@example.org", "carl@example.org")
                .hasCc("dora@example.org")
                .hasReplyTo("help@example.org")
                .hasNoBcc()
                .hasSubject("Your code")
                .subjectContains("code")
                .hasHeader("mime-version")
                .hasHeader("From", "Shöp <Shop@example.org>")
                .hasNoHeader("X-None")
                .textContains("Your", "123456")
                .htmlContains(">go</a>")
                .hasLink("https://example.org/go?a=1")
                .hasCode("123456")
                .hasAttachment("bill.pdf");
        assertThat(received().mail()).hasSubject("Your code").isFrom("shop@example.org");
    }

    static List<Consumer<ReceivedMessageAssert>> wrong() {
        return List.of(
                mail -> mail.hasSender("shop@example.org"),
                mail -> mail.hasRecipients("anne@example.org", "eve@example.org"),
                mail -> mail.hasBlindCopiesTo(),
                mail -> mail.isEncrypted(),
                mail -> mail.isAuthenticatedAs("user"),
                mail -> mail.wasReceivedAt(Instant.MAX),
                mail -> mail.isFrom("app@example.org"),
                mail -> mail.isTo("anne@example.org"),
                mail -> mail.hasCc(),
                mail -> mail.hasReplyTo(),
                mail -> mail.hasSubject("Your"),
                mail -> mail.subjectContains("invoice"),
                mail -> mail.hasHeader("X-None"),
                mail -> mail.hasHeader("From", "Shop@example.org"),
                mail -> mail.hasNoHeader("From"),
                mail -> mail.textContains("Your", "go"),
                mail -> mail.htmlContains("Your"),
                mail -> mail.hasLink("https://example.org/"),
                mail -> mail.hasCode("1234"),
                mail -> mail.hasAttachment("report.pdf"),
                mail -> mail.hasNoAttachments());
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatIsNotSoFailsAndShowsTheMessage(Consumer<ReceivedMessageAssert> wrong) {
        ReceivedMessage message = received();
        assertThatThrownBy(() -> wrong.accept(assertThat(message)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("expected ")
                .hasMessageContaining(" but ")
                .hasMessageContaining("in <app@example.org> to [anne@example.org, Carl@example.org, eve@example.org]")
                .hasMessageContaining("Subject: Your code");
    }

    @Test
    void theDescriptionIsKept() {
        ReceivedMessage message = received();
        assertThatThrownBy(() -> assertThat(message).as("the bill").hasSubject("100 % else"))
                .hasMessageContaining("[the bill]")
                .hasMessageContaining("expected subject to be \"100 % else\" but it is \"Your code\"");
        assertThatThrownBy(() -> assertThat(inbox).as("the bill").onlyMessage().hasSubject("else"))
                .hasMessageContaining("[the bill]");
    }

    @Test
    void aBccFieldIsFound() {
        Sending.send(server, "Bcc: eve@example.org\r\nSubject: hi\r\n\r\nhi\r\n", "anne@example.org");
        assertThatThrownBy(() -> assertThat(inbox).onlyMessage().hasNoBcc())
                .hasMessageContaining("expected no header field Bcc but there is [\"eve@example.org\"]");
    }

    @Test
    void aLoginIsFound() {
        try (TestSmtpServer other = TestSmtpServer.start()) {
            Sending.send(other, other.inbox(), Sending.message("hi"), "anne@example.org");
            assertThat(other.inbox()).onlyMessage().isAuthenticatedAs("user@example.test");
            assertThatThrownBy(() -> assertThat(other.inbox()).onlyMessage().isNotAuthenticated())
                    .hasMessageContaining("but it has as \"user@example.test\"");
        }
    }

    @Test
    void aMailWithoutEnvelopeIsShownAsAPersonSeesIt() {
        ReceivedMessage message = received();
        assertThatThrownBy(() -> assertThat(message.mail()).hasSubject("else"))
                .hasMessageContaining("in a mail with the subject \"Your code\" from [\"Shöp <Shop@example.org>\"]")
                .hasMessageContaining("Your code is 123456.");
    }

    @Test
    void anInboxHoldsWhatHasArrived() {
        assertThat(inbox).isEmpty().hasSize(0);
        received();
        Sending.send(server, Sending.message("two"), "anne@example.org");

        assertThat(inbox).hasSize(2);
        assertThat(inbox)
                .hasOnlyOne(message -> message.text().contains("two"))
                .hasSubject("two")
                .hasNoAttachments();
        assertThat(inbox.unseen()).isEmpty();

        assertThatThrownBy(() -> assertThat(inbox).isEmpty())
                .hasMessageContaining("expected no message in the inbox of example.test but there is:\n  <app@");
        assertThatThrownBy(() -> assertThat(inbox).hasSize(1)).hasMessageContaining("expected 1 message in");
        assertThatThrownBy(() -> assertThat(inbox).onlyMessage()).hasMessageContaining("expected 1 message in");
        assertThatThrownBy(() -> assertThat(inbox).hasOnlyOne(message -> true))
                .hasMessageContaining("expected 1 message of the kind, not 2,");
    }

    @Test
    void messagesOfAnotherKindStayUnseen() {
        Sending.send(server, Sending.message("one"), "anne@example.org");
        Sending.send(server, Sending.message("two"), "anne@example.org");
        assertThat(inbox).hasOnlyOne(message -> message.text().contains("two")).hasSubject("two");
        assertThat(inbox.unseen())
                .singleElement()
                .satisfies(other -> assertThat(other).hasSubject("one"));
    }

    @Test
    void nothingIsNoMail() {
        assertThatThrownBy(() -> assertThat((ReceivedMessage) null).hasSubject("hi"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not to be null");
    }

    @Test
    void aMessageIsSavedToTheOctet(@TempDir Path directory) throws Exception {
        ReceivedMessage message = received();
        Path file = directory.resolve("bill.eml");
        Files.write(file, new byte[10_000]); // is replaced
        message.writeTo(file);
        assertThat(Files.readAllBytes(file)).isEqualTo(message.content());
    }
}
