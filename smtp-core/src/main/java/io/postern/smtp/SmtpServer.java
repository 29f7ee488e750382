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
 * deploy several instances of {@link SmtpServerVerticle}. When that is called on a worker or virtual thread of Vert.x, an
 * event loop still serves the connections, and hooks are called on such threads.
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

    /**
     * A server that takes a new handler for every connection, so that a handler may keep what it knows in fields. The
     * supplier is called on the event loop.
     */
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
     * Tells {@code metrics} what happens from now on.
     *
     * @throws IllegalStateException when the server listens already
     */
    SmtpServer setMetrics(SmtpMetrics metrics);

    /**
     * Listens where the options say: on every address of {@link SmtpServerOptions#setHost their host}, all with the same
     * port, or on a Unix socket.
     *
     * @return fails when one of the addresses cannot be bound, with that address and the cause; none is bound then
     */
    Future<SmtpServer> listen();

    /**
     * Listens on this address and no other. Port 0 takes a free port. The file of a Unix socket is removed when the server
     * stops; one that was left behind by another process is replaced, but neither a socket that somebody listens on nor any
     * other file.
     *
     * @return fails when the address cannot be bound, with the cause
     */
    Future<SmtpServer> listen(SocketAddress address);

    /** Like {@link #listen(SocketAddress)}. */
    default Future<SmtpServer> listen(int port, String host) {
        return listen(SocketAddress.inetSocketAddress(port, host));
    }

    /**
     * Takes other options, without dropping a connection: sessions that begin from now on have them, all of them at once;
     * those that run keep what they began with, limits, rules and certificates, to their end. Updates take effect one after
     * the other, and hold when the server listens again. May be called on any thread.
     *
     * <p>Not to be changed while the server listens are the options of its sockets: host, port, unixSocket and its
     * permissions, lmtp, net. A server that was given another address to listen
     * on than that of its options keeps it.
     *
     * @return fails when an option is not allowed, or a certificate is broken, with the name of the option; all stays as it
     *     was then
     */
    Future<Void> update(SmtpServerOptions options);

    /** Like {@link #update(SmtpServerOptions)}, and new connections get their handlers from {@code handlers}. */
    Future<Void> update(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options);

    /**
     * {@link #update(SmtpServerOptions) Updates} the certificates alone, with STARTTLS and with implicit TLS. Files are read
     * anew, also under the same path.
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
     * their reply and then the 421. What still runs after {@code grace} is told 421 and closed. A {@link #listen()} that is
     * under way fails. May be called on any thread.
     * When the verticle ends that called {@link #listen()}, or the Vertx is closed, the server is shut down with the grace
     * time of its options.
     *
     * @param grace how long running transactions may take
     */
    Future<Void> shutdown(Duration grace);

    /** Like {@link #shutdown(Duration)} with {@link SmtpServerOptions#getShutdownGrace() the grace time of the options}. */
    Future<Void> shutdown();

    /** Like {@link #shutdown(Duration)} without any grace time. */
    default Future<Void> close() {
        return shutdown(Duration.ZERO);
    }
}
