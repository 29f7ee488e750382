package com.example.mail;

import static io.postern.smtp.testkit.assertj.MailAssertions.assertThat;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.junit.SmtpServerExtension;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;
import org.springframework.mail.javamail.MimeMessageHelper;

/** Spring's JavaMailSender, in tests that run at the same time. */
@Execution(ExecutionMode.CONCURRENT)
class JavaMailSenderTest {

    @RegisterExtension
    static final SmtpServerExtension smtp = new SmtpServerExtension();

    private static JavaMailSenderImpl sender(TestSmtpServer server) {
        JavaMailSenderImpl sender = new JavaMailSenderImpl();
        sender.setHost(server.host());
        sender.setPort(server.port());
        return sender;
    }

    @RepeatedTest(20)
    void eachTestHasItsOwnMail(TestSmtpServer server, Inbox inbox) {
        SimpleMailMessage welcome = new SimpleMailMessage();
        welcome.setFrom("shop@example.com");
        welcome.setTo(inbox.address("anne"));
        welcome.setSubject("Welcome");
        welcome.setText("Hello.\n.\nA line with a dot is above.");
        sender(server).send(welcome);

        inbox.await();
        assertThat(inbox)
                .onlyMessage()
                .hasSender("shop@example.com")
                .isTo(inbox.address("anne"))
                .hasSubject("Welcome")
                .textContains("\n.\n");
    }

    @Test
    void aMessageMayHaveTwoForms(TestSmtpServer server, Inbox inbox) throws Exception {
        JavaMailSenderImpl sender = sender(server);
        var message = sender.createMimeMessage();
        MimeMessageHelper helper = new MimeMessageHelper(message, true, "UTF-8");
        helper.setFrom("shop@example.com");
        helper.setTo(inbox.address("anne"));
        helper.setSubject("Two forms");
        helper.setText("plain gr\u00fc\u00dfe", "<p>pretty gr\u00fc\u00dfe</p>");
        sender.send(message);

        assertThat(inbox.await()).textContains("plain gr\u00fc\u00dfe").htmlContains("<p>pretty gr\u00fc\u00dfe</p>");
    }
}
