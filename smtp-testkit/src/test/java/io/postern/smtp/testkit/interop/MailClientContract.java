package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client by others sends is, octet by octet, what the handler gets. */
abstract class MailClientContract {

    static final String FROM = "anna@client.example";
    static final List<String> TO = List.of("bob@server.example", "carol@server.example");

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HEADER = """
            From: Anna <anna@client.example>
            To: bob@server.example, carol@server.example
            Subject: interoperability
            Date: Tue, 24 Nov 2026 12:00:00 +0000
            Message-ID: <1@client.example>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            """.replace("\n", "\r\n");

    @TempDir
    Path directory;

    /**
     * Has the client send a message from {@link #FROM} to {@link #TO}.
     *
     * @param port where the server listens, on 127.0.0.1
     * @param message a file, its lines end with CR LF
     */
    abstract void send(int port, Path message) throws Exception;

    /** What the client is known to make of a message before it sends it; nothing, if this is not overridden. */
    byte[] asSent(byte[] message, byte[] received) {
        return message;
    }

    private void assertArrives(byte[] message) throws Exception {
        RecordingHandler handler = new RecordingHandler();
        SmtpServerOptions options =
                new SmtpServerOptions().setHostName("mx.server.example").setDataSizeLimit(64 * 1024 * 1024);
        try (TestSmtpServer server = TestSmtpServer.start(handler, options)) {
            send(server.port(), Files.write(directory.resolve("message"), message));
            ReceivedMessage received = handler.await(1, PATIENCE).get(0);
            assertThat(received.mailFrom()).isEqualTo(FROM);
            assertThat(received.rcptTos()).containsExactlyElementsOf(TO);
            assertSame(received.content(), asSent(message, received.content()));
            assertThat(handler.messages()).hasSize(1);
        }
    }

    /** Like isEqualTo, but shows what is around the first difference instead of 25 MB. */
    private static void assertSame(byte[] received, byte[] sent) {
        int difference = Arrays.mismatch(received, sent);
        assertThat(difference)
                .as(
                        "first difference, received %d octets, sent %d:%nreceived ...%s%nsent     ...%s",
                        received.length, sent.length, around(received, difference), around(sent, difference))
                .isEqualTo(-1);
    }

    private static String around(byte[] octets, int index) {
        int from = Math.max(0, Math.min(index - 40, octets.length));
        int to = Math.max(from, Math.min(index + 40, octets.length));
        return new String(octets, from, to - from, StandardCharsets.ISO_8859_1)
                .replace("\r", "<CR>")
                .replace("\n", "<LF>");
    }

    static byte[] withBody(String body) {
        return (HEADER + body).getBytes(StandardCharsets.UTF_8);
    }

    static Path resource(String name) throws URISyntaxException {
        return Path.of(MailClientContract.class.getResource(name).toURI());
    }

    /** The same file with lines that end with LF, for clients that take the local form of a text. */
    static Path localForm(Path message) throws IOException {
        ByteArrayOutputStream local = new ByteArrayOutputStream();
        for (byte octet : Files.readAllBytes(message)) {
            if (octet != '\r') {
                local.write(octet);
            }
        }
        return Files.write(message.resolveSibling("message.local"), local.toByteArray());
    }

    @Test
    void anOrdinaryMessageArrives() throws Exception {
        assertArrives(withBody("Hello,\r\n\r\nhow are you?\r\n"));
    }

    @Test
    void dotsAtTheBeginningOfLinesArrive() throws Exception {
        assertArrives(withBody(".\r\n..\r\n...\r\n.leading\r\ntrailing.\r\n. \r\n.\r\n\r\n.\r\n"));
    }

    @Test
    void linesOf998OctetsArrive() throws Exception {
        String full = "x".repeat(998) + "\r\n";
        assertArrives(withBody(full + full + "." + "y".repeat(997) + "\r\n" + "é".repeat(499) + "\r\n"));
    }

    @Test
    void eightBitTextArrives() throws Exception {
        assertArrives(withBody("Grüße, 你好, привет, 😀\r\ntab\there\r\n"));
    }

    @Test
    void octetsThatAreNoUtf8Arrive() throws Exception {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(withBody(""));
        for (int octet = 0x80; octet <= 0xFF; octet++) {
            message.write(octet);
        }
        message.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        assertArrives(message.toByteArray());
    }

    @Test
    void anEmptyBodyArrives() throws Exception {
        assertArrives(withBody(""));
    }

    @Test
    void anAttachmentOf25MegabytesArrives() throws Exception {
        byte[] attachment = new byte[25 * 1024 * 1024];
        new Random(1).nextBytes(attachment);
        String encoded = Base64.getMimeEncoder().encodeToString(attachment);
        assertArrives((HEADER.replace("text/plain; charset=utf-8", "application/octet-stream")
                                .replace("8bit", "base64")
                        + encoded
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }
}
