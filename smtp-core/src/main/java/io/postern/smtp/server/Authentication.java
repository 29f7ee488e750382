package io.postern.smtp.server;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.sasl.SaslExchange;
import io.postern.smtp.sasl.SaslFailure;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSession;

/** One AUTH exchange of a connection, and what the connection knows while it goes on. */
final class Authentication implements SaslContext {

    private final ServerSettings settings;
    private final NetSocket socket;
    private final SocketAddress peer;

    Authentication(ServerSettings settings, NetSocket socket, SocketAddress peer) {
        this.settings = settings;
        this.socket = socket;
        this.peer = peer;
    }

    SaslExchange begin(String mechanism) {
        return settings.mechanism(mechanism).begin(this);
    }

    /** What the client reads of a failure. */
    static Reply reply(SaslFailure reason) {
        return switch (reason) {
            case MALFORMED -> Replies.BAD_AUTH_RESPONSE;
            case CREDENTIALS_INVALID -> Replies.CREDENTIALS_INVALID;
            case TEMPORARILY_UNAVAILABLE -> Replies.AUTH_UNAVAILABLE;
        };
    }

    @Override
    public String serverName() {
        return settings.hostName();
    }

    @Override
    public SocketAddress peer() {
        return peer;
    }

    @Override
    public Optional<SSLSession> tls() {
        return Optional.ofNullable(socket.sslSession());
    }

    @Override
    public Set<String> offeredMechanisms() {
        return new LinkedHashSet<>(settings.offeredMechanisms(this));
    }
}
