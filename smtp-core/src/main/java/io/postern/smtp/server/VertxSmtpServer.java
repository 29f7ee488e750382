package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.Limit;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.Closeable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TcpServerConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Accepts connections on one context, keeps them, and ends them. */
public final class VertxSmtpServer implements SmtpServer {

    private static final Logger LOG = System.getLogger(VertxSmtpServer.class.getName());

    /** How long the last replies may take to leave when a server stops. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    // Session ids must differ between servers of a process and, in a log, between runs of it
    private static final String RUN = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    private static final AtomicLong SESSIONS = new AtomicLong();

    static {
        // The JDK reads the time zones from files when a line is first logged. If that line says that no descriptor is
        // left, none is left for those files either, and the thread that accepts connections ends with the error.
        Objects.requireNonNull(ZoneId.systemDefault());
    }

    private final Vertx vertx;
    private final Map<String, SaslMechanism> mechanisms = new LinkedHashMap<>();
    private final List<Extension> extensions = new ArrayList<>();
    private final Deadlines deadlines;
    private final Warnings proxyWarnings;
    private final AtomicInteger open = new AtomicInteger();
    /** Counts shutdowns, so that one is not missed by a server that is about to listen. */
    private final AtomicInteger stops = new AtomicInteger();

    /** What the server was created with, or the last update of it. */
    private volatile Given given;

    private SmtpMetrics metrics = SmtpMetrics.NONE;
    private @Nullable Wiretap wiretap;
    private volatile @Nullable Listening listening;
    /** What the next connection gets. It is not taken back when the server stops, as its last connections still end. */
    private volatile @Nullable ServerSettings settings;

    /** Updates go one after the other: the last one that was asked for is the one that holds. */
    private Future<Void> lastUpdate = Future.succeededFuture();

    private Promise<Void> lastOneGone = Promise.promise();
    /** Connections whose handler has not heard of their end. */
    private final AtomicInteger untold = new AtomicInteger();

    /** Where {@link #listen()} was called; its threads are those of the hooks. */
    private volatile @Nullable Context deployed;

    /** How the application wants the server. */
    private record Given(SmtpServerOptions options, Supplier<? extends SmtpHandler> handlers) {

        Given {
            options = new SmtpServerOptions(options);
            Objects.requireNonNull(handlers, "handlers");
            new ProxyPeers(options.getProxyFrom()); // refuses what is no network
        }
    }

    /** What is known once the server listens. */
    private record Listening(
            Context context,
            SocketAddress first,
            ServerSockets sockets,
            ListeningAddress shared,
            long timer,
            Closeable closeHook) {}

    public VertxSmtpServer(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this(vertx, handlers, options, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    /**
     * A server whose deadlines go by another clock.
     *
     * @param clock milliseconds since any fixed moment; it never goes back
     */
    public VertxSmtpServer(
            Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options, LongSupplier clock) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.given = new Given(options, handlers);
        this.deadlines = new Deadlines(clock);
        this.proxyWarnings = new Warnings(LOG, clock);
    }

    @Override
    public SmtpServer addExtension(Extension extension) {
        if (listening != null) {
            throw new IllegalStateException("extensions are added before the server listens");
        }
        ExtensionRules.check(extension, extensions);
        extensions.add(extension);
        return this;
    }

    @Override
    public SmtpServer addMechanism(SaslMechanism mechanism) {
        if (listening != null) {
            throw new IllegalStateException("mechanisms are added before the server listens");
        }
        String name = mechanism.name();
        // RFC 4422 §3.1
        if (!name.matches("[A-Z0-9_-]{1,20}")) {
            throw new IllegalArgumentException("mechanism is named \"" + name
                    + "\"; allowed are 1 to 20 capital letters, digits, hyphens and underscores (RFC 4422 §3.1)");
        }
        if (mechanisms.putIfAbsent(name, mechanism) != null) {
            throw new IllegalArgumentException("mechanism " + name + " was added before");
        }
        return this;
    }

    @Override
    public SmtpServer setMetrics(SmtpMetrics newMetrics) {
        if (listening != null) {
            throw new IllegalStateException("metrics are set before the server listens");
        }
        metrics = GuardedMetrics.of(newMetrics);
        return this;
    }

    /**
     * Has all connections listened in on, for tests.
     *
     * @throws IllegalStateException when the server listens already
     */
    public VertxSmtpServer setWiretap(Wiretap wiretap) {
        if (listening != null) {
            throw new IllegalStateException("a wiretap is set before the server listens");
        }
        this.wiretap = wiretap;
        return this;
    }

    @Nullable
    Wiretap wiretap() {
        return wiretap;
    }

    @Override
    public Future<SmtpServer> listen() {
        return listen(options -> options.getUnixSocket()
                .map(path -> Future.succeededFuture(List.of(SocketAddress.domainSocketAddress(path))))
                .orElseGet(() ->
                        HostAddresses.of(vertx, options.getHost()).map(hosts -> withPort(hosts, options.getPort()))));
    }

    private static List<SocketAddress> withPort(List<String> hosts, int port) {
        return hosts.stream()
                .map(host -> port < 0
                        ? SocketAddress.sharedRandomPort(-port, host)
                        : SocketAddress.inetSocketAddress(port, host))
                .toList();
    }

    @Override
    public Future<SmtpServer> listen(SocketAddress address) {
        return listen(options -> Future.succeededFuture(List.of(address)));
    }

    private Future<SmtpServer> listen(Function<SmtpServerOptions, Future<List<SocketAddress>>> addresses) {
        Context caller = vertx.getOrCreateContext();
        // a worker or virtual thread is for hooks; sockets and timers want an event loop
        Context context = Contexts.eventLoopOf(caller);
        Given asked = given;
        int stopsBefore = stops.get();
        Promise<SmtpServer> promise = Promise.promise();
        context.runOnContext(v -> addresses
                .apply(asked.options())
                .compose(all ->
                        settings(asked, all.get(0)).compose(ready -> listen(context, caller, all, ready, stopsBefore)))
                .onComplete(promise));
        return promise.future();
    }

    /** Checks and loads all that connections need, so that none can fail for want of it. */
    private Future<ServerSettings> settings(Given wanted, SocketAddress address) {
        SmtpServerOptions options = wanted.options();
        try {
            ServerSettings.checkSense(options, mechanisms.values());
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(e);
        }
        Future<Optional<ServerSSLOptions>> tls = options.getTls()
                .map(configured -> TlsKeys.load(vertx, configured).map(Optional::of))
                .orElseGet(() -> Future.succeededFuture(Optional.empty()));
        return tls.compose(loaded -> hostName(options)
                .map(name -> ServerSettings.of(
                        options, wanted.handlers(), address, name, loaded, mechanisms.values(), extensions)));
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

    private Future<SmtpServer> listen(
            Context context, Context caller, List<SocketAddress> addresses, ServerSettings ready, int stopsBefore) {
        if (listening != null) {
            return Future.failedFuture(new IllegalStateException("the server listens already"));
        }
        settings = ready;
        deployed = caller;
        SocketAddress first = addresses.get(0);
        ListeningAddress shared = ListeningAddress.join(vertx, first);
        ServerSockets sockets = new ServerSockets(
                vertx, ready.options().getUnixSocketPermissions(), () -> createNetServer(ready.options(), shared));
        Listening begun = new Listening(
                context,
                first,
                sockets,
                shared,
                vertx.setPeriodic(Deadlines.TICK_MILLIS, v -> deadlines.tick()),
                // whoever ends what the server runs on without a word to the server
                closed -> shutdown().onComplete(closed));
        listening = begun;
        Contexts.addCloseHook(caller, begun.closeHook());
        // Looked at when the server can be found: who stops it from now on does so himself
        if (stops.get() != stopsBefore) {
            forget(begun);
            return Future.failedFuture(ServerSockets.stoppedWhileItStarted());
        }
        return sockets.bind(addresses).onFailure(cause -> forget(begun)).map(bound -> {
            LOG.log(Level.DEBUG, () -> "listening on " + sockets.addresses());
            return this;
        });
    }

    /** PROXY headers and TLS are the business of {@link Entry}, so that a connection counts from its first moment on. */
    private NetServer createNetServer(SmtpServerOptions options, ListeningAddress shared) {
        TcpServerConfig config =
                new TcpServerConfig(options.getNet()).setSsl(false).setUseProxyProtocol(false);
        return vertx.createNetServer(config)
                .exceptionHandler(cause -> LOG.log(Level.DEBUG, "a connection failed before it was served", cause))
                .connectHandler(socket -> connected(shared, socket));
    }

    @Override
    public Future<Void> update(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        try {
            Given wanted = new Given(options, handlers);
            return update(running -> wanted);
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(e);
        }
    }

    @Override
    public Future<Void> update(SmtpServerOptions options) {
        try {
            SmtpServerOptions copy = new Given(options, given.handlers()).options();
            return update(running -> new Given(copy, running.handlers()));
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(e);
        }
    }

    @Override
    public Future<Void> updateTls(ServerSSLOptions tls) {
        return update(running -> {
            if (running.options().getTls().isEmpty()) {
                throw new IllegalStateException("the server listens without TLS");
            }
            return new Given(new SmtpServerOptions(running.options()).setTls(tls), running.handlers());
        });
    }

    private Future<Void> update(UnaryOperator<Given> change) {
        Listening current = listening;
        if (current == null) {
            return Future.failedFuture(notListening());
        }
        Promise<Void> promise = Promise.promise();
        current.context().runOnContext(v -> {
            lastUpdate = lastUpdate.transform(before -> update(current, change));
            lastUpdate.onComplete(promise);
        });
        return promise.future();
    }

    private Future<Void> update(Listening current, UnaryOperator<Given> change) {
        if (!current.equals(listening)) {
            return Future.failedFuture(notListening());
        }
        Given wanted;
        try {
            wanted = change.apply(given);
            FixedOptions.check(given.options(), wanted.options());
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Future.failedFuture(e);
        }
        return settings(wanted, settings().address()).map(next -> {
            settings = next;
            given = wanted;
            return null;
        });
    }

    private static IllegalStateException notListening() {
        return new IllegalStateException("the server does not listen");
    }

    private void connected(ListeningAddress shared, NetSocket socket) {
        ServerSettings current = settings();
        SmtpServerOptions options = current.options();
        SocketAddress peer = socket.remoteAddress();
        if (options.isProxyProtocol() && !current.proxyPeers().contains(peer)) {
            proxyWarnings.warn(
                    () -> "closed a connection from " + peer + ", which is not in proxyFrom, without reading a header");
            metrics.limitHit(Limit.PROXY_PEER);
            metrics.connectionRefused();
            Sockets.cut(socket);
            return;
        }
        Optional<Census.Place> free = shared.census().enter(options.getMaxConnections());
        if (free.isEmpty()) {
            tooMany(Limit.CONNECTIONS, options, socket);
            return;
        }
        Census.Place place = free.get();
        // behind a proxy the client is known when the header has come
        if (!options.isProxyProtocol() && !place.claim(ClientAddress.of(peer), options.getMaxConnectionsPerIp())) {
            place.leave();
            tooMany(Limit.CONNECTIONS_PER_ADDRESS, options, socket);
            return;
        }
        SmtpHandler handler;
        try {
            handler = current.handler();
        } catch (RuntimeException | Error fault) {
            place.leave();
            LOG.log(Level.ERROR, "no handler for a connection from " + peer, fault);
            refuse(Replies.CONNECTION_FAILED, options, socket);
            return;
        }
        SmtpConnection connection = new SmtpConnection(
                this,
                current,
                shared,
                vertx.getOrCreateContext(),
                Contexts.forHooks(Objects.requireNonNull(deployed, "the server has never listened")),
                socket,
                handler,
                SESSIONS.incrementAndGet(),
                place);
        deadlines.add(connection);
        open.incrementAndGet();
        untold.incrementAndGet();
        connection.start();
    }

    private void tooMany(Limit limit, SmtpServerOptions options, NetSocket socket) {
        metrics.limitHit(limit);
        LOG.log(Level.DEBUG, () -> "too many connections, refused one from " + socket.remoteAddress());
        refuse(Replies.TOO_MANY_CONNECTIONS, options, socket);
    }

    /** Says why, unless the client expects TLS or is still to send the header of a proxy. */
    private void refuse(Reply reply, SmtpServerOptions options, NetSocket socket) {
        metrics.connectionRefused();
        if (options.isImplicitTls() || options.isProxyProtocol()) {
            Sockets.cut(socket);
        } else {
            socket.end(Buffer.buffer(reply + "\r\n"));
        }
    }

    ServerSettings settings() {
        return Objects.requireNonNull(settings, "the server has never listened");
    }

    /** What it has in common with others on its address. */
    ListeningAddress shared() {
        return Objects.requireNonNull(listening, "the server does not listen").shared();
    }

    /** Looks at the clock now, without waiting for the next tick. */
    Future<Void> tick() {
        Promise<Void> done = Promise.promise();
        Objects.requireNonNull(listening, "the server does not listen")
                .context()
                .runOnContext(v -> {
                    deadlines.tick();
                    done.complete();
                });
        return done.future();
    }

    void remove(SmtpConnection connection) {
        deadlines.remove(connection);
        open.decrementAndGet();
    }

    /** A handler has been told that its connection has ended. */
    void told() {
        if (untold.decrementAndGet() == 0) {
            lastOneGone.tryComplete();
        }
    }

    private void forget(Listening ended) {
        vertx.cancelTimer(ended.timer());
        Contexts.removeCloseHook(Objects.requireNonNull(deployed), ended.closeHook());
        if (ended.equals(listening)) {
            listening = null;
            ListeningAddress.leave(vertx, ended.first());
        }
    }

    @Override
    public int actualPort() {
        List<SocketAddress> addresses = addresses();
        return addresses.isEmpty() || addresses.get(0).isDomainSocket()
                ? -1
                : addresses.get(0).port();
    }

    @Override
    public List<SocketAddress> addresses() {
        Listening current = listening;
        return current == null ? List.of() : current.sockets().addresses();
    }

    @Override
    public int connections() {
        return open.get();
    }

    @Override
    public Future<Void> shutdown() {
        return shutdown(given.options().getShutdownGrace());
    }

    @Override
    public Future<Void> shutdown(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace is " + grace + "; allowed is zero or more");
        }
        stops.incrementAndGet();
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
        Future<Void> stopped = current.sockets().shutdown(grace.plus(FAREWELL));
        if (millis == 0) {
            terminateAll();
        }
        return stopped.eventually(this::lastOneGone).onComplete(done -> {
            vertx.cancelTimer(timer);
            forget(current);
        });
    }

    /**
     * Sockets are closed before their close handlers, which tell the application, have run. A hook that blocks for ever
     * is not waited for.
     */
    private Future<Void> lastOneGone() {
        if (lastOneGone.future().isComplete()) {
            lastOneGone = Promise.promise();
        }
        Promise<Void> gone = lastOneGone;
        if (untold.get() == 0) {
            gone.tryComplete();
            return gone.future();
        }
        long timer = vertx.setTimer(FAREWELL.toMillis(), v -> {
            LOG.log(Level.WARNING, () -> "stopped, but hooks of " + untold.get() + " connections have not returned");
            gone.tryComplete();
        });
        return gone.future().onComplete(v -> vertx.cancelTimer(timer));
    }

    private void terminateAll() {
        deadlines.connections().forEach(connection -> connection.terminate(Replies.SHUTTING_DOWN));
    }

    // What a connection asks its server for

    Deadlines deadlines() {
        return deadlines;
    }

    /** What is wrong with proxies, or with those who say that they are one. */
    Warnings proxyWarnings() {
        return proxyWarnings;
    }

    SmtpMetrics metrics() {
        return metrics;
    }

    String sessionId(long number) {
        return RUN + "-" + number;
    }
}
