package io.postern.smtp.benchmarks;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Clients that send messages, each the next one when the last was answered, over a connection that they keep. They pipeline
 * where the server offers it, as mail servers do. All share one thread, so that they leave the machine to the server.
 */
public final class Senders implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;

    private final Selector selector;
    private final Mail mail;
    private final List<Sender> senders = new ArrayList<>();
    /** For all clients, as one is read at a time. */
    private final ByteBuffer input = ByteBuffer.allocate(65_536);

    private int left;
    private long begun;
    private long nanos;
    /** How many clients have been sending and still wait for replies. */
    private int sending;

    private int answered;

    /**
     * What they sent.
     *
     * @param messages how many were accepted
     * @param nanos how long it took from the first command to the last reply
     */
    public record Sent(int messages, long nanos) {

        /** Messages a second. */
        public double rate() {
            return messages * 1e9 / nanos;
        }
    }

    /**
     * Connects clients over the loopback.
     *
     * @param mail what they send
     */
    public Senders(int port, int count, Mail mail) throws IOException {
        this.selector = Selector.open();
        this.mail = mail;
        for (int i = 0; i < count; i++) {
            senders.add(new Sender(port));
        }
    }

    /** Sends so many messages in all. */
    public Sent send(int messages) throws IOException {
        return send(messages, Long.MAX_VALUE);
    }

    /** Begins new messages for so long, and waits for the replies to all. */
    public Sent send(Duration duration) throws IOException {
        return send(Integer.MAX_VALUE, duration.toNanos());
    }

    private Sent send(int messages, long duration) throws IOException {
        left = messages;
        answered = 0;
        nanos = duration;
        begun = System.nanoTime();
        for (Sender sender : senders) {
            sender.begin();
        }
        while (sending > 0) {
            if (selector.select(PATIENCE_MILLIS) == 0) {
                throw new IOException("the server has not answered for " + PATIENCE_MILLIS + " ms");
            }
            for (SelectionKey key : selector.selectedKeys()) {
                ((Sender) key.attachment()).goOn();
            }
            selector.selectedKeys().clear();
        }
        return new Sent(answered, System.nanoTime() - begun);
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
        private final SelectionKey key;
        private final List<Mail.Step> steps;
        /** The next of the steps. */
        private int step;
        /** What is to be sent of the step before it, of which the first has not been sent to its end. */
        private List<ByteBuffer> output = List.of();

        private int piece;
        private ByteBuffer rest = ByteBuffer.allocate(0);
        /** How many replies to that have not come. */
        private int awaited;

        private boolean atLineStart = true;

        Sender(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            hello();
            channel.write(ByteBuffer.wrap("EHLO client.example\r\n".getBytes(StandardCharsets.US_ASCII)));
            steps = mail.steps(hello().contains("PIPELINING"));
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
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
            return reply.toString();
        }

        /** Begins with the next message, if there is to be one. */
        void begin() throws IOException {
            if (left > 0 && System.nanoTime() - begun < nanos) {
                left -= mail.messages();
                sending++;
                step = 0;
                next();
            }
        }

        private void next() throws IOException {
            Mail.Step next = steps.get(step++);
            output = next.text();
            piece = 0;
            rest = output.get(0).duplicate();
            awaited = next.replies();
            write();
        }

        /** Sends what the socket takes; the rest is sent when it takes more. */
        private void write() throws IOException {
            while (channel.write(rest) > 0 || !rest.hasRemaining()) {
                if (rest.hasRemaining()) {
                    continue;
                }
                if (++piece == output.size()) {
                    output = List.of();
                    key.interestOps(SelectionKey.OP_READ);
                    return;
                }
                rest = output.get(piece).duplicate();
            }
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }

        /** Does what it has been selected for. */
        void goOn() throws IOException {
            boolean writable = key.isWritable();
            if (key.isReadable()) {
                read();
            }
            if (writable && !output.isEmpty()) {
                write();
            }
        }

        private void read() throws IOException {
            input.clear();
            if (channel.read(input) < 0) {
                throw new EOFException("closed within a message");
            }
            int end = input.position();
            for (int i = 0; i < end; i++) {
                byte octet = input.get(i);
                if (atLineStart && octet != '2' && octet != '3') {
                    throw new IOException("not accepted: "
                            + StandardCharsets.US_ASCII.decode(input.flip().position(i)));
                }
                atLineStart = octet == '\n';
                if (atLineStart && --awaited == 0) {
                    answered();
                }
            }
        }

        private void answered() throws IOException {
            if (step < steps.size()) {
                next();
                return;
            }
            answered += mail.messages();
            sending--;
            begin();
        }
    }
}
