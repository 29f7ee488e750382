package io.postern.smtp.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundInvoker;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.TransportProtocol;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the PROXY protocol header off the beginning of a connection, and keeps what comes behind it until it is known who
 * is to read it: the server itself, or TLS. It belongs to the event loop of the channel.
 */
final class ProxyGate extends ChannelDuplexHandler {

    /** How many octets are kept before the channel is no longer read. */
    private static final int MAX_KEPT = 16_384;

    private final Consumer<Header> come;
    private final Runnable malformed;
    private final Queue<ByteBuf> kept = new ArrayDeque<>();
    private int keptOctets;
    private @Nullable Header header;
    private @Nullable ChannelHandlerContext context;

    /**
     * What a header said.
     *
     * @param source the client; empty when the header names none
     * @param destination where the client connected to; empty when the header names none
     * @param tlvs the fields of version 2 by their type
     */
    record Header(Optional<SocketAddress> source, Optional<SocketAddress> destination, Map<Integer, Buffer> tlvs) {}

    /**
     * @param come called once with the header; all that has come with it is kept by then
     * @param malformed called when there is no header, or none of a connection that is a stream
     */
    ProxyGate(Consumer<Header> come, Runnable malformed) {
        this.come = come;
        this.malformed = malformed;
    }

    /** Puts itself, and a decoder in front of it, before everything else that reads. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addFirst("proxyGate", this);
        pipeline.addFirst("proxyHeader", new HAProxyMessageDecoder()); // which takes itself out behind the header
    }

    /** Gives what was kept to those behind, as if it came just now, and so all that follows. */
    void open() {
        // From here, not from the head: that would read on, and with epoll close a channel whose input has ended
        ChannelHandlerContext from = context;
        if (from != null) {
            open(from);
        }
    }

    private void open(ChannelInboundInvoker from) {
        if (context == null) {
            return; // closed meanwhile
        }
        ChannelPipeline pipeline = context.pipeline();
        Queue<ByteBuf> given = new ArrayDeque<>(kept);
        kept.clear();
        pipeline.remove(this);
        pipeline.channel().config().setAutoRead(true);
        if (!given.isEmpty()) {
            given.forEach(from::fireChannelRead);
            from.fireChannelReadComplete();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        context = null;
        kept.forEach(ReferenceCountUtil::release);
        kept.clear();
    }

    @Override
    public void channelRead(ChannelHandlerContext reader, Object message) {
        if (message instanceof HAProxyMessage decoded) {
            header(decoded);
        } else if (message instanceof ByteBuf octets) {
            kept.add(octets);
            keptOctets += octets.readableBytes();
            if (keptOctets > MAX_KEPT) {
                reader.channel().config().setAutoRead(false);
            }
        } else {
            reader.fireChannelRead(message);
        }
    }

    private void header(HAProxyMessage decoded) {
        try {
            if (decoded.proxiedProtocol().transportProtocol() == TransportProtocol.DGRAM) {
                malformed.run();
            } else {
                header = headerOf(decoded);
            }
        } finally {
            decoded.release();
        }
    }

    private static Header headerOf(HAProxyMessage decoded) {
        HAProxyProxiedProtocol protocol = decoded.proxiedProtocol();
        Map<Integer, Buffer> tlvs = new HashMap<>();
        for (HAProxyTLV tlv : decoded.tlvs()) {
            tlvs.put(tlv.typeByteValue() & 0xFF, Buffer.buffer(ByteBufUtil.getBytes(tlv.content())));
        }
        return new Header(
                address(protocol, decoded.sourceAddress(), decoded.sourcePort()),
                address(protocol, decoded.destinationAddress(), decoded.destinationPort()),
                tlvs);
    }

    private static Optional<SocketAddress> address(
            HAProxyProxiedProtocol protocol, @Nullable String address, int port) {
        if (protocol == HAProxyProxiedProtocol.UNKNOWN || address == null) {
            return Optional.empty();
        }
        return Optional.of(
                protocol == HAProxyProxiedProtocol.UNIX_STREAM
                        ? SocketAddress.domainSocketAddress(address)
                        : SocketAddress.inetSocketAddress(port, address));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext reader) {
        // Only now is here what came in one piece with the header: the decoder hands that over as it leaves
        Header complete = header;
        header = null;
        if (complete != null) {
            come.accept(complete);
        }
        reader.fireChannelReadComplete();
    }

    /**
     * Vert.x writes before it puts TLS into the pipeline, and does so when the write is done. So what was kept has a reader
     * as soon as that has been told.
     */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it is the promise, which has a listener
    public void write(ChannelHandlerContext writer, Object message, ChannelPromise promise) {
        ChannelPromise written = writer.newPromise();
        written.addListener(done -> writer.executor().execute(() -> {
            if (done.isSuccess()) {
                promise.trySuccess();
                open(writer.pipeline());
            } else {
                promise.tryFailure(done.cause());
            }
        }));
        writer.write(message, written);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext reader, Throwable cause) {
        if (cause instanceof DecoderException) {
            malformed.run();
        } else {
            reader.fireExceptionCaught(cause);
        }
    }
}
