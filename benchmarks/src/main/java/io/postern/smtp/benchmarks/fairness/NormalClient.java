package io.postern.smtp.benchmarks.fairness;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Sends a message as most clients do: a connection for each, and each command when the one before was answered. */
final class NormalClient {

    private static final int TIMEOUT_MILLIS = 60_000;
    private static final String MESSAGE = "Subject: hello\r\n\r\n" + ("x".repeat(76) + "\r\n").repeat(13) + ".\r\n";

    private NormalClient() {}

    /** @return how long it took from the connect to the reply to QUIT, in nanoseconds */
    static long send(int port) throws IOException {
        long begun = System.nanoTime();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            BufferedReader input =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            OutputStream output = socket.getOutputStream();
            expect("220", input);
            say("EHLO client.example\r\n", output);
            expect("250", input);
            say("MAIL FROM:<a@client.example>\r\n", output);
            expect("250", input);
            say("RCPT TO:<b@mx.example>\r\n", output);
            expect("250", input);
            say("DATA\r\n", output);
            expect("354", input);
            say(MESSAGE, output);
            expect("250", input);
            say("QUIT\r\n", output);
            expect("221", input);
        }
        return System.nanoTime() - begun;
    }

    private static void say(String text, OutputStream output) throws IOException {
        output.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void expect(String code, BufferedReader input) throws IOException {
        String line;
        do {
            line = input.readLine();
            if (line == null) {
                throw new EOFException("closed where " + code + " was expected");
            }
            if (!line.startsWith(code)) {
                throw new IOException("expected " + code + ", but got " + line);
            }
        } while (line.startsWith("-", 3));
    }
}
