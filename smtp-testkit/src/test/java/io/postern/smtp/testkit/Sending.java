package io.postern.smtp.testkit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Sends messages as a simple client does, and requires that they are accepted. */
public final class Sending {

    private Sending() {}

    /** A short message with a subject. */
    public static String message(String subject) {
        return "Subject: " + subject + "\r\n\r\n" + subject + "\r\n";
    }

    /** Sends one message to a server. */
    public static void send(TestSmtpServer server, String content, String... recipients) {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            send(client, content, recipients);
            client.command("QUIT").expect(221);
        }
    }

    /** Sends one message to a server from someone who has logged in. */
    public static void send(TestSmtpServer server, Inbox credentials, String content, String... recipients) {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            client.command(authPlain(credentials.username(), credentials.password()))
                    .expect(235);
            send(client, content, recipients);
            client.command("QUIT").expect(221);
        }
    }

    /** The command that logs in with PLAIN (RFC 4616). */
    public static String authPlain(String username, String password) {
        return "AUTH PLAIN "
                + Base64.getEncoder()
                        .encodeToString(("\0" + username + "\0" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** Sends one message in a session that has begun. */
    public static void send(RawSmtpClient client, String content, String... recipients) {
        List<String> commands = new ArrayList<>(List.of("MAIL FROM:<app@example.org>"));
        for (String recipient : recipients) {
            commands.add("RCPT TO:<" + recipient + ">");
        }
        client.send(String.join("\r\n", commands) + "\r\nDATA\r\n");
        commands.forEach(command -> client.expect(250));
        client.expect(354);
        client.send(content + ".\r\n").expect(250);
    }
}
