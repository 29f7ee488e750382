package io.postern.smtp.server;

import io.postern.smtp.Networks;
import io.vertx.core.net.SocketAddress;
import java.util.List;

/** Who may send a PROXY protocol header: from anybody else it would be a lie about the client. */
final class ProxyPeers {

    private static final String DECODER = "io.netty.handler.codec.haproxy.HAProxyMessageDecoder";

    private final Networks networks;

    /** @param networks addresses or networks such as {@code 192.0.2.0/24} */
    ProxyPeers(List<String> networks) {
        try {
            this.networks = Networks.of(networks);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("proxyFrom has " + e.getMessage(), e);
        }
    }

    /** Whether a header from this address, the real one of the connection, may be believed. */
    boolean contains(SocketAddress peer) {
        // who may connect to a Unix socket is up to its permissions
        return peer.isDomainSocket() || networks.contains(peer);
    }

    /** Whether headers can be read: who excludes the decoder from the path is told at the start. */
    static boolean isDecoderPresent() {
        try {
            Class.forName(DECODER);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
