package io.postern.smtp.server;

import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What clients are told apart by where they are counted. */
final class ClientAddress {

    private ClientAddress() {}

    /** What a client is counted as; all clients of a Unix socket share one address, as they have none. */
    static String of(@Nullable SocketAddress client) {
        if (client == null || client.isDomainSocket()) {
            return "unix";
        }
        String address = client.hostAddress();
        return address == null ? client.toString() : address;
    }
}
