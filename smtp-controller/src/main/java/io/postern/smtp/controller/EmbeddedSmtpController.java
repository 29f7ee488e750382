package io.postern.smtp.controller;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs an SMTP server on a {@link Vertx} that the caller has and keeps. Nothing here blocks: {@link #begin()} and
 * {@link #end()} return at once, with a future of what they have begun.
 *
 * <pre>{@code
 * EmbeddedSmtpController smtp = EmbeddedSmtpController.create(vertx, handler, new SmtpServerOptions().setPort(0));
 * smtp.begin().onSuccess(v -> sendMailTo(smtp.host(), smtp.port()));
 * }</pre>
 *
 * <p>Every method may be called on any thread, also on an event loop. The futures of {@code begin} and {@code end} call
 * back on the context of the caller, as those of Vert.x do. One call of several at a time decides: while a server runs,
 * begins or ends, another {@code begin} fails with an {@link IllegalStateException}; an {@code end} ends a server that is
 * just beginning as soon as it has begun, and any further {@code end} waits for the same end.
 *
 * <p>The Vertx is never closed by this. When the caller closes it, the server ends with it, within the grace time of its
 * options; and when {@code begin} was called in a verticle, with the undeployment of that one.
 */
public class EmbeddedSmtpController {

    private static final System.Logger LOG = System.getLogger(EmbeddedSmtpController.class.getName());

    // Vert.x wants a negative number to share a free port by; these are far from those that people think of
    private static final AtomicInteger SHARED_PORTS = new AtomicInteger(Integer.MIN_VALUE + 1);

    private final Vertx vertx;
    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private final int sharedPort = SHARED_PORTS.getAndIncrement();
    private final Lock lock = new ReentrantLock();

    private volatile DeploymentOptions deploymentOptions = new DeploymentOptions();
    private volatile SmtpMetrics metrics = SmtpMetrics.NONE;
    private volatile SocketAddress address;
    private volatile @Nullable ControllerException failure;
    /** The present run, or the next where {@link Run#begun} is false. */
    private volatile Run run = new Run();

    /** A controller with one handler for all connections. */
    public static EmbeddedSmtpController create(Vertx vertx, SmtpHandler handler, SmtpServerOptions options) {
        Objects.requireNonNull(handler, "handler");
        return create(vertx, () -> handler, options);
    }

    /** A controller that takes a new handler for every connection, so that a handler may keep what it knows in fields. */
    public static EmbeddedSmtpController create(
            Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return new EmbeddedSmtpController(vertx, handlers, options);
    }

    /** Like {@link #create(Vertx, SmtpHandler, SmtpServerOptions)} with default options. */
    public static EmbeddedSmtpController create(Vertx vertx, SmtpHandler handler) {
        return create(vertx, handler, new SmtpServerOptions());
    }

    /** For subclasses that {@link #createVerticle create another verticle}. */
    protected EmbeddedSmtpController(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this.vertx = Objects.requireNonNull(vertx, "vertx");
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        this.options = new SmtpServerOptions(options);
        this.address = asked(options);
    }

    /**
     * Begins to listen. May be called again after the server has ended; port 0 then takes another free port.
     *
     * @return succeeds when connections are accepted. Fails with a {@link ControllerException} when the server cannot
     *     listen; nothing of it is left behind then, {@link #failure()} tells why, and this may be called again. Fails with
     *     an {@link IllegalStateException} when the last server has not ended yet
     */
    public Future<Void> begin() {
        Run next;
        lock.lock();
        try {
            if (run.isServing()) {
                return Future.failedFuture(new IllegalStateException("the server on " + address + " has not ended"));
            }
            if (run.isOver()) {
                run = new Run();
            }
            next = run;
            next.begun = true;
        } finally {
            lock.unlock();
        }
        return next.begin();
    }

    /**
     * Ends the server: connections are refused, transactions that run get
     * {@link SmtpServerOptions#getShutdownGrace() time} to finish, and everything but the Vertx is released.
     *
     * @return succeeds when nothing of the server is left, at once when none has begun. Fails with what a verticle of your
     *     own failed to stop with; the server is gone all the same
     */
    public Future<Void> end() {
        Run present = run;
        return present.isServing() ? onContextOfCaller(present.end()) : Future.succeededFuture();
    }

    /**
     * Completes when the server has ended, whoever ended it: {@link #end()}, an undeployment, or the Vertx when it closes.
     * It is about the server that runs or has just ended, and before the first {@link #begin()} about the first one; one
     * that cannot listen has ended with that. To wait for it on a thread that may block:
     *
     * <pre>{@code
     * smtp.ended().await(10, TimeUnit.SECONDS);
     * }</pre>
     *
     * @return calls back on whichever thread has ended the server. Fails when a verticle of your own failed to stop
     */
    public Future<Void> ended() {
        return run.ended.future();
    }

    /** Whether connections are accepted. */
    public boolean isRunning() {
        Run present = run;
        return present.deployment.future().succeeded() && present.isServing();
    }

    /** Why the last {@link #begin()} failed; empty when it did not. */
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
        return inet(address).host();
    }

    /**
     * The port that the server listens on, even where the options say 0. It stays known after the end; before the first
     * begin it is what the options say.
     *
     * @throws IllegalStateException when it is a Unix socket, which has none
     */
    public int port() {
        return inet(address).port();
    }

    /** {@link #host()} and {@link #port()}, or the path of the Unix socket. */
    public SocketAddress address() {
        return address;
    }

    /**
     * Sets how the verticle is deployed from the next begin on: in how many instances, each of which serves on an event
     * loop of its own, and whether handlers run on event loops, workers or virtual threads. All instances share one port,
     * also when the options say 0.
     *
     * @throws IllegalArgumentException when they have a configuration; the options of the server are given to
     *     {@code create}
     */
    public EmbeddedSmtpController deploymentOptions(DeploymentOptions deploymentOptions) {
        this.deploymentOptions = checked(deploymentOptions);
        return this;
    }

    /** Tells {@code metrics} what happens on the server, from the next begin on; all instances share them. */
    public EmbeddedSmtpController metrics(SmtpMetrics metrics) {
        this.metrics = Objects.requireNonNull(metrics, "metrics");
        return this;
    }

    private SmtpServerVerticle newVerticle(SmtpServerOptions options) {
        SmtpServerVerticle verticle = createVerticle(handlers, options);
        if (!SmtpMetrics.NONE.equals(metrics)) {
            verticle.setMetrics(metrics); // otherwise those stay that a subclass may have set
        }
        return verticle;
    }

    static DeploymentOptions checked(DeploymentOptions deploymentOptions) {
        if (deploymentOptions.getConfig() != null
                && !deploymentOptions.getConfig().isEmpty()) {
            throw new IllegalArgumentException(
                    "deploymentOptions have a config; give its properties to the SmtpServerOptions of the controller");
        }
        return new DeploymentOptions(deploymentOptions);
    }

    /**
     * The verticle that this controller deploys, a new one for each begin and instance. Override it to serve another way:
     * with extensions, mechanisms, or LMTP.
     *
     * @param options a copy, free to be changed; but where to listen is for the options of the controller
     */
    protected SmtpServerVerticle createVerticle(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return new SmtpServerVerticle(handlers, options);
    }

    /** What options ask for, as an address. */
    static SocketAddress asked(SmtpServerOptions options) {
        return options.getUnixSocket()
                .map(SocketAddress::domainSocketAddress)
                .orElseGet(() -> SocketAddress.inetSocketAddress(
                        Math.max(0, options.getPort()),
                        options.getHost().map(EmbeddedSmtpController::reached).orElse(SmtpServerOptions.DEFAULT_HOST)));
    }

    /** One address for all that a server listens on: its first, by the name that it was asked for. */
    private SocketAddress listened(SocketAddress first) {
        return first.isDomainSocket()
                ? first
                : SocketAddress.inetSocketAddress(
                        first.port(),
                        options.getHost().map(EmbeddedSmtpController::reached).orElse(first.host()));
    }

    // the name leads to every address that was bound for it; that for all interfaces leads nowhere
    private static String reached(String host) {
        return host.isEmpty() ? SmtpServerOptions.DEFAULT_HOST : host;
    }

    static SocketAddress inet(SocketAddress address) {
        if (address.isDomainSocket()) {
            throw new IllegalStateException("the Unix socket " + address.path() + " has neither host nor port");
        }
        return address;
    }

    // ends come about on other threads
    private Future<Void> onContextOfCaller(Future<Void> future) {
        Context context = vertx.getOrCreateContext();
        Promise<Void> promise = Promise.promise();
        future.onComplete(result -> context.runOnContext(v -> future.onComplete(promise)));
        return promise.future();
    }

    /** A server from its begin to its end. */
    private final class Run {

        private final Promise<String> deployment = Promise.promise();
        private final Promise<Void> ended = Promise.promise();
        private final Promise<Void> undeployed = Promise.promise();
        private final AtomicBoolean ending = new AtomicBoolean();
        private final Queue<Instance> instances = new ConcurrentLinkedQueue<>();
        private volatile @Nullable Throwable stopFailure;
        private volatile boolean begun;

        boolean isServing() {
            return begun && !isOver();
        }

        boolean isOver() {
            return ended.future().isComplete();
        }

        Future<Void> begin() {
            return deploy().compose(this::located).transform((id, cause) -> {
                if (cause != null) {
                    ControllerException failed = ControllerException.cannotListen(asked(options), cause);
                    failure = failed;
                    deployment.fail(failed);
                    ended.tryComplete();
                    return Future.failedFuture(failed);
                }
                failure = null;
                LOG.log(System.Logger.Level.DEBUG, () -> "listening on " + address);
                deployment.complete(id);
                return Future.succeededFuture();
            });
        }

        /** Takes note of where the server listens. Fails, and leaves nothing, when it was stopped meanwhile. */
        private Future<String> located(String id) {
            return Future.succeededFuture(id)
                    .map(deployed -> {
                        address = listened(instances.stream()
                                .flatMap(instance -> instance.verticle.server().addresses().stream())
                                .findFirst()
                                .orElseThrow(() -> new IllegalStateException("it was stopped while it began")));
                        return deployed;
                    })
                    .recover(cause -> vertx.undeploy(id).transform(undeployed -> Future.failedFuture(cause)));
        }

        private Future<String> deploy() {
            DeploymentOptions how = deploymentOptions;
            SmtpServerOptions what = new SmtpServerOptions(options);
            if (what.getPort() == 0 && how.getInstances() > 1) {
                what.setPort(sharedPort);
            }
            try {
                return vertx.deployVerticle(() -> new Instance(newVerticle(new SmtpServerOptions(what))), how);
            } catch (RuntimeException rejected) {
                return Future.failedFuture(rejected); // the Vertx is closed
            }
        }

        Future<Void> end() {
            if (ending.compareAndSet(false, true)) {
                deployment
                        .future()
                        .transform((id, failed) -> failed != null
                                ? Future.<Void>succeededFuture()
                                // that it is undeployed already does not matter
                                : vertx.undeploy(id).transform((v, late) -> ended.future()))
                        .onComplete(undeployed);
            }
            return undeployed.future();
        }

        private void stopped(Instance instance, @Nullable Throwable cause) {
            if (cause != null) {
                stopFailure = cause;
            }
            instances.remove(instance);
            if (!instances.isEmpty()) {
                return;
            }
            Throwable failed = stopFailure;
            if (failed == null) {
                ended.tryComplete();
            } else {
                ended.tryFail(ControllerException.because("the server on " + address + " failed to stop", failed));
            }
        }

        /** A verticle that tells when it has stopped, whoever undeployed it. */
        private final class Instance implements Deployable {

            private final SmtpServerVerticle verticle;

            Instance(SmtpServerVerticle verticle) {
                this.verticle = verticle;
                instances.add(this);
            }

            @Override
            public Future<?> deploy(Context context) throws Exception {
                return verticle.deploy(context);
            }

            @Override
            public Future<?> undeploy(Context context) {
                return stop(context)
                        // Vert.x leaves the server to a verticle, also to one that fails
                        .recover(cause -> verticle.server().close().transform(closed -> Future.failedFuture(cause)))
                        .onComplete(result -> stopped(this, result.cause()));
            }

            private Future<Void> stop(Context context) {
                try {
                    return verticle.undeploy(context).mapEmpty();
                } catch (Exception broken) {
                    return Future.failedFuture(broken);
                }
            }
        }
    }
}
