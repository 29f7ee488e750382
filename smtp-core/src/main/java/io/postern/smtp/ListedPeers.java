package io.postern.smtp;

import io.vertx.core.net.SocketAddress;
import java.util.List;

/** Peers that may say something of others. Nobody is among them who is not listed. */
final class ListedPeers {

    private static final String UNIX = "unix";

    private final boolean unix;
    private final Networks networks;

    /** @param peers addresses, networks, and {@code unix} for whoever may connect to a Unix socket */
    ListedPeers(List<String> peers) {
        this.unix = peers.contains(UNIX);
        this.networks =
                Networks.of(peers.stream().filter(peer -> !peer.equals(UNIX)).toList());
    }

    // The peer before any override: else one command of the listed peer could take the right away or, from somebody who
    // names a listed address, gain it
    boolean contains(Session session) {
        SocketAddress peer = session.originalPeer();
        return peer.isDomainSocket() ? unix : networks.contains(peer);
    }
}
