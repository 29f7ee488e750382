package io.postern.smtp.controller;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.transport.Transport;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs an SMTP server beside a program that is not built on Vert.x: in a test, a command line tool, an application of
 * another framework. {@link #start()} returns when connections are accepted, {@link #stop()} when none is any more and
 * every thread of the server is gone.
 *
 * <pre>{@code
 * try (SmtpController smtp = SmtpController.create(handler, new SmtpServerOptions().setPort(0))) {
 *     smtp.start();
 *     sendMailTo(smtp.host(), smtp.port());
 * }
 * }</pre>
 *
 * <p>A controller has a {@link Vertx} of its own while it runs. Its threads are daemons: they do not keep the JVM alive,
 * so a program that is to serve until it is killed has to wait by itself. The handler is called on an event loop of that
 * Vertx, unless {@link #deploymentOptions} say otherwise.
 *
 * <p>Every method may be called on any thread that may block; calls that change something take turns. On an event loop
 * and on a worker or virtual-thread context of any Vertx {@code start} and {@code stop} throw
 * {@link IllegalStateException}: use an {@link EmbeddedSmtpController} there.
 */
public class SmtpController implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SmtpController.class.getName());

    /** How long a start may take. */
    public static final Duration DEFAULT_READY_TIMEOUT = Duration.ofSeconds(5);

    /** What closing a Vertx may take in addition to the server's grace time. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private final Map<String, String> environment;
    private final Lock lock = new ReentrantLock();

    private volatile Duration readyTimeout = DEFAULT_READY_TIMEOUT;
    private volatile TransportChoice transport = TransportChoice.AUTO;
    private volatile DeploymentOptions deploymentOptions = new DeploymentOptions();
    private volatile SmtpMetrics metrics = SmtpMetrics.NONE;
    private volatile SocketAddress address;
    private volatile @Nullable ControllerException failure;
    // changed with the lock held
    private volatile @Nullable Running running;

    /** A controller with one handler for all connections. */
    public static SmtpController create(SmtpHandler handler, SmtpServerOptions options) {
        Objects.requireNonNull(handler, "handler");
        return create(() -> handler, options);
    }

    /** A controller that takes a new handler for every connection, so that a handler may keep what it knows in fields. */
    public static SmtpController create(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return new SmtpController(handlers, options);
    }

    /** Like {@link #create(SmtpHandler, SmtpServerOptions)} with default options. */
    public static SmtpController create(SmtpHandler handler) {
        return create(handler, new SmtpServerOptions());
    }

    /** For subclasses that {@link #createVerticle create another verticle}. */
    protected SmtpController(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this(handlers, options, System.getenv());
    }

    SmtpController(
            Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options, Map<String, String> environment) {
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        this.options = new SmtpServerOptions(options);
        this.environment = environment;
        this.address = EmbeddedSmtpController.asked(options);
    }

    /**
     * Starts the server, and waits until it listens. Once it was stopped it can be started again; port 0 then takes
     * another free port.
     *
     * @throws ControllerException when it cannot listen, or not within {@link #readyTimeout()}, or when its transport is
     *     missing. Nothing of it is left behind then, {@link #failure()} tells it as well, and it can be started again
     * @throws IllegalStateException when it runs already, or when this thread must not block
     * @throws IllegalArgumentException when the environment variable {@code POSTERN_CONTROLLER_TIMEOUT} is no number
     */
    public void start() {
        ensureBlockable();
        lock.lock();
        try {
            if (running != null) {
                throw new IllegalStateException("the server runs already, on " + address);
            }
            Duration timeout = readyTimeout();
            try {
                running = listen(timeout);
                failure = null;
            } catch (ControllerException e) {
                failure = e;
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    private Running listen(Duration timeout) {
        Running started = new Running(transport());
        try {
            address = started.listen(timeout);
            return started;
        } catch (RuntimeException | Error failed) {
            cleanUp(started, failed);
            throw failed;
        }
    }

    private static void cleanUp(Running failed, Throwable failure) {
        try {
            failed.close(CLOSE_TIMEOUT);
        } catch (RuntimeException | Error further) {
            failure.addSuppressed(further);
        }
    }

    /**
     * Stops the server, and waits until it is gone: connections are refused, transactions that run get
     * {@link SmtpServerOptions#getShutdownGrace() time} to finish, and the Vertx is closed. Does nothing when the server
     * does not run.
     *
     * @throws ControllerException when the server does not stop, say because a handler blocks its event loop, or when
     *     this thread is interrupted; stopping goes on, and this method may be called again to wait for it
     * @throws IllegalStateException when this thread must not block
     */
    public void stop() {
        ensureBlockable();
        lock.lock();
        try {
            Running current = running;
            if (current != null) {
                try {
                    current.close(options.getShutdownGrace().plus(CLOSE_TIMEOUT));
                } finally {
                    running = current.isClosed() ? null : current;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Like {@link #stop()}. */
    @Override
    public void close() {
        stop();
    }

    /** Whether the server was started, and not yet stopped. */
    public boolean isRunning() {
        return running != null;
    }

    /** Why the last {@link #start()} failed; empty when it did not. */
    public Optional<ControllerException> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * The host that a client on this machine finds the server at: that of the options; {@code localhost} where they say all
     * interfaces; the address that was found where they name no host.
     *
     * @throws IllegalStateException when it is a Unix socket, which has none
     */
    public String host() {
        return EmbeddedSmtpController.inet(address).host();
    }

    /**
     * The port that the server listens on, even where the options say 0. It stays known after a stop; before the first
     * start it is what the options say.
     *
     * @throws IllegalStateException when it is a Unix socket, which has none
     */
    public int port() {
        return EmbeddedSmtpController.inet(address).port();
    }

    /** {@link #host()} and {@link #port()}, or the path of the Unix socket. */
    public SocketAddress address() {
        return address;
    }

    /**
     * How long a start may take: what was set, by default {@link #DEFAULT_READY_TIMEOUT}, unless the environment variable
     * {@code POSTERN_CONTROLLER_TIMEOUT} gives another number of seconds, such as {@code 2.5}.
     *
     * @throws IllegalArgumentException when the variable is no number
     */
    public Duration readyTimeout() {
        return ReadyTimeout.of(readyTimeout, environment.get(ReadyTimeout.VARIABLE));
    }

    /** Sets how long a start may take; it is a limit, and makes no start slower. */
    public SmtpController readyTimeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("readyTimeout is " + timeout + "; allowed is more than zero");
        }
        this.readyTimeout = timeout;
        return this;
    }

    /**
     * The transport that the server uses. With {@link TransportChoice#AUTO}, the default, it is the best that there is.
     *
     * @throws ControllerException when the one that was chosen is missing, with the cause
     */
    public Transport transport() {
        return transport.transport();
    }

    /** Chooses the transport, from the next start on. */
    public SmtpController transport(TransportChoice transport) {
        this.transport = Objects.requireNonNull(transport, "transport");
        return this;
    }

    /**
     * Sets how the verticle is deployed from the next start on: in how many instances, each of which serves on an event
     * loop of its own, and whether handlers run on event loops, workers or virtual threads. All instances share one port,
     * also when the options say 0.
     *
     * @throws IllegalArgumentException when they have a configuration; the options of the server are given to
     *     {@code create}
     */
    public SmtpController deploymentOptions(DeploymentOptions deploymentOptions) {
        this.deploymentOptions = EmbeddedSmtpController.checked(deploymentOptions);
        return this;
    }

    /** Tells {@code metrics} what happens on the server, from the next start on; all instances share them. */
    public SmtpController metrics(SmtpMetrics metrics) {
        this.metrics = Objects.requireNonNull(metrics, "metrics");
        return this;
    }

    /**
     * The verticle that this controller deploys, a new one for each start and instance. Override it to serve another way:
     * with extensions, mechanisms, or LMTP.
     *
     * @param options a copy, free to be changed; but where to listen is for the options of the controller
     */
    protected SmtpServerVerticle createVerticle(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return new SmtpServerVerticle(handlers, options);
    }

    // On a worker or virtual-thread context the thread may block, but whatever was to end the wait may stand in line
    // behind it. In executeBlocking the context is that of the event loop and the thread is not: waiting is fine there.
    private static void ensureBlockable() {
        Context context = Vertx.currentContext();
        if (Context.isOnEventLoopThread()
                || (context != null && context.threadingModel() != ThreadingModel.EVENT_LOOP)) {
            throw new IllegalStateException("SmtpController blocks, which a Vert.x context must not;"
                    + " use an EmbeddedSmtpController on its Vertx, or call this in executeBlocking");
        }
    }

    /** A server that runs, with what it runs on. */
    private final class Running {

        private final Vertx vertx;
        private @Nullable Future<Void> closed;

        Running(Transport transport) {
            vertx = Vertx.builder()
                    .withTransport(transport)
                    .with(new VertxOptions().setUseDaemonThread(true))
                    .build();
            LOG.log(System.Logger.Level.DEBUG, () -> "transport is " + transport.name());
        }

        SocketAddress listen(Duration timeout) {
            EmbeddedSmtpController server = new EmbeddedSmtpController(vertx, handlers, options) {
                @Override
                protected SmtpServerVerticle createVerticle(
                        Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                    return SmtpController.this.createVerticle(handlers, options);
                }
            };
            server.deploymentOptions(deploymentOptions).metrics(metrics);
            await(server.begin(), timeout, "cannot listen on " + server.address());
            return server.address();
        }

        /** Undeploys the verticle, which shuts its server down, and ends all threads. */
        void close(Duration timeout) {
            if (closed == null) {
                closed = vertx.close();
            }
            await(closed, timeout, "cannot stop the server on " + address);
        }

        boolean isClosed() {
            return closed != null && closed.isComplete();
        }
    }

    private static void await(Future<?> future, Duration timeout, String failed) {
        try {
            future.toCompletionStage()
                    .toCompletableFuture()
                    .get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw cause instanceof ControllerException told ? told.here() : ControllerException.because(failed, cause);
        } catch (TimeoutException e) {
            throw new ControllerException(failed + " within " + timeout.toMillis() / 1000.0 + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControllerException(failed + ": interrupted", e);
        }
    }
}
