package io.postern.smtp.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;

/**
 * Everything that needs what is internal to Vert.x: buffers without a copy, and what can be done to a socket only through
 * its channel. No other class touches these.
 */
final class Internals {

    /** Takes a region of an array. */
    interface RegionConsumer {
        void accept(byte[] bytes, int from, int to);
    }

    private Internals() {}

    /** Hands on the array that {@code read} stands for. Vert.x gives each read an array of its own. */
    static void unwrap(Buffer read, RegionConsumer consumer) {
        ByteBuf bytes = ((BufferInternal) read).getByteBuf();
        if (bytes.hasArray()) {
            int from = bytes.arrayOffset() + bytes.readerIndex();
            consumer.accept(bytes.array(), from, from + bytes.readableBytes());
        } else {
            consumer.accept(read.getBytes(), 0, read.length());
        }
    }

    /** A buffer that shares memory with the region. */
    static Buffer wrap(byte[] bytes, int from, int to) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, from, to - from));
    }

    /**
     * Watches over a TLS 1.2 connection for a client that begins a second handshake, which the JDK would let it do as
     * often as it likes. TLS 1.3 has no renegotiation.
     *
     * @param attempt what is done when the client tries
     */
    static void watchRenegotiation(NetSocket socket, Runnable attempt) {
        ChannelPipeline pipeline =
                ((NetSocketInternal) socket).channelHandlerContext().pipeline();
        ChannelHandlerContext tls = pipeline.context(SslHandler.class);
        if (tls == null) {
            return;
        }
        SSLEngine engine = ((SslHandler) tls.handler()).engine();
        if (!engine.getSession().getProtocol().equals("TLSv1.2")) {
            return;
        }
        pipeline.addAfter(tls.name(), "renegotiation", new ChannelInboundHandlerAdapter() {
            @Override
            public void channelReadComplete(ChannelHandlerContext context) {
                // A handshake takes an answer of the client, so it can not be both begun and done within one read
                if (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
                    attempt.run();
                }
                context.fireChannelReadComplete();
            }
        });
    }

    /** Closes a connection at once, whatever its client has not read yet. */
    static void abort(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }
}
