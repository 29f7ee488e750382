package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Session;
import io.postern.smtp.sasl.Identity;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;

/**
 * What the server knows about a client when it asks a consumer. It is the same wherever the consumer is.
 *
 * @param id the session in the logs of its server; another server may use the same
 * @param serverName what the server calls itself
 * @param lmtp whether the client speaks LMTP, and not SMTP
 * @param peer the client's address
 * @param hostName what the client calls itself; empty when it has not said so
 * @param tls how the connection is encrypted; empty when it is not
 * @param authenticated who the client has proved to be; empty when it has not. Attributes of the identity stay with the
 *     server, as they may be secrets
 */
public record BusSession(
        String id,
        String serverName,
        boolean lmtp,
        SocketAddress peer,
        Optional<String> hostName,
        Optional<BusTls> tls,
        Optional<Identity> authenticated) {

    static BusSession of(Session session) {
        return new BusSession(
                session.id(),
                session.serverName(),
                session.lmtp(),
                plain(session.peer()),
                session.hostName(),
                session.sslSession().map(BusTls::of),
                session.authenticated().map(BusSession::withoutAttributes));
    }

    // as it is read from the wire again: of an address that was resolved only the number stays
    private static SocketAddress plain(SocketAddress peer) {
        if (peer.isDomainSocket()) {
            return peer;
        }
        String number = peer.hostAddress();
        return SocketAddress.inetSocketAddress(peer.port(), number == null ? peer.host() : number);
    }

    private static Identity withoutAttributes(Identity identity) {
        return Identity.of(identity.authenticationId()).actingFor(identity.authorizationId());
    }
}
