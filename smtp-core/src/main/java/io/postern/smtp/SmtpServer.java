package io.postern.smtp;

import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.server.VertxSmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * An SMTP server on a Vert.x event loop. It uses the event loop on which {@link #listen()} is called; to use several,
 * deploy several instances of {@link SmtpServerVerticle}.
 *
 * <pre>{@code
 * SmtpServer.create(vertx, handler, new SmtpServerOptions().setHostName("mx.example.org"))
 *         .listen(2525, "::1");
 * }</pre>
 */
public interface SmtpServer {

    /** A server with one handler for all connections. */
    static SmtpServer create(Vertx vertx, SmtpHandler handler, SmtpServerOptions options) {
        return create(vertx, () -> handler, options);
    }

    /** A server that takes a new handler for every connection, so that a handler may keep what it knows in fields. */
    static SmtpServer create(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return new VertxSmtpServer(vertx, handlers, options);
    }

    /** Like {@link #create(Vertx, SmtpHandler, SmtpServerOptions)} with default options. */
    static SmtpServer create(Vertx vertx, SmtpHandler handler) {
        return create(vertx, handler, new SmtpServerOptions());
    }

    /**
     * Adds a service extension.
     *
     * @throws IllegalStateException when the server listens already
     * @throws IllegalArgumentException when the verb or a keyword is malformed or taken
     */
    SmtpServer addExtension(Extension extension);

    /**
     * Adds a way for clients to authenticate themselves (RFC 4954). Mechanisms are listed in the order in which they were
     * added.
     *
     * @throws IllegalStateException when the server listens already
     * @throws IllegalArgumentException when there is a mechanism of that name
     */
    SmtpServer addMechanism(SaslMechanism mechanism);

    /**
     * Listens where the options say: on every address of {@link SmtpServerOptions#setHost their host}, all with the same
     * port, or on a Unix socket.
     *
     * @return fails when one of the addresses cannot be bound, with that address and the cause; none is bound then
     */
    Future<SmtpServer> listen();

    /**
     * Listens on this address and no other. Port 0 takes a free port. The file of a Unix socket is removed when the server stops; one that
     * was left behind by another process is replaced, but neither a socket that somebody listens on nor any other file.
     *
     * @return fails when the address cannot be bound, with the cause
     */
    Future<SmtpServer> listen(SocketAddress address);

    /** Like {@link #listen(SocketAddress)}. */
    default Future<SmtpServer> listen(int port, String host) {
        return listen(SocketAddress.inetSocketAddress(port, host));
    }

    /**
     * Takes other certificates, without dropping a connection: handshakes that begin from now on use them, with STARTTLS
     * and with implicit TLS. Files are read anew, also under the same path.
     *
     * @return fails when {@code tls} is broken; the certificates in use stay in force then
     */
    Future<Void> updateTls(ServerSSLOptions tls);

    /** The port that the server listens on; -1 when it does not listen or listens on a Unix socket. */
    int actualPort();

    /** The addresses that the server listens on, with their real ports; none when it does not listen. */
    List<SocketAddress> addresses();

    /** How many connections are open now. */
    int connections();

    /**
     * Stops: no new connections, {@code 421 4.3.2} to sessions that are between transactions; running transactions get
     * their reply and then the 421. What still runs after {@code grace} is told 421 and closed. May be called on any thread.
     *
     * @param grace how long running transactions may take
     */
    Future<Void> shutdown(Duration grace);

    /** Like {@link #shutdown(Duration)} without any grace time. */
    default Future<Void> close() {
        return shutdown(Duration.ZERO);
    }
}
