package io.postern.smtp.lmtp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client that sends what it is told and reads reply by reply. It waits for as long as the test may take. */
final class Client implements AutoCloseable {

    private final SocketChannel socket;
    private final BufferedReader replies;

    Client(SocketAddress server) throws IOException {
        socket = SocketChannel.open(server);
        replies = new BufferedReader(new InputStreamReader(Channels.newInputStream(socket), StandardCharsets.US_ASCII));
    }

    /** Sends the text as it stands. */
    Client send(String text) throws IOException {
        ByteBuffer octets = StandardCharsets.US_ASCII.encode(text);
        while (octets.hasRemaining()) {
            socket.write(octets);
        }
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
