package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** The running servers: one Vertx with an {@link SmtpServerVerticle} on each event loop for each address. */
final class Listeners {

    // beyond the grace time, for the last replies to leave
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final int eventLoops;
    private final SmtpHandler handler;
    private final SmtpServerOptions options;

    Listeners(int eventLoops, SmtpHandler handler, SmtpServerOptions options) {
        this.eventLoops = eventLoops;
        this.handler = handler;
        this.options = options;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(eventLoops)
                .setPreferNativeTransport(true) // falls back to NIO where there is none
                // it would make a directory for files that are never served
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    /**
     * Listens on all addresses; blocks until connections are accepted.
     *
     * @return the addresses with their real ports
     */
    List<ListenAddress> listen(List<ListenAddress> addresses) {
        List<ListenAddress> listening = new ArrayList<>();
        for (ListenAddress address : addresses) {
            // all families of a host get the same port
            int port = address.port();
            for (String host : address.hosts()) {
                // instances that ask for the same negative port share a free one
                int asked = port == 0 ? -1 - listening.size() : port;
                port = listen(new ListenAddress(host, port), asked);
                listening.add(new ListenAddress(host, port));
            }
        }
        return listening;
    }

    private int listen(ListenAddress address, int askedPort) {
        SmtpServerOptions own =
                new SmtpServerOptions(options).setHost(address.host()).setPort(askedPort);
        AtomicReference<SmtpServerVerticle> any = new AtomicReference<>();
        Future<String> deployed = vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new SmtpServerVerticle(handler, own);
                    any.set(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(eventLoops));
        try {
            deployed.toCompletionStage().toCompletableFuture().join();
        } catch (CompletionException e) {
            throw new StartFailure("cannot listen on " + address, e.getCause());
        }
        return any.get().server().actualPort();
    }

    /** Lets running transactions finish within the grace time; blocks until all connections are closed. */
    void shutdown() {
        Duration patience = options.getShutdownGrace().plus(FAREWELL);
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            System.getLogger(Listeners.class.getName())
                    .log(System.Logger.Level.WARNING, "not everything could be shut down", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
