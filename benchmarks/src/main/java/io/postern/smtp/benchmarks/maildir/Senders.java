package io.postern.smtp.benchmarks.maildir;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Clients that send messages, each the next one when the last was answered, over a connection that they keep. They pipeline
 * where the server offers it, as mail servers do. All share one thread, so that they leave the machine to the server.
 */
final class Senders implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;
    private static final String MESSAGE = "From: a@client.example\r\nTo: b@mx.example\r\nSubject: hello\r\n\r\n"
            + ("x".repeat(76) + "\r\n").repeat(25) + ".\r\n";
    private static final String MAIL = "MAIL FROM:<a@client.example>\r\n";
    private static final String RCPT = "RCPT TO:<b@mx.example>\r\n";
    private static final String DATA = "DATA\r\n";

    private final Selector selector;
    private final List<Sender> senders = new ArrayList<>();
    private int left;
    private int answered;

    Senders(int port, int count) throws IOException {
        selector = Selector.open();
        for (int i = 0; i < count; i++) {
            senders.add(new Sender(port));
        }
    }

    /** Sends so many messages in all. @return how many were accepted a second */
    double send(int messages) throws IOException {
        left = messages;
        answered = 0;
        long begun = System.nanoTime();
        for (Sender sender : senders) {
            sender.begin();
        }
        while (answered < messages) {
            if (selector.select(PATIENCE_MILLIS) == 0) {
                throw new IOException("the server has not answered for " + PATIENCE_MILLIS + " ms");
            }
            for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
                SelectionKey key = keys.next();
                keys.remove();
                ((Sender) key.attachment()).read();
            }
        }
        return messages * 1e9 / (System.nanoTime() - begun);
    }

    @Override
    public void close() throws IOException {
        for (Sender sender : senders) {
            sender.channel.close();
        }
        selector.close();
    }

    private final class Sender {

        private final SocketChannel channel;
        private final ByteBuffer input = ByteBuffer.allocate(4_096);
        private final boolean pipelining;
        /** What is to be sent yet, each when the reply to what was before has come. */
        private final List<String> script = new ArrayList<>();
        /** How many replies come before that. */
        private int awaited;

        Sender(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            hello();
            say("EHLO client.example\r\n");
            pipelining = hello().contains("PIPELINING");
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        /** Reads one reply, at the beginning, and waits for it. */
        private String hello() throws IOException {
            StringBuilder reply = new StringBuilder();
            while (!reply.toString().matches("(?s)(.*\n)?2[0-9][0-9] [^\n]*\n")) {
                input.clear();
                if (channel.read(input) < 0) {
                    throw new EOFException("closed after " + reply);
                }
                reply.append(StandardCharsets.US_ASCII.decode(input.flip()));
            }
            input.clear();
            return reply.toString();
        }

        void begin() throws IOException {
            if (left > 0) {
                left--;
                script.addAll(pipelining ? List.of(MAIL + RCPT + DATA, MESSAGE) : List.of(MAIL, RCPT, DATA, MESSAGE));
                next();
            }
        }

        private void next() throws IOException {
            String text = script.remove(0);
            awaited = pipelining && !script.isEmpty() ? 3 : 1;
            say(text);
        }

        private void say(String text) throws IOException {
            ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (octets.hasRemaining()) {
                channel.write(octets); // little enough for the socket to take at once
            }
        }

        void read() throws IOException {
            if (channel.read(input) < 0) {
                throw new EOFException("closed within a message");
            }
            input.flip();
            int line = 0;
            for (int i = 0; i < input.limit(); i++) {
                if (input.get(i) == '\n') {
                    reply(new String(input.array(), line, i - line, StandardCharsets.US_ASCII));
                    line = i + 1;
                }
            }
            input.position(line).compact();
        }

        private void reply(String line) throws IOException {
            if (!line.startsWith("250 ") && !line.startsWith("354 ")) {
                throw new IOException("not accepted: " + line);
            }
            if (--awaited == 0 && script.isEmpty()) {
                answered++;
                begin();
            } else if (awaited == 0) {
                next();
            }
        }
    }
}
