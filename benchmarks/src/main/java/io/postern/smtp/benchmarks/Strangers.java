package io.postern.smtp.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Clients that have been greeted. These do nothing more. */
public class Strangers implements AutoCloseable {

    private final List<SocketChannel> channels = new ArrayList<>();

    /** Connects that many, and waits until each has been greeted. */
    public Strangers(int port, int size) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        ByteBuffer greeting = ByteBuffer.allocate(512);
        for (int i = 0; i < size; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channels.add(channel);
            greeting.clear();
            do {
                if (channel.read(greeting) < 0) {
                    throw new IOException("client " + i + " was sent away");
                }
            } while (greeting.get(greeting.position() - 1) != '\n');
            channel.configureBlocking(false);
        }
    }

    /** Their connections, which do not block. */
    protected final List<SocketChannel> channels() {
        return channels;
    }

    /**
     * Ends what they do, and waits until they have been answered all that they asked.
     *
     * @throws IOException when one of them was not, or was closed
     */
    public void finish() throws IOException, InterruptedException {
        ByteBuffer input = ByteBuffer.allocate(512);
        for (SocketChannel channel : channels) {
            input.clear();
            if (channel.read(input) != 0) {
                throw new IOException("a client that did nothing was told something, or closed");
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
    }
}
