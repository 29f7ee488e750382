package io.postern.smtp.testkit;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** Octets as they are. */
final class PlainWire implements Wire {

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;

    PlainWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.selector = Selector.open();
        channel.configureBlocking(false);
        if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        this.key = channel.register(selector, 0);
    }

    @Override
    public int write(ByteBuffer output, Duration patience) throws IOException {
        int taken = channel.write(output);
        return taken == 0 && output.hasRemaining() && awaits(SelectionKey.OP_WRITE, patience)
                ? channel.write(output)
                : taken;
    }

    @Override
    public int read(ByteBuffer input, Duration patience) throws IOException {
        int count = channel.read(input);
        return count == 0 && awaits(SelectionKey.OP_READ, patience) ? channel.read(input) : count;
    }

    private boolean awaits(int operation, Duration patience) throws IOException {
        key.interestOps(operation);
        selector.selectedKeys().clear();
        return selector.select(Math.max(1, patience.toMillis())) > 0;
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void reset() throws IOException {
        if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        close();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
