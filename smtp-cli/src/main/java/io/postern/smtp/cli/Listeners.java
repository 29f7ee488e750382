package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The running servers: one Vertx with an {@link SmtpServerVerticle} on each event loop for each address. */
final class Listeners {

    private static final System.Logger LOG = System.getLogger(Listeners.class.getName());

    // beyond the grace time, for the last replies to leave
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final int eventLoops;
    private final ServingHandler handler;
    private final SmtpServerOptions options;
    private final WatchedFiles watched = new WatchedFiles();
    private final Map<Tls, EncryptedServers> encrypted = new HashMap<>();
    private final Queue<String> deployments = new ConcurrentLinkedQueue<>();
    private List<SaslMechanism> mechanisms = List.of();
    private SmtpMetrics metrics = SmtpMetrics.NONE;

    /** @throws IllegalArgumentException when an option cannot be; the message is for the user */
    Listeners(
            Transport transport,
            int eventLoops,
            ClusterOptions cluster,
            ServingHandler.Source handler,
            SmtpServerOptions options) {
        this.eventLoops = eventLoops;
        this.options = options;
        this.vertx = cluster.build(
                Vertx.builder().withTransport(transport),
                new VertxOptions()
                        .setEventLoopPoolSize(eventLoops)
                        // it would make a directory for files that are never served
                        .setFileSystemOptions(new FileSystemOptions()
                                .setClassPathResolvingEnabled(false)
                                .setFileCachingEnabled(false)));
        this.handler = handler.create(vertx);
        LOG.log(System.Logger.Level.INFO, () -> "transport is " + transport.name());
        SmtpServer.create(vertx, this.handler.handler(), options); // refuses what no setter could see
    }

    /** Lets the users of a file in; blocks until it is read. */
    void authenticate(Path usersFile) {
        try {
            Users users = await(Users.load(vertx, usersFile));
            mechanisms = users.mechanisms();
            watched.add(List.of(usersFile), users::reload);
        } catch (NoSuchFileException e) {
            throw new StartFailure("no such file: " + usersFile);
        } catch (Exception e) {
            throw new StartFailure("cannot use users file", e);
        }
    }

    /** Tells {@code told} what happens on the servers that listen from now on. */
    void measure(SmtpMetrics told) {
        metrics = told;
    }

    /**
     * Listens on all addresses; blocks until connections are accepted.
     *
     * @return the addresses with their real ports
     */
    List<ListenAddress> listen(List<Listener> listeners) {
        List<ListenAddress> listening = new ArrayList<>();
        for (Listener listener : listeners) {
            if (listener.address() instanceof ListenAddress.Unix unix) {
                deploy(listener, unix, new SmtpServerOptions(options).setUnixSocket(unix.path()));
                listening.add(unix);
            } else if (listener.address() instanceof ListenAddress.Inet inet) {
                listen(listener, inet, listening);
            }
        }
        watched.start();
        return listening;
    }

    private void listen(Listener listener, ListenAddress.Inet address, List<ListenAddress> listening) {
        // instances that ask for the same negative port share a free one
        int port = address.port() == 0 ? -1 - listening.size() : address.port();
        SmtpServerOptions own =
                new SmtpServerOptions(options).setHost(address.host()).setPort(port);
        deploy(listener, address, own)
                .addresses()
                .forEach(bound -> listening.add(new ListenAddress.Inet(bound.host(), bound.port())));
    }

    /** What there is to say to the user about servers that listen. */
    List<String> serving(List<ListenAddress> listening) {
        return handler.serving(listening);
    }

    /** @return any of the servers that share the address */
    private SmtpServer deploy(Listener listener, ListenAddress address, SmtpServerOptions own) {
        Optional<EncryptedServers> encrypted = listener.tls().map(this::encrypted);
        encrypted.ifPresent(tls -> tls.apply(own));
        Queue<SmtpServerVerticle> deployed = new ConcurrentLinkedQueue<>();
        Future<String> deployment = vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new Verticle(handler.handler(), own).setMetrics(metrics);
                    deployed.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(eventLoops));
        try {
            deployments.add(await(deployment));
        } catch (IOException e) {
            throw StartFailure.cannotListen(address.toString(), e);
        } catch (Exception e) {
            throw StartFailure.cannotListen(
                    address + listener.tls().map(tls -> " with " + tls).orElse(""), e);
        }
        List<SmtpServer> servers =
                deployed.stream().map(SmtpServerVerticle::server).toList();
        encrypted.ifPresent(tls -> tls.servers().addAll(servers));
        return servers.get(0);
    }

    private final class Verticle extends SmtpServerVerticle {

        Verticle(SmtpHandler handler, SmtpServerOptions options) {
            super(handler, options);
        }

        @Override
        protected SmtpServer createServer(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
            SmtpServer server = super.createServer(handlers, options);
            mechanisms.forEach(server::addMechanism);
            handler.join(server);
            return server;
        }
    }

    /** The servers that use the same files, which are read once for all of them. */
    private record EncryptedServers(Tls tls, ServerSSLOptions read, List<SmtpServer> servers) {

        void apply(SmtpServerOptions options) {
            tls.apply(options, read);
        }

        Future<?> update() throws IOException {
            ServerSSLOptions again = tls.read();
            return Future.all(
                    servers.stream().map(server -> server.updateTls(again)).toList());
        }
    }

    private EncryptedServers encrypted(Tls tls) {
        return encrypted.computeIfAbsent(tls, files -> {
            try {
                EncryptedServers servers = new EncryptedServers(tls, tls.read(), new ArrayList<>());
                watched.add(tls.files(), servers::update);
                return servers;
            } catch (NoSuchFileException e) {
                throw new StartFailure("no such file: " + e.getFile());
            } catch (IOException e) {
                throw new StartFailure("cannot read " + tls, e);
            }
        });
    }

    private static <T> T await(Future<T> future) throws Exception {
        try {
            return future.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private Future<?> closeHandler() {
        return handler.close()
                .onFailure(cause -> Postern.complain("the handler could not be closed: " + StartFailure.reason(cause)));
    }

    /**
     * Lets running transactions finish within the grace time, and the handler what it has begun; blocks until all connections
     * are closed.
     */
    void shutdown() {
        Duration patience = options.getShutdownGrace().plus(FAREWELL);
        Future<?> ended = Future.join(deployments.stream().map(vertx::undeploy).toList())
                .eventually(this::closeHandler)
                .eventually(vertx::close);
        try {
            ended.toCompletionStage().toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(System.Logger.Level.WARNING, "not everything could be shut down", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
