package io.postern.smtp.handlers.eventbus;

import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * How the connection of a client is encrypted.
 *
 * @param protocol such as {@code TLSv1.3}
 * @param cipherSuite such as {@code TLS_AES_256_GCM_SHA384}
 * @param clientName the subject of the client's certificate; empty when it gave none that was verified
 */
public record BusTls(String protocol, String cipherSuite, Optional<String> clientName) {

    static BusTls of(SSLSession tls) {
        return new BusTls(tls.getProtocol(), tls.getCipherSuite(), clientName(tls));
    }

    private static Optional<String> clientName(SSLSession tls) {
        try {
            return Optional.of(tls.getPeerPrincipal().getName());
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }
}
