package io.postern.smtp.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.shareddata.Lock;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What one server listens on: one socket for each of its addresses, all of them or none. Addresses of the Internet get one
 * port in common. Everything but {@link #addresses()} belongs to the context of the server.
 */
final class ServerSockets {

    /** How often another free port is tried when one that is free at the first address is taken at another. */
    static final int MAX_TRIES = 10;

    private static final String LOCK = "io.postern.smtp.port";

    private final Vertx vertx;
    private final String unixSocketPermissions;
    private final Supplier<NetServer> servers;
    private volatile List<Bound> all = List.of();
    private boolean stopped;

    private record Bound(SocketAddress address, NetServer server, Optional<UnixSocket> file) {}

    /**
     * @param unixSocketPermissions such as {@code rw-rw----}
     * @param servers gives servers that only need to listen
     */
    ServerSockets(Vertx vertx, String unixSocketPermissions, Supplier<NetServer> servers) {
        this.vertx = vertx;
        this.unixSocketPermissions = unixSocketPermissions;
        this.servers = servers;
    }

    /** Where connections are accepted now, with real ports. */
    List<SocketAddress> addresses() {
        return all.stream().map(Bound::address).toList();
    }

    /**
     * Begins to listen, once.
     *
     * @param addresses at least one; if several, all on one port
     * @return fails when one of them cannot be bound, and then none is
     */
    Future<Void> bind(List<SocketAddress> addresses) {
        int port = addresses.get(0).port();
        if (port >= 0 || addresses.size() == 1) {
            return bind(addresses, MAX_TRIES);
        }
        // The instances that share the port agree on it only when no two of them are looking for one
        return vertx.sharedData()
                .getLocalLock(LOCK + port)
                .compose(lock -> bind(addresses, MAX_TRIES).onComplete(done -> release(lock)));
    }

    private static void release(Lock lock) {
        lock.release();
    }

    private Future<Void> bind(List<SocketAddress> addresses, int tries) {
        SocketAddress first = addresses.get(0);
        return bind(first)
                .compose(bound -> bindAll(
                        addresses.subList(1, addresses.size()), bound.address().port()))
                .recover(cause -> {
                    boolean again = first.port() <= 0 && !all.isEmpty() && !stopped && tries > 1;
                    return close(Duration.ZERO)
                            .transform(closed -> again ? bind(addresses, tries - 1) : Future.failedFuture(cause));
                });
    }

    private Future<Void> bindAll(List<SocketAddress> addresses, int port) {
        Future<Void> done = Future.succeededFuture();
        for (SocketAddress address : addresses) {
            done = done.compose(v -> bind(SocketAddress.inetSocketAddress(port, address.host())))
                    .mapEmpty();
        }
        return done;
    }

    private Future<Bound> bind(SocketAddress address) {
        return (address.isDomainSocket() ? bindUnix(address) : bindInet(address)).compose(bound -> {
            List<Bound> more = new ArrayList<>(all);
            more.add(bound);
            all = List.copyOf(more);
            return stopped ? Future.failedFuture(stoppedWhileItStarted()) : Future.succeededFuture(bound);
        });
    }

    static IllegalStateException stoppedWhileItStarted() {
        return new IllegalStateException("the server was stopped while it started");
    }

    private Future<Bound> bindInet(SocketAddress address) {
        return servers.get()
                .listen(address)
                .map(server -> new Bound(
                        SocketAddress.inetSocketAddress(server.actualPort(), address.host()), server, Optional.empty()))
                .recover(cause -> Future.failedFuture(named(address, cause)));
    }

    /**
     * With the address, which not every transport tells, and never one that was asked for as "any free port"; without the
     * words of the native transports, which are like "bind(..) failed with error(-98): Address already in use".
     */
    private static BindException named(SocketAddress address, Throwable cause) {
        String reason =
                String.valueOf(cause.getMessage()).replaceFirst("\\S+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
        BindException named = new BindException(shown(address) + ": " + reason);
        named.initCause(cause);
        return named;
    }

    private static String shown(SocketAddress address) {
        if (address.isDomainSocket()) {
            return address.path();
        }
        String host = address.host().contains(":") ? "[" + address.host() + "]" : address.host();
        return host + ":" + Math.max(0, address.port());
    }

    private Future<Bound> bindUnix(SocketAddress address) {
        if (UnixSocket.isAbstract(address)) {
            try {
                UnixSocket.checkAbstract(vertx.isNativeTransportEnabled(), System.getProperty("os.name"));
            } catch (IllegalArgumentException e) {
                return Future.failedFuture(e);
            }
            return servers.get().listen(address).map(server -> new Bound(address, server, Optional.empty()));
        }
        return UnixSocket.acquire(vertx, address, unixSocketPermissions).compose(file -> {
            NetServer server = servers.get();
            return server.listen(file.privateAddress())
                    .recover(cause -> Future.failedFuture(named(address, cause)))
                    .compose(bound -> file.publish(vertx))
                    .map(published -> new Bound(address, server, Optional.of(file)))
                    .recover(cause -> server.close()
                            .eventually(() -> file.release(vertx))
                            .transform(closed -> Future.failedFuture(cause)));
        });
    }

    /**
     * Stops to accept at once, and waits for the connections.
     *
     * @param patience after which they are cut
     */
    Future<Void> shutdown(Duration patience) {
        stopped = true;
        return close(patience);
    }

    private Future<Void> close(Duration patience) {
        List<Future<Void>> closing = all.stream()
                .map(bound -> bound.server()
                        .shutdown(patience.toMillis(), TimeUnit.MILLISECONDS)
                        .eventually(() ->
                                bound.file().map(file -> file.release(vertx)).orElseGet(Future::succeededFuture)))
                .toList();
        return Future.join(closing).<Void>mapEmpty().onComplete(closed -> all = List.of());
    }
}
