package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.BlockingClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What clients do over and over. */
enum Load {
    /** Messages of 1 KB over connections that are kept. */
    SMALL_MESSAGES("message of 1 KB", 1_024, true),
    /** Messages of 10 MB over connections that are kept. */
    LARGE_MESSAGES("message of 10 MB", 10 * 1_024 * 1_024, true),
    /** From the connect to the reply to QUIT, with STARTTLS and a full handshake. */
    HANDSHAKES("connection, full handshake", 0, false),
    /** The same without TLS, so that the difference is what TLS costs. */
    PLAIN_CONNECTIONS("connection, no TLS", 0, false);

    private static final String ENVELOPE = "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n";
    private static final int LINE = 64;
    /** The most of a message that is written at once. */
    private static final int MOST_AT_ONCE = 1_024 * 1_024;

    private final String title;
    private final int size;
    private final boolean kept;
    /** A part of a message; as many make it whole as its size says. */
    private final byte[] part;

    Load(String title, int size, boolean kept) {
        this.title = title;
        this.size = size;
        this.kept = kept;
        this.part = linesOf(size);
    }

    private static byte[] linesOf(int size) {
        String line = "x".repeat(LINE - 2) + "\r\n";
        return line.repeat(Math.min(size, MOST_AT_ONCE) / LINE).getBytes(StandardCharsets.US_ASCII);
    }

    String title() {
        return title;
    }

    /** How large a message is in octets; 0 when none is sent. */
    int size() {
        return size;
    }

    /** Whether clients stay connected. */
    boolean isKept() {
        return kept;
    }

    /** Connects, and ends as it begins when clients stay connected: greeted, and with TLS where it is used. */
    BlockingClient connect(int port, FullHandshakes tls) throws IOException {
        BlockingClient client = new BlockingClient(port);
        try {
            client.expect("220");
            client.say("EHLO client.example\r\n", "250");
            if (this != PLAIN_CONNECTIONS) {
                client.startTls(tls);
            }
            if (kept) {
                client.say("EHLO client.example\r\n", "250");
            }
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    /** Sends a message, or ends the connection where clients do not stay. */
    void goOn(BlockingClient client) throws IOException {
        if (kept) {
            client.say(ENVELOPE, "250");
            client.expect("250");
            client.expect("354");
            for (int sent = 0; sent < size; sent += part.length) {
                client.send(part);
            }
            client.say(".\r\n", "250");
        } else {
            client.say("QUIT\r\n", "221");
        }
    }
}
