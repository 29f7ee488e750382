package io.postern.smtp.lmtp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client that sends what it is told and reads reply by reply. It waits 30 s at most for a line. */
final class Client implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader replies;

    Client(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Sends the text as it stands. */
    Client send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** The next replies, each of one line. */
    List<String> lines(int count) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(replies.readLine());
        }
        return lines;
    }

    /** Sends a command and reads its reply of one or more lines. */
    List<String> ask(String command) throws IOException {
        send(command + "\r\n");
        List<String> lines = new ArrayList<>();
        do {
            lines.add(replies.readLine());
        } while (lines.get(lines.size() - 1).charAt(3) == '-');
        return lines;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
