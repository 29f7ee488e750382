package io.postern.smtp.server;

import io.postern.smtp.Limit;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.net.NetSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a connection comes in: the header of its proxy, TLS from the first octet, the delay of the greeting, each where the
 * options ask for it, one after the other. What the client sends meanwhile does not reach the engine.
 */
final class Entry {

    private static final Logger LOG = System.getLogger(Entry.class.getName());

    private enum Step {
        /** The proxy is to send its header. */
        HEADER,
        /** The handler decides about the proxy. */
        DECISION,
        /** The client is to shake hands; how long it may take is watched by TLS itself. */
        HANDSHAKE,
        /** The client is to wait for the greeting, which ends the way in. */
        DELAY,
        /** The client is sent away. */
        REFUSED
    }

    private final VertxSmtpServer server;
    private final ServerSettings settings;
    private final SmtpServerOptions options;
    private final SmtpMetrics metrics;
    private final NetSocket socket;
    private final Census.Place place;
    private final SmtpConnection connection;

    private Step step = Step.DELAY;
    /** When the step began, in milliseconds of {@link Deadlines#now()}. */
    private long since;

    private boolean inputEnded;
    private @Nullable ProxyGate gate;

    Entry(
            VertxSmtpServer server,
            ServerSettings settings,
            NetSocket socket,
            Census.Place place,
            SmtpConnection connection) {
        this.server = server;
        this.settings = settings;
        this.options = settings.options();
        this.metrics = server.metrics();
        this.socket = socket;
        this.place = place;
        this.connection = connection;
    }

    /** Begins with the first step, in the turn of the event loop that has accepted the connection. */
    void begin() {
        if (options.isProxyProtocol()) {
            next(Step.HEADER);
            connection.hold();
            gate = Sockets.readProxyHeader(
                    socket,
                    header -> connection.dispatch(() -> headerCame(header)),
                    () -> connection.dispatch(() -> headerFailed(Limit.PROXY_HEADER, "is malformed")));
        } else {
            encrypt();
        }
    }

    /** Whether the client has got as far as the greeting or what is said in its place. */
    boolean isServed() {
        return step == Step.DELAY;
    }

    private void next(Step begun) {
        step = begun;
        since = server.deadlines().now();
    }

    // The proxy

    private void headerCame(ProxyGate.Header header) {
        if (step != Step.HEADER) {
            return;
        }
        ProxyInfo said = connection.proxied(header);
        if (place.claim(ClientAddress.of(said.source()), options.getMaxConnectionsPerIp())) {
            next(Step.DECISION);
            connection.askAboutProxy(said, this::decided);
        } else {
            metrics.limitHit(Limit.CONNECTIONS_PER_ADDRESS);
            LOG.log(Level.DEBUG, () -> connection.id() + ": too many connections from " + said.source());
            refuse(Replies.TOO_MANY_CONNECTIONS);
        }
    }

    private void headerFailed(Limit limit, String reason) {
        if (step != Step.HEADER) {
            return;
        }
        metrics.limitHit(limit);
        server.proxyWarnings()
                .warn(() -> connection.id() + ": closed a connection from " + connection.peer() + ": its PROXY header "
                        + reason);
        step = Step.REFUSED;
        connection.tellProxyFailure("the PROXY header " + reason);
        Sockets.cut(socket);
    }

    private void decided(boolean accepted) {
        if (step != Step.DECISION) {
            return; // too late
        }
        if (accepted) {
            encrypt();
        } else {
            refuse();
        }
    }

    // TLS

    private void encrypt() {
        if (!options.isImplicitTls()) {
            openGate();
            delay();
            return;
        }
        next(Step.HANDSHAKE);
        connection.hold();
        if (inputEnded) {
            refuse();
            return;
        }
        connection.whenComplete(socket.upgradeToSsl(settings.tls().orElseThrow()), done -> {
            if (step != Step.HANDSHAKE) {
                return;
            }
            if (done.succeeded()) {
                connection.encrypted();
                delay();
            } else {
                metrics.tlsFailed();
                LOG.log(Level.DEBUG, () -> connection.id() + ": TLS handshake failed: " + done.cause());
                refuse();
            }
        });
    }

    private void openGate() {
        ProxyGate closed = gate;
        if (closed != null) {
            closed.open();
        }
    }

    // The greeting

    private void delay() {
        next(Step.DELAY);
        metrics.connectionOpened();
        Duration delay = options.getGreetingDelay();
        if (delay.isZero()) {
            greet();
        } else {
            // reads meanwhile, to catch a client that does not wait for the greeting
            connection.release();
            server.deadlines().after(delay, this::greet);
        }
    }

    private void greet() {
        if (step == Step.DELAY && !connection.isEnding()) {
            connection.greet();
        }
    }

    // What comes between

    /** Sends away who waits too long, or is waited for. */
    void checkDeadline(long now) {
        if (step == Step.HEADER && Deadlines.isOver(options.getProxyProtocolTimeout(), now - since)) {
            headerFailed(Limit.PROXY_TIMEOUT, "has not come in time");
        } else if (step == Step.DECISION && Deadlines.isOver(options.getHandlerTimeout(), now - since)) {
            metrics.limitHit(Limit.HANDLER_TIMEOUT);
            LOG.log(Level.WARNING, () -> connection.id() + ": the handler has not decided about the proxy in time");
            refuse();
        }
    }

    /** The client has closed its side, so that neither header nor handshake will come. */
    void inputEnded() {
        inputEnded = true;
        if (step == Step.HEADER) {
            headerFailed(Limit.PROXY_HEADER, "is missing");
        } else if (step == Step.HANDSHAKE) {
            metrics.tlsFailed();
            refuse();
        }
    }

    /** Closes the connection at once. Nothing is said, as it would stand where the client expects TLS. */
    void refuse() {
        step = Step.REFUSED;
        Sockets.cut(socket);
    }

    private void refuse(Reply reply) {
        if (options.isImplicitTls()) {
            refuse();
        } else {
            step = Step.REFUSED;
            openGate();
            connection.dismiss(reply);
        }
    }
}
