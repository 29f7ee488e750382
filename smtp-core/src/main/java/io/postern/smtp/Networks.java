package io.postern.smtp;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** A list of addresses and networks, to tell peers apart by. Immutable, for use on any thread. */
public final class Networks {

    private final List<IpSubnetFilterRule> networks;

    private Networks(List<IpSubnetFilterRule> networks) {
        this.networks = networks;
    }

    /**
     * @param networks IPv4 or IPv6 addresses, or networks such as {@code 192.0.2.0/24}; host bits behind the prefix do
     *     not count
     * @throws IllegalArgumentException when one is neither an address nor a network
     */
    public static Networks of(List<String> networks) {
        return new Networks(networks.stream().map(Networks::rule).toList());
    }

    private static IpSubnetFilterRule rule(String network) {
        int slash = network.indexOf('/');
        byte[] address = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? network : network.substring(0, slash));
        if (address != null) {
            InetAddress parsed = inetAddress(address);
            int bits = parsed.getAddress().length * Byte.SIZE;
            int mapped = address.length * Byte.SIZE - bits; // what stands in front of an IPv4 address mapped to IPv6
            int prefix = slash < 0 ? bits : prefix(network.substring(slash + 1)) - mapped;
            if (prefix >= 0 && prefix <= bits) {
                return new IpSubnetFilterRule(parsed, prefix, IpFilterRuleType.ACCEPT);
            }
        }
        throw new IllegalArgumentException(
                "\"" + network + "\"; expected is an address or a network such as 192.0.2.0/24");
    }

    private static InetAddress inetAddress(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for an array of another length than 4 and 16
        }
    }

    private static int prefix(String digits) {
        return digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : -1;
    }

    /**
     * Whether the peer has an address that is listed. An IPv4 address mapped to IPv6 is the IPv4 address. A peer without
     * an address, on a Unix socket or known by a name only, never is.
     */
    public boolean contains(SocketAddress peer) {
        String host = peer.isDomainSocket() ? null : peer.hostAddress();
        byte[] address = host == null ? null : NetUtil.createByteArrayFromIpAddressString(host);
        if (address == null) {
            return false;
        }
        InetSocketAddress socket = new InetSocketAddress(inetAddress(address), peer.port());
        return networks.stream().anyMatch(network -> network.matches(socket));
    }
}
