package io.postern.smtp.server;

import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;

/** What clients are told apart by where they are counted. */
final class ClientAddress {

    private ClientAddress() {}

    /** The address of the client; all clients of a Unix socket share one, as they have none. */
    static String of(NetSocket socket) {
        SocketAddress local = socket.localAddress();
        SocketAddress remote = socket.remoteAddress();
        if (remote == null || (local != null && local.isDomainSocket())) {
            return "unix";
        }
        String address = remote.hostAddress();
        return address == null ? remote.toString() : address;
    }
}
