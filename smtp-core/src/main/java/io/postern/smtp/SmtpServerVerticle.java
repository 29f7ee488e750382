package io.postern.smtp;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hosts an {@link SmtpServer} in a Vert.x application. Several instances share one port, each on its own event loop:
 *
 * <pre>{@code
 * vertx.deployVerticle(
 *         () -> new SmtpServerVerticle(MyHandler::new, new SmtpServerOptions().setPort(2525)),
 *         new DeploymentOptions().setInstances(4));
 * }</pre>
 *
 * <p>The threading model of the deployment says where the handler runs: on the event loop, which it must not block; with
 * {@link io.vertx.core.ThreadingModel#WORKER} on worker threads, where it may; with
 * {@link io.vertx.core.ThreadingModel#VIRTUAL_THREAD} (JDK 21 and newer, otherwise the deployment fails) on virtual threads,
 * where it may also await futures. The connections are served by an event loop in any case, so that a hook that blocks
 * holds up its own connection only.
 *
 * <p>What stands in {@code DeploymentOptions.setConfig(..)} overrides the options, property by property, with the names of
 * {@link SmtpServerOptions#toJson()}. For a free port shared by several instances set a negative port. Undeploying shuts
 * the server down within {@link SmtpServerOptions#getShutdownGrace()}.
 */
public class SmtpServerVerticle extends VerticleBase {

    private final Supplier<? extends SmtpHandler> handlers;
    private final SmtpServerOptions options;
    private SmtpMetrics metrics = SmtpMetrics.NONE;
    private @Nullable SmtpServer server;

    /** Serves with one handler for all connections of this instance; on worker and virtual threads at the same time. */
    public SmtpServerVerticle(SmtpHandler handler, SmtpServerOptions options) {
        this(() -> handler, options);
    }

    /** Serves with a new handler for every connection; the supplier is called on the event loop. */
    public SmtpServerVerticle(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        this.options = new SmtpServerOptions(options);
    }

    /**
     * Tells {@code metrics} what happens on the server. Several instances may share them.
     *
     * @throws IllegalStateException when the verticle is deployed already
     */
    public SmtpServerVerticle setMetrics(SmtpMetrics metrics) {
        if (server != null) {
            throw new IllegalStateException("metrics are set before the verticle is deployed");
        }
        this.metrics = Objects.requireNonNull(metrics, "metrics");
        return this;
    }

    /** Starts to listen; the deployment succeeds when connections are accepted. */
    @Override
    public Future<?> start() {
        SmtpServer created = createServer(handlers, options.merge(config()));
        if (!SmtpMetrics.NONE.equals(metrics)) {
            created.setMetrics(metrics);
        }
        server = created;
        return created.listen();
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.shutdown();
    }

    /** The server that this verticle runs. Override it to add extensions or to serve another way. */
    protected SmtpServer createServer(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return SmtpServer.create(vertx, handlers, options);
    }

    /** The server, for its port, the number of its connections, and to {@link SmtpServer#update update} it. */
    public final SmtpServer server() {
        if (server == null) {
            throw new IllegalStateException("the verticle is not deployed");
        }
        return server;
    }
}
