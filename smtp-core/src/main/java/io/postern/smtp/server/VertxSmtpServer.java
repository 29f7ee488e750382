package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.Replies;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.Auth;
import io.postern.smtp.protocol.CommandCalls;
import io.postern.smtp.protocol.Dialect;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.EngineSettings;
import io.postern.smtp.protocol.ExtensionVerb;
import io.postern.smtp.protocol.Limits;
import io.postern.smtp.protocol.StartTls;
import io.postern.smtp.sasl.SaslMechanism;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
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

    static {
        // The JDK reads the time zones from files when a line is first logged. If that line says that no descriptor is
        // left, none is left for those files either, and the thread that accepts connections ends with the error.
        Objects.requireNonNull(ZoneId.systemDefault());
    }

    private final Vertx vertx;
    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private final Map<String, SaslMechanism> mechanisms = new LinkedHashMap<>();
    private final AuthThrottle throttle;
    private final ProxyPeers proxyPeers;
    private final List<Extension> extensions = new ArrayList<>();
    private final Map<String, Extension> verbs = new HashMap<>();
    private final Deadlines deadlines;
    private final AtomicInteger open = new AtomicInteger();

    private volatile @Nullable Listening listening;
    /** What the next connection gets. It is not taken back when the server stops, as its last connections still end. */
    private volatile @Nullable ServerSettings settings;

    private Promise<Void> lastOneGone = Promise.promise();

    private @Nullable UnixSocket unixSocket;

    /** What the next handshake uses; its files have been read. */
    private volatile @Nullable ServerSSLOptions tls;

    /** What is known once the server listens. */
    private record Listening(Context context, SocketAddress address, NetServer server, Census census, long timer) {}

    public VertxSmtpServer(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this(vertx, handlers, options, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    /** A server whose deadlines go by another clock, see {@link Deadlines}. */
    VertxSmtpServer(
            Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options, LongSupplier clock) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        this.options = new SmtpServerOptions(options);
        this.proxyPeers = new ProxyPeers(options.getProxyFrom());
        this.throttle = new AuthThrottle(options.getAuthFailureDelay());
        this.deadlines = new Deadlines(clock);
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
    public Future<SmtpServer> listen() {
        return listen(options.getUnixSocket()
                .map(SocketAddress::domainSocketAddress)
                .orElseGet(() -> inetAddress(options.getPort(), options.getHost())));
    }

    private static SocketAddress inetAddress(int port, String host) {
        return port < 0 ? SocketAddress.sharedRandomPort(-port, host) : SocketAddress.inetSocketAddress(port, host);
    }

    @Override
    public Future<SmtpServer> listen(SocketAddress address) {
        Context context = vertx.getOrCreateContext();
        Promise<SmtpServer> promise = Promise.promise();
        context.runOnContext(v -> loadTls()
                .compose(loaded -> hostName(options))
                .compose(name -> listen(context, address, name))
                .onComplete(promise));
        return promise.future();
    }

    private Future<Void> loadTls() {
        if (options.isAuthRequired() && !auth().offered()) {
            return Future.failedFuture(
                    new IllegalArgumentException("authRequired is set, but the server has no mechanism"));
        }
        Optional<ServerSSLOptions> configured = options.getTls();
        if (configured.isEmpty()) {
            String needs =
                    options.isImplicitTls() ? "implicitTls" : options.isRequireStartTls() ? "requireStartTls" : "";
            return needs.isEmpty()
                    ? Future.succeededFuture()
                    : Future.failedFuture(new IllegalArgumentException(needs + " is set, but tls is not"));
        }
        return TlsKeys.load(vertx, configured.get()).map(loaded -> {
            tls = loaded;
            return null;
        });
    }

    @Override
    public Future<Void> updateTls(ServerSSLOptions newTls) {
        Listening current = listening;
        if (current == null || tls == null) {
            return Future.failedFuture(new IllegalStateException("the server does not listen with TLS"));
        }
        return TlsKeys.load(vertx, newTls)
                .compose(loaded -> options.isImplicitTls()
                        ? current.server().updateSSLOptions(loaded, true).map(loaded)
                        : Future.succeededFuture(loaded))
                .map(loaded -> {
                    tls = loaded;
                    return null;
                });
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
        if (options.isProxyProtocol() && !ProxyPeers.isDecoderPresent()) {
            return Future.failedFuture(
                    new IllegalStateException("proxyProtocol is set, but netty-codec-haproxy is not on the path"));
        }
        TcpServerConfig config = new TcpServerConfig(options.getNet())
                .setSsl(options.isImplicitTls())
                .setUseProxyProtocol(options.isProxyProtocol())
                .setProxyProtocolTimeout(options.getProxyProtocolTimeout());
        NetServer server = vertx.createNetServer(config, tls);
        server.exceptionHandler(cause -> LOG.log(Level.DEBUG, "a connection failed before it was served", cause));
        Listening begun = new Listening(
                context,
                address,
                server,
                census(address),
                vertx.setPeriodic(Deadlines.TICK_MILLIS, v -> deadlines.tick()));
        listening = begun;
        settings = settings(address, hostName);
        server.connectHandler(socket -> connected(begun.census(), socket));
        return bind(begun).onFailure(cause -> forget(begun)).map(bound -> {
            LOG.log(Level.DEBUG, () -> "listening on " + address);
            return this;
        });
    }

    private Census census(SocketAddress address) {
        // each server that asks for any free port gets one of its own, and shares its clients with nobody
        return !address.isDomainSocket() && address.port() == 0 ? new Census() : Census.of(vertx, address.toString());
    }

    private Future<?> bind(Listening begun) {
        SocketAddress address = begun.address();
        if (!address.isDomainSocket()) {
            return begun.server().listen(address);
        }
        if (UnixSocket.isAbstract(address)) {
            return vertx.isNativeTransportEnabled()
                    ? begun.server().listen(address)
                    : Future.failedFuture(new IllegalArgumentException(
                            "a Unix socket with an abstract name needs the epoll or io_uring transport"));
        }
        return UnixSocket.acquire(vertx, address, options.getUnixSocketPermissions())
                .compose(file -> begun.server()
                        .listen(file.privateAddress())
                        .compose(bound -> file.publish(vertx))
                        .onSuccess(v -> unixSocket = file)
                        .recover(cause -> begun.server()
                                .close()
                                .eventually(() -> file.release(vertx))
                                .transform(v -> Future.failedFuture(cause))));
    }

    private ServerSettings settings(SocketAddress address, String hostName) {
        return new ServerSettings(options, address, hostName, engineSettings(hostName), enabledMechanisms(), verbs);
    }

    private EngineSettings engineSettings(String hostName) {
        Limits limits = new Limits(
                options.getCommandSizeLimit(),
                options.getLineLengthLimit(),
                options.getLocalPartLimit(),
                options.getMaxRecipients(),
                options.getDataSizeLimit(),
                options.getMaxHeaderSize(),
                options.getMaxHops(),
                options.getMaxMessages(),
                new CommandCalls(options.getCommandCallLimit()),
                options.getMaxUnknownCommands(),
                options.getMaxAuthFailures(),
                options.getMaxErrors());
        return new EngineSettings(
                options.isLmtp() ? Dialect.LMTP : Dialect.SMTP,
                hostName,
                limits,
                options.isSmtpUtf8(),
                options.getBareNewlines(),
                startTls(),
                auth(),
                extensions.stream().map(VertxSmtpServer::engineExtension).toList());
    }

    private StartTls startTls() {
        if (tls == null || options.isImplicitTls()) {
            return StartTls.NONE;
        }
        return options.isRequireStartTls() ? StartTls.REQUIRED : StartTls.OFFERED;
    }

    private Auth auth() {
        return new Auth(!enabledMechanisms().isEmpty(), options.isAuthRequired(), options.isAuthRequireTls());
    }

    private List<SaslMechanism> enabledMechanisms() {
        return mechanisms.values().stream()
                .filter(mechanism -> !options.getAuthExcludeMechanisms().contains(mechanism.name()))
                .toList();
    }

    private static EngineExtension engineExtension(Extension extension) {
        return new EngineExtension(
                extension.verb().map(verb -> new ExtensionVerb(verb, extension.syntax())),
                extension.ehloLine(),
                extension.mailParameters(),
                extension.rcptParameters());
    }

    private void connected(Census census, NetSocket socket) {
        if (options.isProxyProtocol() && !proxyPeers.contains(socket.remoteAddress(true))) {
            LOG.log(
                    Level.WARNING,
                    () -> "closed a connection with a PROXY header from " + socket.remoteAddress(true)
                            + ", which is not in proxyFrom");
            Sockets.cut(socket);
            return;
        }
        String address = ClientAddress.of(socket);
        if (!census.enter(address, options.getMaxConnections(), options.getMaxConnectionsPerIp())) {
            LOG.log(Level.DEBUG, () -> "too many connections, refused one from " + address);
            socket.end(Buffer.buffer(Replies.TOO_MANY_CONNECTIONS + "\r\n"));
            return;
        }
        SmtpHandler handler;
        try {
            handler = Objects.requireNonNull(handlers.get(), "the supplier gave no handler");
        } catch (RuntimeException | Error fault) {
            census.leave(address);
            LOG.log(Level.ERROR, "no handler for a connection from " + socket.remoteAddress(), fault);
            socket.end(Buffer.buffer(Replies.CONNECTION_FAILED + "\r\n"));
            return;
        }
        SmtpConnection connection = new SmtpConnection(
                this,
                settings(),
                vertx.getOrCreateContext(),
                socket,
                handler,
                SESSIONS.incrementAndGet(),
                () -> census.leave(address));
        deadlines.add(connection);
        open.incrementAndGet();
        connection.start();
    }

    ServerSettings settings() {
        return Objects.requireNonNull(settings, "the server has never listened");
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
        return stopped.eventually(this::lastOneGone)
                .eventually(this::releaseUnixSocket)
                .onComplete(done -> {
                    vertx.cancelTimer(timer);
                    forget(current);
                });
    }

    private Future<Void> releaseUnixSocket() {
        UnixSocket file = unixSocket;
        unixSocket = null;
        return file == null ? Future.succeededFuture() : file.release(vertx);
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

    Deadlines deadlines() {
        return deadlines;
    }

    ServerSSLOptions tls() {
        return Objects.requireNonNull(tls, "the server has no TLS");
    }

    Vertx vertx() {
        return vertx;
    }

    AuthThrottle throttle() {
        return throttle;
    }

    String sessionId(long number) {
        return RUN + "-" + number;
    }
}
