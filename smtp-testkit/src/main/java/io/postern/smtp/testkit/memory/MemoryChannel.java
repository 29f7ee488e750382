package io.postern.smtp.testkit.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of a connection in memory, and what lies between it and the client. It belongs to one thread. Each write of
 * the client is one read of the server, and either side can be no more than {@link #WINDOW} octets ahead of the other.
 */
final class MemoryChannel extends AbstractChannel {

    /** How many octets may wait for the other side, as in the buffers of a system. */
    static final int WINDOW = 65_536;

    private static final ChannelMetadata METADATA = new ChannelMetadata(false);

    private final SocketAddress local;
    private final SocketAddress remote;
    private final Config config = new Config(this);

    private final Queue<byte[]> toServer = new ArrayDeque<>();
    private final Queue<ByteBuffer> toClient = new ArrayDeque<>();
    private int octetsToServer;
    private int octetsToClient;

    private boolean readPending;
    private boolean readDue;
    private boolean clientEnded;
    private boolean clientGone;
    private boolean clientReset;
    private boolean endTold;
    private boolean closed;
    private boolean registered;

    MemoryChannel(Channel parent, SocketAddress local, SocketAddress remote) {
        super(parent);
        this.local = local;
        this.remote = remote;
    }

    // The client's side

    /** Takes octets as one read of the server, as many as may wait. @return how many */
    int write(ByteBuffer octets) throws IOException {
        if (closed || clientEnded) {
            throw new SocketException("the connection is closed");
        }
        int count = Math.min(octets.remaining(), WINDOW - octetsToServer);
        if (count <= 0) {
            return 0;
        }
        byte[] read = new byte[count];
        octets.get(read);
        toServer.add(read);
        octetsToServer += count;
        readSoon();
        return count;
    }

    /** Gives the client what the server has written. @return how many octets; -1 when no more will come */
    int read(ByteBuffer octets) throws IOException {
        if (clientGone) {
            throw new SocketException("the client has closed the connection");
        }
        int count = 0;
        while (octets.hasRemaining() && !toClient.isEmpty()) {
            ByteBuffer next = toClient.element();
            int part = Math.min(next.remaining(), octets.remaining());
            octets.put(next.slice().limit(part));
            next.position(next.position() + part);
            count += part;
            if (!next.hasRemaining()) {
                toClient.remove();
            }
        }
        octetsToClient -= count;
        if (count > 0 && !closed) {
            ((MemoryUnsafe) unsafe()).flushAgain();
        }
        return count == 0 && closed ? -1 : count;
    }

    /** Whether {@link #read} has something to say. */
    boolean hasToRead() {
        return !toClient.isEmpty() || closed || clientGone;
    }

    /** Whether {@link #write} has something to say. */
    boolean mayWrite() {
        return octetsToServer < WINDOW || closed || clientEnded;
    }

    /** The client will write no more. */
    void end() {
        clientEnded = true;
        readSoon();
    }

    /** The client has closed its socket, and hears nothing any more. */
    void leave() {
        clientGone = true;
        end();
    }

    /** The client has dropped the connection. */
    void reset() {
        clientReset = true;
        leave();
    }

    // The server's side

    @Override
    protected void doBeginRead() {
        readPending = true;
        readSoon();
    }

    private void readSoon() {
        if (readPending && !readDue && registered && !closed && (!toServer.isEmpty() || clientEnded)) {
            readDue = true;
            eventLoop().execute(this::read0);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closing in memory does not fail
    private void read0() {
        readDue = false;
        if (!readPending || closed) {
            return;
        }
        byte[] octets = toServer.poll();
        if (octets != null) {
            readPending = false;
            octetsToServer -= octets.length;
            pipeline().fireChannelRead(Unpooled.wrappedBuffer(octets));
            pipeline().fireChannelReadComplete();
        } else if (clientReset) {
            pipeline().fireExceptionCaught(new SocketException("Connection reset"));
            close();
        } else if (clientEnded && !endTold) {
            endTold = true;
            if (config.halfClosure) {
                pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            } else {
                close();
            }
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws IOException {
        for (Object message = in.current(); message != null; message = in.current()) {
            if (clientGone) {
                throw new SocketException("Broken pipe");
            }
            ByteBuf octets = (ByteBuf) message;
            int count = Math.min(octets.readableBytes(), WINDOW - octetsToClient);
            if (count > 0) {
                byte[] written = new byte[count];
                octets.readBytes(written);
                toClient.add(ByteBuffer.wrap(written));
                octetsToClient += count;
                in.progress(count);
            }
            if (octets.isReadable()) {
                return; // flushed again when the client has read
            }
            in.remove();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        ReferenceCountUtil.release(message);
        throw new UnsupportedOperationException(message.getClass().getName());
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        registered = true;
        promise.setSuccess();
    }

    @Override
    protected void doClose() {
        closed = true;
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException("is bound already");
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new MemoryUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof TestLoop;
    }

    @Override
    protected SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return remote;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return !closed;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    private final class MemoryUnsafe extends AbstractUnsafe {

        @Override
        public void connect(SocketAddress address, @Nullable SocketAddress from, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("is connected already"));
        }

        void flushAgain() {
            flush0();
        }
    }

    /** Knows of half closure what the driver asks for. */
    private static final class Config extends DefaultChannelConfig {

        private boolean halfClosure;

        Config(Channel channel) {
            super(channel);
        }

        @Override
        public Map<ChannelOption<?>, Object> getOptions() {
            return getOptions(super.getOptions(), ChannelOption.ALLOW_HALF_CLOSURE);
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> T getOption(ChannelOption<T> option) {
            return option.equals(ChannelOption.ALLOW_HALF_CLOSURE)
                    ? (T) Boolean.valueOf(halfClosure)
                    : super.getOption(option);
        }

        @Override
        public <T> boolean setOption(ChannelOption<T> option, T value) {
            if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
                halfClosure = Boolean.TRUE.equals(value);
                return true;
            }
            return super.setOption(option, value);
        }
    }
}
