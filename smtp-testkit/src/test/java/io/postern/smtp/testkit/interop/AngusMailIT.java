package io.postern.smtp.testkit.interop;

import jakarta.mail.Message;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Angus Mail, the implementation of Jakarta Mail. */
class AngusMailIT extends MailClientContract {

    @Override
    void send(int port, Path message) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("mail.smtp.host", "127.0.0.1");
        properties.setProperty("mail.smtp.port", Integer.toString(port));
        properties.setProperty("mail.smtp.localhost", "client.example");
        properties.setProperty("mail.smtp.from", FROM);
        properties.setProperty("mail.smtp.connectiontimeout", "10000");
        properties.setProperty("mail.smtp.timeout", "60000");
        properties.setProperty("mail.smtp.allow8bitmime", "true");
        Session session = Session.getInstance(properties);
        try (InputStream file = Files.newInputStream(message);
                Transport transport = session.getTransport("smtp")) {
            transport.connect();
            Message parsed = new MimeMessage(session, file);
            transport.sendMessage(parsed, InternetAddress.parse(String.join(",", TO)));
        }
    }
}
