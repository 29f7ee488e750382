package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.benchmarks.BlockingClient;
import java.io.IOException;

/** Sends a message as most clients do: a connection for each, and each command when the one before was answered. */
final class NormalClient {

    private static final String MESSAGE = "Subject: hello\r\n\r\n" + ("x".repeat(76) + "\r\n").repeat(13) + ".\r\n";

    private NormalClient() {}

    /** @return how long it took from the connect to the reply to QUIT, in nanoseconds */
    static long send(int port) throws IOException {
        long begun = System.nanoTime();
        try (BlockingClient client = new BlockingClient(port)) {
            client.expect("220");
            client.say("EHLO client.example\r\n", "250");
            client.say("MAIL FROM:<a@client.example>\r\n", "250");
            client.say("RCPT TO:<b@mx.example>\r\n", "250");
            client.say("DATA\r\n", "354");
            client.say(MESSAGE, "250");
            client.say("QUIT\r\n", "221");
        }
        return System.nanoTime() - begun;
    }
}
