package io.postern.smtp.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;

/** What a socket can do that Vert.x keeps to itself. */
final class Sockets {

    private Sockets() {}

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

    /** Closes at once. {@link NetSocket#close()} waits until all is written, for ever when the peer does not read. */
    @SuppressWarnings("FutureReturnValueIgnored") // the socket's close handler is told
    static void cut(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }
}
