package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.Dialect;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.EngineSettings;
import io.postern.smtp.protocol.ExtensionVerb;
import io.postern.smtp.protocol.Limits;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Accepts connections on one context, keeps them, and ends them. */
public final class VertxSmtpServer implements SmtpServer {

    private static final Logger LOG = System.getLogger(VertxSmtpServer.class.getName());

    /** How long the last replies may take to leave when a server stops. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    // Session ids must differ between servers of a process and, in a log, between runs of it
    private static final String RUN = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    private static final AtomicLong SESSIONS = new AtomicLong();

    private final Vertx vertx;
    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private final List<Extension> extensions = new ArrayList<>();
    private final Map<String, Extension> verbs = new HashMap<>();
    private final Deadlines deadlines = new Deadlines(() -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    private final AtomicInteger open = new AtomicInteger();

    private volatile @Nullable Listening listening;
    private Promise<Void> lastOneGone = Promise.promise();

    /** What is known once the server listens. */
    private record Listening(
            Context context, NetServer server, String hostName, Reply greeting, EngineSettings settings, long timer) {}

    public VertxSmtpServer(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        this.options = new SmtpServerOptions(options);
    }

    @Override
    public SmtpServer addExtension(Extension extension) {
        if (listening != null) {
            throw new IllegalStateException("extensions are added before the server listens");
        }
        ExtensionRules.check(extension, extensions);
        extensions.add(extension);
        extension.verb().ifPresent(verb -> verbs.put(verb, extension));
        return this;
    }

    @Override
    public Future<SmtpServer> listen() {
        int port = options.getPort();
        return listen(
                port < 0
                        ? SocketAddress.sharedRandomPort(-port, options.getHost())
                        : SocketAddress.inetSocketAddress(port, options.getHost()));
    }

    @Override
    public Future<SmtpServer> listen(SocketAddress address) {
        Context context = vertx.getOrCreateContext();
        Promise<SmtpServer> promise = Promise.promise();
        context.runOnContext(v -> hostName(options)
                .compose(name -> listen(context, address, name))
                .onComplete(promise));
        return promise.future();
    }

    private Future<String> hostName(SmtpServerOptions from) {
        // asking for the machine's name may ask the DNS
        return from.getHostName()
                .map(Future::succeededFuture)
                .orElseGet(() -> vertx.executeBlocking(VertxSmtpServer::machineName, false));
    }

    private static String machineName() {
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (UnknownHostException e) {
            LOG.log(Level.DEBUG, "the machine has no name", e);
            return "localhost";
        }
    }

    private Future<SmtpServer> listen(Context context, SocketAddress address, String hostName) {
        if (listening != null) {
            return Future.failedFuture(new IllegalStateException("the server listens already"));
        }
        NetServer server = vertx.createNetServer(options.getNet());
        server.connectHandler(this::connected);
        server.exceptionHandler(cause -> LOG.log(Level.DEBUG, "a connection failed before it was served", cause));
        Listening begun = new Listening(
                context,
                server,
                hostName,
                Reply.of(220, hostName + " " + options.getIdent()),
                settings(hostName),
                vertx.setPeriodic(Deadlines.TICK_MILLIS, v -> deadlines.tick()));
        listening = begun;
        return server.listen(address).onFailure(cause -> forget(begun)).map(bound -> {
            LOG.log(Level.DEBUG, () -> "listening on " + address);
            return this;
        });
    }

    private EngineSettings settings(String hostName) {
        Limits limits = new Limits(
                options.getCommandSizeLimit(),
                options.getLineLengthLimit(),
                options.getLocalPartLimit(),
                options.getMaxRecipients(),
                options.getDataSizeLimit(),
                options.getMaxUnknownCommands(),
                options.getMaxErrors());
        return new EngineSettings(
                options.isLmtp() ? Dialect.LMTP : Dialect.SMTP,
                hostName,
                limits,
                options.isSmtpUtf8(),
                options.getBareNewlines(),
                extensions.stream().map(VertxSmtpServer::engineExtension).toList());
    }

    private static EngineExtension engineExtension(Extension extension) {
        return new EngineExtension(
                extension.verb().map(verb -> new ExtensionVerb(verb, extension.syntax())),
                extension.ehloLine(),
                extension.mailParameters(),
                extension.rcptParameters());
    }

    private void connected(NetSocket socket) {
        SmtpHandler handler;
        try {
            handler = Objects.requireNonNull(handlers.get(), "the supplier gave no handler");
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "no handler for a connection from " + socket.remoteAddress(), fault);
            socket.end(Buffers.text(Replies.CONNECTION_FAILED + "\r\n"));
            return;
        }
        SmtpConnection connection =
                new SmtpConnection(this, vertx.getOrCreateContext(), socket, handler, SESSIONS.incrementAndGet());
        deadlines.add(connection);
        open.incrementAndGet();
        connection.start();
    }

    void remove(SmtpConnection connection) {
        deadlines.remove(connection);
        if (open.decrementAndGet() == 0) {
            lastOneGone.tryComplete();
        }
    }

    private void forget(Listening ended) {
        vertx.cancelTimer(ended.timer());
        if (ended.equals(listening)) {
            listening = null;
        }
    }

    @Override
    public int actualPort() {
        Listening current = listening;
        return current == null ? -1 : current.server().actualPort();
    }

    @Override
    public int connections() {
        return open.get();
    }

    @Override
    public Future<Void> shutdown(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace is " + grace + "; allowed is zero or more");
        }
        Listening current = listening;
        if (current == null) {
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        current.context().runOnContext(v -> shutdown(current, grace).onComplete(promise));
        return promise.future();
    }

    private Future<Void> shutdown(Listening current, Duration grace) {
        // Each socket is told by its own shutdown handler. What is left when the grace time ends is told here, in time
        // for its reply to leave.
        long millis = grace.toMillis();
        long timer = millis == 0 ? -1 : vertx.setTimer(millis, v -> terminateAll());
        Future<Void> stopped = current.server().shutdown(millis + FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        if (millis == 0) {
            terminateAll();
        }
        return stopped.eventually(this::lastOneGone).onComplete(done -> {
            vertx.cancelTimer(timer);
            forget(current);
        });
    }

    /** Sockets are closed before their close handlers, which tell the application, have run. */
    private Future<Void> lastOneGone() {
        if (lastOneGone.future().isComplete()) {
            lastOneGone = Promise.promise();
        }
        if (open.get() == 0) {
            lastOneGone.tryComplete();
        }
        return lastOneGone.future();
    }

    private void terminateAll() {
        deadlines.connections().forEach(connection -> connection.terminate(Replies.SHUTTING_DOWN));
    }

    // What a connection asks its server for

    SmtpServerOptions options() {
        return options;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    EngineSettings settings() {
        return listening().settings();
    }

    String hostName() {
        return listening().hostName();
    }

    Reply greeting() {
        return listening().greeting();
    }

    private Listening listening() {
        return Objects.requireNonNull(listening, "the server does not listen");
    }

    Extension extension(ExtensionVerb verb) {
        return Objects.requireNonNull(verbs.get(verb.name()), verb.name());
    }

    /** Whether a time has passed that ends with {@code limit}; zero never does. */
    boolean isOver(Duration limit, long waitedMillis) {
        return !limit.isZero() && waitedMillis >= limit.toMillis();
    }

    String sessionId(long number) {
        return RUN + "-" + number;
    }
}
