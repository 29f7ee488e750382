package io.postern.smtp.server;

import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;

/** What a socket can do that Vert.x keeps to itself. */
final class Sockets {

    private Sockets() {}

    /** Closes at once. {@link NetSocket#close()} waits until all is written, for ever when the peer does not read. */
    @SuppressWarnings("FutureReturnValueIgnored") // the socket's close handler is told
    static void cut(NetSocket socket) {
        ((NetSocketInternal) socket).channelHandlerContext().close();
    }
}
