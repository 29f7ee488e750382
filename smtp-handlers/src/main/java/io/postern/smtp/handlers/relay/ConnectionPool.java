package io.postern.smtp.handlers.relay;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The connections to the next hop: no more than there may be, each for one transaction at a time, open a while longer than
 * it is used. What the pool knows stays on one event loop; each connection has its own.
 */
final class ConnectionPool {

    /** A connection that says goodbye still counts, so it must not take long about it. */
    private static final Duration QUIT_PATIENCE = Duration.ofSeconds(5);

    private final Loop home;
    private final RelayOptions options;
    private final Opening opening;
    private final Deque<Idle> idle = new ArrayDeque<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private final Promise<Void> closed;

    /** Made before the first connection; who does not hold on to it loses its connections. */
    private volatile @Nullable NetClient client;

    private int numbers;
    private int beingOpened;
    private boolean closing;
    /** Those that are being opened, too. Written at home, read anywhere. */
    private volatile int open;

    /** Nobody uses the connection; the timer ends it. */
    private record Idle(HopConnection connection, long timer) {}

    /** Somebody who wants a connection. */
    private static final class Waiter {
        private final Loop loop;
        private final boolean fresh;
        private final Promise<HopConnection> promise;
        private long timer = -1;

        Waiter(Loop loop, boolean fresh) {
            this.loop = loop;
            this.fresh = fresh;
            this.promise = loop.promise();
        }
    }

    ConnectionPool(Vertx vertx, RelayOptions options) {
        this.home = Loop.here(vertx);
        this.options = options;
        this.opening = new Opening(() -> Objects.requireNonNull(client), options);
        this.closed = home.promise();
        // there it belongs to no verticle, with whose end it would close, nor to a session
        home.run(() -> client = vertx.createNetClient());
    }

    /** How many connections there are. */
    int open() {
        return open;
    }

    /**
     * Gives a connection that can take a transaction; it must be given back.
     *
     * @param loop where the future is completed, and where a new connection is opened
     * @param fresh whether none will do that was used before
     */
    Future<HopConnection> borrow(Loop loop, boolean fresh) {
        Waiter waiter = new Waiter(loop, fresh);
        home.run(() -> {
            if (closing) {
                waiter.promise.fail(new HopFailure(HopReplies.CLOSED, "the relay is closed"));
                return;
            }
            waiters.add(waiter);
            serve();
            if (waiters.size() > options.getMaxWaiting() + beingOpened && waiters.remove(waiter)) {
                waiter.promise.fail(new HopFailure(HopReplies.BUSY, "too many wait for a connection"));
            } else if (waiters.contains(waiter)) {
                waiter.timer = home.setTimer(options.getAcquireTimeout().toMillis(), () -> giveUp(waiter));
            }
        });
        return waiter.promise.future();
    }

    private void giveUp(Waiter waiter) {
        if (waiters.remove(waiter)) {
            waiter.promise.fail(
                    beingOpened > 0
                            ? new HopFailure(HopReplies.NO_ANSWER, "no connection was opened in time")
                            : new HopFailure(HopReplies.BUSY, "no connection was free in time"));
        }
    }

    private void serve() {
        for (Iterator<Waiter> next = waiters.iterator(); next.hasNext(); ) {
            Waiter waiter = next.next();
            HopConnection connection = takeIdle(waiter);
            if (connection != null) {
                next.remove();
                home.cancelTimer(waiter.timer);
                waiter.promise.complete(connection);
            }
        }
        // one for each that waits; whoever is first in the queue gets the first that is ready
        int index = 0;
        for (Waiter waiter : waiters) {
            if (index++ >= beingOpened) {
                if (open >= options.getMaxConnections() && !makeRoom()) {
                    break;
                }
                open(waiter.loop);
            }
        }
    }

    private @Nullable HopConnection takeIdle(Waiter waiter) {
        Optional<Idle> found = idle.stream()
                .filter(candidate -> !waiter.fresh || candidate.connection.transactions() == 0)
                .reduce((one, other) -> one.connection.loop().shares(waiter.loop) ? one : other);
        found.ifPresent(taken -> {
            idle.remove(taken);
            home.cancelTimer(taken.timer);
        });
        return found.map(Idle::connection).orElse(null);
    }

    /** Only idle connections that were used are left, and somebody wants one that was not. */
    private boolean makeRoom() {
        Idle oldest = idle.poll();
        if (oldest == null) {
            return false;
        }
        home.cancelTimer(oldest.timer);
        quit(oldest.connection);
        // its place is taken while it says goodbye, so that the next hop may see one more for a moment
        return true;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // written at home only
    private void open(Loop loop) {
        open++;
        beingOpened++;
        String id = "hop-" + Integer.toString(System.identityHashCode(this), Character.MAX_RADIX) + "-" + ++numbers;
        opening.open(loop, id).onComplete(result -> {
            if (result.succeeded()) {
                HopConnection connection = result.result();
                connection.ended().onComplete(v -> home.run(() -> gone(connection)));
            }
            home.run(() -> {
                beingOpened--;
                if (result.succeeded()) {
                    put(result.result());
                } else {
                    open--;
                    failFirst(result.cause());
                }
                serve();
                checkClosed();
            });
        });
    }

    private void failFirst(Throwable cause) {
        Waiter first = waiters.poll();
        if (first != null) {
            home.cancelTimer(first.timer);
            first.promise.fail(cause);
        }
    }

    /** Takes a connection back, on which no transaction is open any more. */
    void giveBack(HopConnection connection) {
        boolean reusable = connection.isUsable() && connection.transactions() < options.getMaxMessagesPerConnection();
        if (!reusable) {
            connection.quit(QUIT_PATIENCE);
            return;
        }
        home.run(() -> {
            put(connection);
            serve();
        });
    }

    private void put(HopConnection connection) {
        if (closing) {
            quit(connection);
        } else if (!connection.ended().isComplete()) {
            long timer = home.setTimer(options.getIdleTimeout().toMillis(), () -> {
                if (idle.removeIf(candidate -> candidate.connection == connection)) {
                    quit(connection);
                }
            });
            idle.add(new Idle(connection, timer));
        }
    }

    private void quit(HopConnection connection) {
        connection.loop().run(() -> connection.quit(QUIT_PATIENCE));
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // written at home only
    private void gone(HopConnection connection) {
        open--;
        idle.removeIf(candidate -> {
            boolean same = candidate.connection == connection;
            if (same) {
                home.cancelTimer(candidate.timer);
            }
            return same;
        });
        serve();
        checkClosed();
    }

    /** Ends what nobody uses, and the rest as it is given back. @return completes when no connection is left */
    Future<Void> close() {
        home.run(() -> {
            closing = true;
            List<Waiter> refused = new ArrayList<>(waiters);
            waiters.clear();
            refused.forEach(waiter -> {
                home.cancelTimer(waiter.timer);
                waiter.promise.fail(new HopFailure(HopReplies.CLOSED, "the relay is closed"));
            });
            while (!idle.isEmpty()) {
                makeRoom();
            }
            checkClosed();
        });
        return closed.future();
    }

    private void checkClosed() {
        if (closing && open == 0) {
            closed.tryComplete();
        }
    }
}
