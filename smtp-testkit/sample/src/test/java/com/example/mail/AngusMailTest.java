package com.example.mail;

import static io.postern.smtp.testkit.assertj.MailAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.TestCertificate;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.junit.SmtpServerExtension;
import jakarta.mail.Authenticator;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.net.URI;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jakarta Mail, which has to encrypt and to log in. */
class AngusMailTest {

    static final TestCertificate CERTIFICATE = TestCertificate.create();

    @RegisterExtension
    static final SmtpServerExtension smtp = new SmtpServerExtension(
            TestSmtpServer.defaultOptions().setTls(CERTIFICATE.serverOptions()));

    private static Session session(TestSmtpServer server, Inbox inbox) {
        Properties properties = new Properties();
        properties.put("mail.smtp.host", server.host());
        properties.put("mail.smtp.port", String.valueOf(server.port()));
        properties.put("mail.smtp.auth", "true");
        properties.put("mail.smtp.starttls.required", "true");
        properties.put("mail.smtp.ssl.socketFactory", CERTIFICATE.sslContext().getSocketFactory());
        return Session.getInstance(properties, new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(inbox.username(), inbox.password());
            }
        });
    }

    private static MimeMessage message(Session session, String to) throws MessagingException {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress("shop@example.com"));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(to));
        return message;
    }

    @Test
    void theLinkForANewPasswordIsSent(TestSmtpServer server, Inbox inbox) throws Exception {
        MimeMessage reset = message(session(server, inbox), "anne@example.org");
        reset.setSubject("Your new password \u2013 please confirm");
        reset.setText("Hello Anne,\n\nhttps://shop.example.com/reset?token=4711\n\nCode: 123456\n", "UTF-8");
        Transport.send(reset);

        ReceivedMessage received = inbox.await();
        assertThat(received)
                .isFrom("shop@example.com")
                .hasRecipients("anne@example.org")
                .hasSubject("Your new password \u2013 please confirm")
                .isEncrypted()
                .isAuthenticatedAs(inbox.username());
        assertThat(received.mail().links()).containsExactly(URI.create("https://shop.example.com/reset?token=4711"));
        assertThat(received.mail().codes()).contains("123456");
    }

    @Test
    void theBookkeeperGetsABlindCopyOfTheInvoice(TestSmtpServer server, Inbox inbox) throws Exception {
        MimeMessage invoice = message(session(server, inbox), "bart@example.org");
        invoice.setRecipient(Message.RecipientType.BCC, new InternetAddress("books@example.com"));
        invoice.setSubject("Invoice 42");
        MimeBodyPart text = new MimeBodyPart();
        text.setText("Find it attached.");
        MimeBodyPart pdf = new MimeBodyPart();
        pdf.setContent("%PDF-1.7 and so on".getBytes("US-ASCII"), "application/pdf");
        pdf.setFileName("invoice-42.pdf");
        invoice.setContent(new MimeMultipart(text, pdf));
        Transport.send(invoice);

        assertThat(inbox.await())
                .hasRecipients("bart@example.org", "books@example.com")
                .hasBlindCopiesTo("books@example.com")
                .hasNoBcc()
                .hasAttachment("invoice-42.pdf");
    }
}
