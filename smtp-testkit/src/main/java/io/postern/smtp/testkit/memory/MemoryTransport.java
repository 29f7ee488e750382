package io.postern.smtp.testkit.memory;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.postern.smtp.testkit.Wire;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Has a Vert.x use one {@link TestLoop} for everything, and lets it listen in memory. It makes no connections to others. */
@SuppressWarnings("deprecation") // the interface has InternetProtocolFamily in it
public final class MemoryTransport implements Transport, io.vertx.core.transport.Transport {

    private final TestLoop loop;
    private @Nullable MemoryServerChannel listener;

    public MemoryTransport(TestLoop loop) {
        this.loop = loop;
    }

    /**
     * Connects to the server that listens, and has it served so far that its greeting is there, unless it has to wait for
     * something.
     *
     * @param from the address of the client
     */
    public Wire connect(InetSocketAddress from) {
        MemoryServerChannel accepting = listener;
        if (accepting == null || !accepting.isOpen()) {
            throw new IllegalStateException("no server listens");
        }
        MemoryChannel connection = accepting.accept(from);
        loop.runDue();
        return new MemoryWire(connection, loop);
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public boolean available() {
        return true;
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
        return null;
    }

    @Override
    public Transport implementation() {
        return this;
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ioRatio) {
        return loop;
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return LocalIoHandler.newFactory();
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return () -> new MemoryServerChannel(bound -> listener = bound);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return () -> {
            throw noNetwork();
        };
    }

    @Override
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        throw noNetwork();
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
        return () -> {
            throw noNetwork();
        };
    }

    private static UnsupportedOperationException noNetwork() {
        return new UnsupportedOperationException(
                "the Vert.x of an SmtpHandlerTester has no network; give the handler a Vert.x of its own for that");
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
        // there is no socket that could have options
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, Bootstrap bootstrap) {
        // there is no socket that could have options
    }
}
