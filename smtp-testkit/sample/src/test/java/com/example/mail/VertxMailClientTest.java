package com.example.mail;

import static io.postern.smtp.testkit.assertj.MailAssertions.assertThat;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.TestCertificate;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.junit.SmtpServerExtension;
import io.vertx.core.Vertx;
import io.vertx.ext.mail.LoginOption;
import io.vertx.ext.mail.MailClient;
import io.vertx.ext.mail.MailConfig;
import io.vertx.ext.mail.MailMessage;
import io.vertx.ext.mail.StartTLSOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The mail client of Vert.x. */
class VertxMailClientTest {

    static final TestCertificate CERTIFICATE = TestCertificate.create();

    @RegisterExtension
    static final SmtpServerExtension smtp = new SmtpServerExtension(
            TestSmtpServer.defaultOptions().setTls(CERTIFICATE.serverOptions()));

    static final Vertx vertx = Vertx.vertx();

    @AfterAll
    static void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aMessageIsSentEncryptedByWhoHasLoggedIn(TestSmtpServer server, Inbox inbox) throws Exception {
        MailClient client = MailClient.create(
                vertx,
                new MailConfig()
                        .setHostname(server.host())
                        .setPort(server.port())
                        .setStarttls(StartTLSOptions.REQUIRED)
                        .setTrustOptions(CERTIFICATE.trustOptions())
                        .setLogin(LoginOption.REQUIRED)
                        .setUsername(inbox.username())
                        .setPassword(inbox.password()));

        client.sendMail(new MailMessage()
                        .setFrom("shop@example.com")
                        .setTo(List.of("anne@example.org"))
                        .setBcc(List.of("books@example.com"))
                        .setSubject("Your order")
                        .setText("It is on its way.")
                        .setHtml("<b>It is on its way.</b>"))
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);

        assertThat(inbox.await())
                .hasSubject("Your order")
                .isTo("anne@example.org")
                .hasBlindCopiesTo("books@example.com")
                .hasNoBcc()
                .htmlContains("<b>")
                .isEncrypted()
                .isAuthenticatedAs(inbox.username());
    }
}
