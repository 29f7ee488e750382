package io.postern.smtp.server;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Who may send a PROXY protocol header: from anybody else it would be a lie about the client. */
final class ProxyPeers {

    private static final String DECODER = "io.netty.handler.codec.haproxy.HAProxyMessageDecoder";

    private final List<IpSubnetFilterRule> networks;

    /** @param networks addresses or networks such as {@code 192.0.2.0/24} */
    ProxyPeers(List<String> networks) {
        this.networks = networks.stream().map(ProxyPeers::rule).toList();
    }

    /** @throws IllegalArgumentException when {@code network} is neither an address nor a network */
    static IpSubnetFilterRule rule(String network) {
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
                "proxyFrom has \"" + network + "\"; expected is an address or a network such as 192.0.2.0/24");
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

    /** Whether a header from this address, the real one of the connection, may be believed. */
    boolean contains(SocketAddress peer) {
        if (peer.isDomainSocket()) {
            return true; // who may connect to the socket is up to its permissions
        }
        String host = peer.hostAddress();
        byte[] address = host == null ? null : NetUtil.createByteArrayFromIpAddressString(host);
        if (address == null) {
            return false;
        }
        InetSocketAddress socket = new InetSocketAddress(inetAddress(address), peer.port());
        return networks.stream().anyMatch(network -> network.matches(socket));
    }

    /** Vert.x leaves the header in the stream, as if the client had sent it, when the decoder is missing. */
    static boolean isDecoderPresent() {
        try {
            Class.forName(DECODER);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
