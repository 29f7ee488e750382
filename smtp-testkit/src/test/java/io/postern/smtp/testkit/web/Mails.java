package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import java.util.List;

/** Sends messages over the wire. */
final class Mails {

    private Mails() {}

    static void send(TestSmtpServer server, String subject, String body) {
        send(server, List.of("anne@example.org"), "From: Bart <bart@example.org>\nSubject: " + subject + "\n\n" + body);
    }

    /** @param content with LF at the end of lines; it must be accepted */
    static void send(TestSmtpServer server, List<String> recipients, String content) {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example.org").expect(250);
            transaction(client, recipients, content).expect(250);
            client.command("QUIT").expect(221);
        }
    }

    static RawSmtpClient transaction(RawSmtpClient client, List<String> recipients, String content) {
        client.command("MAIL FROM:<bart@example.org> BODY=8BITMIME").expect(250);
        recipients.forEach(to -> client.command("RCPT TO:<" + to + ">").expect(250));
        client.command("DATA").expect(354);
        String lines = content.endsWith("\n") ? content : content + "\n";
        client.send(lines.replace("\n", "\r\n").replace("\r\n.", "\r\n..") + ".\r\n");
        return client;
    }

    /** HTML with attachments as parts, each a header and a body. */
    static String html(String subject, String html, String... parts) {
        StringBuilder mail = new StringBuilder("From: Bart <bart@example.org>\nSubject: " + subject
                + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=edge\n\n--edge\n"
                + "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + html + "\n");
        for (String part : parts) {
            mail.append("--edge\n").append(part).append('\n');
        }
        return mail.append("--edge--\n").toString();
    }
}
