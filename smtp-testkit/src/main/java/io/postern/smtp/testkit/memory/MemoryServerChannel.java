package io.postern.smtp.testkit.memory;

import io.netty.channel.AbstractServerChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a server in memory listens on. */
final class MemoryServerChannel extends AbstractServerChannel {

    private final ChannelConfig config = new DefaultChannelConfig(this) {
        @Override
        public <T> boolean setOption(ChannelOption<T> option, T value) {
            super.setOption(option, value);
            return true; // there is no socket that could have those of sockets
        }
    };

    private final Consumer<MemoryServerChannel> onBind;
    private @Nullable SocketAddress local;
    private boolean closed;

    MemoryServerChannel(Consumer<MemoryServerChannel> onBind) {
        this.onBind = onBind;
    }

    /** Hands a new connection to the server. */
    MemoryChannel accept(SocketAddress from) {
        MemoryChannel connection = new MemoryChannel(this, localAddress(), from);
        pipeline().fireChannelRead(connection);
        pipeline().fireChannelReadComplete();
        return connection;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        promise.setSuccess();
    }

    @Override
    protected void doBind(SocketAddress address) {
        local = address;
        onBind.accept(this);
    }

    @Override
    protected void doBeginRead() {
        // connections come when the test makes them
    }

    @Override
    protected void doClose() {
        closed = true;
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof TestLoop;
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return local;
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
        return !closed && local != null;
    }
}
