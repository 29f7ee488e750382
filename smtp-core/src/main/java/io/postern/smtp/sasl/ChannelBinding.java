package io.postern.smtp.sasl;

import java.util.Optional;
import javax.net.ssl.SSLSession;

/** Channel binding data of a TLS session, seen from the server. */
final class ChannelBinding {

    private ChannelBinding() {}

    static Optional<byte[]> of(String type, SSLSession session) {
        throw new UnsupportedOperationException(type + session);
    }
}
