package io.postern.smtp.handlers.routing;

import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Who a client is to a policy: not one address, of which a client may have many, but the network that it has them from. */
final class ClientNetwork {

    private ClientNetwork() {}

    /**
     * The first octets of the client's address, as text that stands for them; empty when it has none, on a Unix socket.
     *
     * @param ipv4Octets how many octets of an IPv4 address, also of one that is mapped to IPv6, tell clients apart
     * @param ipv6Octets how many of an IPv6 address do
     */
    static Optional<String> of(SocketAddress peer, int ipv4Octets, int ipv6Octets) {
        String host = peer.isDomainSocket() ? null : peer.hostAddress();
        // an IPv4 address mapped to IPv6 is read as IPv4
        InetAddress address = host == null ? null : NetUtil.createInetAddressFromIpAddressString(host);
        if (address == null) {
            return Optional.empty();
        }
        byte[] octets = address.getAddress();
        int prefix = octets.length == 4 ? ipv4Octets : ipv6Octets;
        return Optional.of(octets.length + ":" + HexFormat.of().formatHex(Arrays.copyOf(octets, prefix)));
    }
}
