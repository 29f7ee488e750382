package io.postern.smtp.controller;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
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
 * Vertx.
 *
 * <p>Every method may be called on any thread that may block; calls that change something take turns. On an event loop
 * and on a worker or virtual-thread context of any Vertx {@code start} and {@code stop} throw
 * {@link IllegalStateException}: deploy an {@link SmtpServerVerticle} there.
 */
public class SmtpController implements AutoCloseable {

    /** How long a start may take. */
    public static final Duration DEFAULT_READY_TIMEOUT = Duration.ofSeconds(5);

    /** What closing a Vertx may take in addition to the server's grace time. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private final Map<String, String> environment;
    private final Lock lock = new ReentrantLock();

    private volatile Duration readyTimeout = DEFAULT_READY_TIMEOUT;
    private volatile SocketAddress address;
    // guarded by lock
    private @Nullable Running running;

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
        this.address = SocketAddress.inetSocketAddress(options.getPort(), host());
    }

    /**
     * Starts the server, and waits until it listens. Once it was stopped it can be started again; port 0 then takes
     * another free port.
     *
     * @throws ControllerException when it cannot listen, or not within {@link #readyTimeout()}. Nothing of it is left
     *     behind then, and it can be started again
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
            Running started = new Running(Vertx.vertx(new VertxOptions().setUseDaemonThread(true)));
            try {
                address = started.listen(timeout);
            } catch (RuntimeException | Error failure) {
                cleanUp(started, failure);
                throw failure;
            }
            running = started;
        } finally {
            lock.unlock();
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

    /** The host that the server listens on, as the options name it; {@code localhost} where they name none. */
    public String host() {
        // a client on this machine reaches the loopback of null and all the interfaces of "" by it
        return options.getHost().filter(host -> !host.isEmpty()).orElse(SmtpServerOptions.DEFAULT_HOST);
    }

    /**
     * The port that the server listens on, even where the options say 0. It stays known after a stop; before the first
     * start it is what the options say.
     */
    public int port() {
        return address.port();
    }

    /** {@link #host()} and {@link #port()}. */
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
     * The verticle that this controller deploys, a new one for each start. Override it to serve another way: with
     * extensions, or LMTP.
     *
     * @param options a copy, free to be changed
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
                    + " deploy an SmtpServerVerticle on its Vertx, or call this in executeBlocking");
        }
    }

    /** A server that runs, with what it runs on. */
    private final class Running {

        private final Vertx vertx;
        private @Nullable Future<Void> closed;

        Running(Vertx vertx) {
            this.vertx = vertx;
        }

        SocketAddress listen(Duration timeout) {
            SmtpServerVerticle verticle = createVerticle(handlers, new SmtpServerOptions(options));
            SocketAddress wanted = SocketAddress.inetSocketAddress(options.getPort(), host());
            await(vertx.deployVerticle(verticle), timeout, "cannot listen on " + wanted);
            return SocketAddress.inetSocketAddress(verticle.server().actualPort(), host());
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
            throw new ControllerException(failed + ": " + Objects.requireNonNullElse(cause.getMessage(), cause), cause);
        } catch (TimeoutException e) {
            throw new ControllerException(failed + " within " + timeout.toMillis() / 1000.0 + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControllerException(failed + ": interrupted", e);
        }
    }
}
