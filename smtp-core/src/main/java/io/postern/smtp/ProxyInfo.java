package io.postern.smtp;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.util.Map;

/**
 * What a PROXY protocol header said about a connection that comes through a proxy.
 *
 * @param source the client's address; the proxy's own when the header names none (v1 UNKNOWN, v2 LOCAL)
 * @param destination the address that the client connected to; ours when the header names none
 * @param proxy the address of the proxy
 * @param tlvs the type-length-value fields of version 2 by their type, 0 to 255; the last one where a type comes twice
 */
public record ProxyInfo(
        SocketAddress source, SocketAddress destination, SocketAddress proxy, Map<Integer, Buffer> tlvs) {

    /** The name that the client asked for in its TLS handshake with the proxy. */
    public static final int TLV_AUTHORITY = 0x02;
    /** What the proxy calls the connection. */
    public static final int TLV_UNIQUE_ID = 0x05;
    /** How the client's connection to the proxy is encrypted. */
    public static final int TLV_SSL = 0x20;

    public ProxyInfo {
        tlvs = Map.copyOf(tlvs);
    }
}
