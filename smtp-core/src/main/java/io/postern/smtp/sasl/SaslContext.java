package io.postern.smtp.sasl;

import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSession;

/** What the connection knows while a client authenticates. Read while it does, where the mechanism is called. */
public interface SaslContext {

    /** The name that the server gives itself in replies. */
    String serverName();

    /** The client's address. */
    SocketAddress peer();

    /** The TLS session; empty on a plain connection. */
    Optional<SSLSession> tls();

    /**
     * The names of the mechanisms that this connection lists after EHLO, in upper case. SCRAM needs them to see that
     * someone between client and server removed some (RFC 5802 §6).
     */
    Set<String> offeredMechanisms();

    /**
     * Data that both ends of this TLS connection know and no other connection has.
     *
     * @param type {@code tls-exporter} (RFC 9266; with TLS 1.3 on JDK 25 and newer) or {@code tls-server-end-point}
     *     (RFC 5929 §4); others are unknown
     * @return empty without TLS, and where this JDK or the certificate cannot give it
     */
    default Optional<byte[]> channelBinding(String type) {
        return tls().flatMap(session -> ChannelBinding.of(type, session));
    }
}
