package io.postern.smtp.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Many plain clients that all do the same at once, on one thread and with one descriptor each. */
final class Crowd implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Selector selector = Selector.open();
    private final List<Member> members = new ArrayList<>();
    private final ByteBuffer input = ByteBuffer.allocate(16_384);

    private static final class Member {

        final SocketChannel channel;
        final StringBuilder seen = new StringBuilder();
        boolean ended;

        Member(SocketChannel channel) {
            this.channel = channel;
        }
    }

    /** All begin to connect before the first is connected. */
    Crowd(int size, int port) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        for (int i = 0; i < size; i++) {
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Member member = new Member(channel);
            members.add(member);
            boolean connected = channel.connect(server);
            channel.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, member);
        }
    }

    /** Blocks until each is connected. */
    void awaitConnected() throws IOException {
        await(member -> member.ended || member.channel.isConnected());
    }

    /** How many the server has closed, of those that were read from. */
    long ended() {
        return members.stream().filter(member -> member.ended).count();
    }

    /** Reads until each has so many replies, or was closed. @return what each has been told since the last time */
    List<String> awaitReplies(int replies) throws IOException {
        await(member -> member.ended || replies(member.seen) >= replies);
        return taken();
    }

    /** Reads until all are closed by the server. @return what each has been told since the last time */
    List<String> awaitEnd() throws IOException {
        await(member -> member.ended);
        return taken();
    }

    /** Goes on reading for some time. */
    void readFor(Duration time) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            readSelected(left, member -> false);
        }
    }

    private List<String> taken() {
        List<String> all = new ArrayList<>();
        for (Member member : members) {
            all.add(member.seen.toString());
            member.seen.setLength(0);
        }
        return all;
    }

    /** How many are whole: the last line of a reply has a space behind its code. */
    private static long replies(StringBuilder text) {
        long count = 0;
        int begin = 0;
        for (int end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n", begin)) {
            if (text.charAt(begin + 3) == ' ') {
                count++;
            }
            begin = end + 2;
        }
        return count;
    }

    private interface Done {
        boolean test(Member member);
    }

    private void await(Done done) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        long left = members.stream().filter(member -> !done.test(member)).count();
        while (left > 0) {
            long patience = (end - System.nanoTime()) / 1_000_000;
            if (patience <= 0) {
                throw new SocketTimeoutException(left + " of " + members.size() + " still wait");
            }
            left -= readSelected(patience, done);
        }
    }

    /** @return how many are done now that were not before */
    private int readSelected(long patienceMillis, Done done) throws IOException {
        int newlyDone = 0;
        selector.select(patienceMillis);
        for (SelectionKey key : selector.selectedKeys()) {
            Member member = (Member) key.attachment();
            boolean before = done.test(member);
            if (key.isConnectable()) {
                member.channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
            } else {
                read(member, key);
            }
            if (!before && done.test(member)) {
                newlyDone++;
            }
        }
        selector.selectedKeys().clear();
        return newlyDone;
    }

    private void read(Member member, SelectionKey key) {
        input.clear();
        int count;
        try {
            count = member.channel.read(input);
        } catch (IOException reset) {
            count = -1;
        }
        if (count < 0) {
            member.ended = true;
            key.interestOps(0);
        } else {
            member.seen.append(StandardCharsets.ISO_8859_1.decode(input.flip()));
        }
    }

    /** Each sends this; it must be little. */
    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] octets) throws IOException {
        for (Member member : members) {
            if (member.channel.write(ByteBuffer.wrap(octets)) < octets.length) {
                throw new IOException("the socket does not take " + octets.length + " octets at once");
            }
        }
    }

    /** All crash: the server gets a RST of each. */
    void reset() throws IOException {
        for (Member member : members) {
            member.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            member.channel.close();
        }
    }

    /** All close without a word: the server gets a FIN of each. */
    @Override
    public void close() throws IOException {
        for (Member member : members) {
            member.channel.close();
        }
        selector.close();
    }
}
