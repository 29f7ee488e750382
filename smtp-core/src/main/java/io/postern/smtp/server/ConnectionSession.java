package io.postern.smtp.server;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.protocol.SmtpEngine;
import io.postern.smtp.sasl.Identity;
import io.vertx.core.Context;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What a handler sees of one connection, and who the client turned out to be. */
final class ConnectionSession implements Session {

    private final VertxSmtpServer server;
    private final long number;
    private final ServerSettings settings;
    private final NetSocket socket;
    private final SmtpEngine engine;
    private final Context context;

    private @Nullable ProxyInfo proxy;
    private @Nullable ClientOverride override;
    private @Nullable Identity identity;

    /** @param context where hooks are called */
    ConnectionSession(
            VertxSmtpServer server,
            long number,
            ServerSettings settings,
            NetSocket socket,
            SmtpEngine engine,
            Context context) {
        this.server = server;
        this.number = number;
        this.settings = settings;
        this.socket = socket;
        this.engine = engine;
        this.context = context;
    }

    /** Notes what a proxy said. */
    ProxyInfo proxied(ProxyGate.Header header) {
        SocketAddress sender = originalPeer();
        ProxyInfo said = new ProxyInfo(
                header.source().orElse(sender), header.destination().orElseGet(this::local), sender, header.tlvs());
        proxy = said;
        return said;
    }

    /** Notes that the client speaks for another one, who may have logged in there. */
    void speaksFor(ClientOverride client) {
        override = client;
        identity = client.login().map(Identity::of).orElse(null);
    }

    void authenticated(Identity client) {
        identity = client;
    }

    /** What was learnt before STARTTLS is forgotten, but for the addresses (RFC 3207 §4.2). */
    void encrypted() {
        identity = null;
        if (override != null) {
            override = override.withLogin(Optional.empty());
        }
    }

    @Override
    public String id() {
        return server.sessionId(number);
    }

    @Override
    public SocketAddress peer() {
        ClientOverride client = override;
        return client == null ? originalPeer() : overridden(originalPeer(), client.address(), client.port());
    }

    @Override
    public SocketAddress originalPeer() {
        return proxy == null ? named(socket.remoteAddress()) : proxy.source();
    }

    @Override
    public SocketAddress local() {
        ClientOverride client = override;
        SocketAddress own = proxy == null ? named(socket.localAddress()) : proxy.destination();
        return client == null ? own : overridden(own, client.localAddress(), client.localPort());
    }

    private static SocketAddress overridden(SocketAddress own, Optional<String> address, OptionalInt port) {
        if (address.isPresent()) {
            return SocketAddress.inetSocketAddress(port.orElse(0), address.get());
        }
        return port.isEmpty() || own.isDomainSocket()
                ? own
                : SocketAddress.inetSocketAddress(port.getAsInt(), own.host());
    }

    @Override
    public Optional<ClientOverride> clientOverride() {
        return Optional.ofNullable(override);
    }

    @Override
    public Optional<ForwardedClient> forwardedClient() {
        return engine.forwarded();
    }

    /**
     * The peer of a Unix socket has no address, but not every transport says so, and the socket was bound under another
     * path than its clients see.
     */
    private SocketAddress named(SocketAddress end) {
        SocketAddress own = settings.address();
        return own.isDomainSocket() && end.isDomainSocket() ? own : end;
    }

    @Override
    public Optional<String> hostName() {
        return engine.hostName();
    }

    @Override
    public boolean extendedSmtp() {
        return engine.extended();
    }

    @Override
    public boolean lmtp() {
        return settings.options().isLmtp();
    }

    @Override
    public Optional<SSLSession> sslSession() {
        return Optional.ofNullable(socket.sslSession());
    }

    @Override
    public Optional<ProxyInfo> proxy() {
        return Optional.ofNullable(proxy);
    }

    @Override
    public Optional<Identity> authenticated() {
        return Optional.ofNullable(identity);
    }

    @Override
    public String serverName() {
        return settings.hostName();
    }

    @Override
    public Reply greeting() {
        return settings.greeting();
    }

    @Override
    public Context context() {
        return context;
    }

    @Override
    public String toString() {
        return "Session[" + id() + ", peer=" + peer() + ", phase=" + engine.phase() + "]";
    }
}
