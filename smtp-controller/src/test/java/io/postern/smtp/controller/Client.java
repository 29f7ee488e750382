package io.postern.smtp.controller;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends what it is told and reads line by line. It waits 30 s at most for a line. */
final class Client implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader replies;

    Client(SmtpController controller) throws IOException {
        socket = new Socket(controller.host(), controller.port());
        socket.setSoTimeout(30_000);
        replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Sends lines, each with CR LF behind it. */
    Client send(String... lines) throws IOException {
        String text = String.join("\r\n", lines) + "\r\n";
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** The next line, or null at the end. */
    String line() throws IOException {
        return replies.readLine();
    }

    /** The code of the next reply, all of whose lines are read. */
    String code() throws IOException {
        String line;
        do {
            line = line();
        } while (line != null && line.length() > 3 && line.charAt(3) == '-');
        return line == null ? "closed" : line.substring(0, 3);
    }

    /** Sends one command and reads its reply. */
    String ask(String command) throws IOException {
        return send(command).code();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
