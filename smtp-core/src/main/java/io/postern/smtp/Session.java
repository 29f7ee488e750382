package io.postern.smtp;

import io.postern.smtp.sasl.Identity;
import io.vertx.core.Context;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/**
 * One connection as a handler sees it. Its values may be read inside hooks, on whichever thread they run, and on other
 * threads while the handler's answer is awaited.
 */
public interface Session {

    /** A name for this session that no other session of the server process has; every log line about it carries it. */
    String id();

    /**
     * The client's address. For a Unix socket it is the path of the server's socket, as clients have none. Who may speak
     * for others can change it, see {@link #clientOverride()}.
     */
    SocketAddress peer();

    /**
     * The client's address before an extension named another client: that of the connection or, behind a proxy, what the
     * proxy said. No command changes it.
     */
    SocketAddress originalPeer();

    /** The address that the client connected to; {@link #clientOverride()} may name another. */
    SocketAddress local();

    /** What the proxy said that the connection comes through; empty when it comes through none. */
    Optional<ProxyInfo> proxy();

    /** Whom the client speaks for, as it said with {@link XClient} or another extension; empty when for itself. */
    Optional<ClientOverride> clientOverride();

    /**
     * Where the message of this transaction, or of the next when none is open, comes from, as the client said with {@link
     * XForward}; empty when it said nothing. For logs and trace fields only.
     */
    Optional<ForwardedClient> forwardedClient();

    /** The name that the client gave with HELO, EHLO or LHLO; empty before. */
    Optional<String> hostName();

    /** Whether the client spoke EHLO or LHLO and may use extensions. */
    boolean extendedSmtp();

    /** Whether the server speaks LMTP (RFC 2033) with this client, and not SMTP. */
    boolean lmtp();

    /** Whether the connection is encrypted. */
    default boolean ssl() {
        return sslSession().isPresent();
    }

    /** The TLS session, for protocol, cipher suite and client certificate; empty on a plain connection. */
    Optional<SSLSession> sslSession();

    /** Who the client has proved to be with AUTH, or who {@link #clientOverride()} says that it is; empty before. */
    Optional<Identity> authenticated();

    /** The name that the server gives itself in replies. */
    String serverName();

    /** The greeting that {@link SmtpHandler#handleConnect} gives by default: 220, the server's name and its ident. */
    Reply greeting();

    /**
     * The Vert.x context on which hooks and the handlers of the body are called. It is the event loop of the connection,
     * or, when the server was deployed on worker or virtual threads, a context of these threads that this session has for
     * itself.
     */
    Context context();
}
