package io.postern.smtp.server;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** What a socket can do that Vert.x keeps to itself. */
final class Sockets {

    /**
     * Room for a read of the socket: a message of ordinary size goes into the least. Netty would begin to guess with 64 octets,
     * take that for enough after some commands, and need two reads for the message that follows them.
     */
    private static final RecvByteBufAllocator ROOM_TO_READ = new AdaptiveRecvByteBufAllocator(4_096, 4_096, 65_536);

    private Sockets() {}

    /** Puts a handler where it sees plain octets: between TLS, also if that comes later, and all that reads from the socket. */
    static void insert(NetSocket socket, ChannelHandler handler) {
        ChannelHandlerContext vertx = ((NetSocketInternal) socket).channelHandlerContext();
        vertx.pipeline().addBefore(vertx.name(), "wiretap", handler);
    }

    /** Has what comes read with {@linkplain #ROOM_TO_READ room} for a message. To be called before the first read. */
    static void giveRoomToRead(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().channel().config().setRecvByteBufAllocator(ROOM_TO_READ);
    }

    /**
     * Takes out what Vert.x keeps ready to send files with: it takes 88 octets, and every write passes through it. TLS, when
     * it is put in place, brings it back.
     */
    static void sendNoFiles(NetSocket socket) {
        ChannelPipeline pipeline =
                ((NetSocketInternal) socket).channelHandlerContext().pipeline();
        ChannelHandler files = pipeline.get(ChunkedWriteHandler.class);
        if (files != null) {
            pipeline.remove(files);
        }
    }

    /**
     * Keeps a socket open when the client has closed its side of it, so that it can still be told what it asked for;
     * without this it is closed at once, paused or not.
     *
     * @param ended called when the client has closed its side, on the socket's event loop
     */
    static void onInputEnd(NetSocket socket, Runnable ended) {
        ChannelHandlerContext vertx = ((NetSocketInternal) socket).channelHandlerContext();
        vertx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        vertx.pipeline().addBefore(vertx.name(), "inputEnd", new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event instanceof ChannelInputShutdownEvent) {
                    ended.run();
                }
                context.fireUserEventTriggered(event);
            }
        });
    }

    /**
     * Reads the PROXY protocol header that a connection begins with.
     *
     * @param come called once with the header, on the socket's event loop, from whichever context
     * @param malformed called when something else comes, in the same way
     * @return keeps what comes behind the header until it is {@linkplain ProxyGate#open() opened}. It opens by itself when
     *     {@link NetSocket#upgradeToSsl} has put TLS in place, which then gets all of it
     */
    static ProxyGate readProxyHeader(NetSocket socket, Consumer<ProxyGate.Header> come, Runnable malformed) {
        ProxyGate gate = new ProxyGate(come, malformed);
        gate.addTo(((NetSocketInternal) socket).channelHandlerContext().pipeline());
        return gate;
    }

    /** Sends a region of an array, which is not written to any more. */
    @SuppressWarnings("FutureReturnValueIgnored") // who closes the socket is told of it
    static void write(NetSocket socket, byte[] bytes, int from, int to) {
        // Not memory of a pool, though it would save a copy: what still waits when a connection ends Vert.x does not
        // give back
        ((NetSocketInternal) socket).writeMessage(Unpooled.wrappedBuffer(bytes, from, to - from));
    }

    /** Closes at once. {@link NetSocket#close()} waits until all is written, for ever when the peer does not read. */
    @SuppressWarnings("FutureReturnValueIgnored") // the socket's close handler is told
    static void cut(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }

    /**
     * Runs an action on the event loop of a socket when the loop has looked at all its sockets once more. What is merely put
     * into its queue comes before them: tasks that follow each other without end keep it from its sockets for a second.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // it runs, or the loop has ended
    static void afterOthers(NetSocket socket, Runnable action) {
        // A task that is scheduled waits for the next round, even if it is due
        ((NetSocketInternal) socket).channelHandlerContext().executor().schedule(action, 0, TimeUnit.NANOSECONDS);
    }

    /**
     * Loads what the first handshake of a process would load on an event loop, for some hundred milliseconds. Blocks.
     *
     * @param keys those of a server
     */
    static void prepareTls(KeyManagerFactory keys) throws SSLException {
        SslContextBuilder.forServer(keys)
                .sslProvider(SslProvider.JDK)
                .build()
                .newEngine(ByteBufAllocator.DEFAULT)
                .closeOutbound();
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
}
