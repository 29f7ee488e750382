package io.postern.smtp.server;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Keeps the time for all connections of a server: looks through them at each tick. A command costs no timer and no look at
 * the clock, only the note of {@link #now()}.
 */
final class Deadlines {

    /** How exact deadlines are, in milliseconds. */
    static final long TICK_MILLIS = 250;

    private final LongSupplier clock;
    private final Set<SmtpConnection> connections = new HashSet<>();
    private final Queue<Delayed> delayed = new PriorityQueue<>(Comparator.comparingLong(Delayed::due));
    private long now;

    private record Delayed(long due, Runnable action) {}

    /** @param clock milliseconds since any fixed moment; it never goes back */
    Deadlines(LongSupplier clock) {
        this.clock = clock;
        this.now = clock.getAsLong();
    }

    /** The time at the last tick, in milliseconds. */
    long now() {
        return now;
    }

    /** Whether a time has passed that ends with {@code limit}; zero never does. */
    static boolean isOver(Duration limit, long waitedMillis) {
        return !limit.isZero() && waitedMillis >= limit.toMillis();
    }

    void add(SmtpConnection connection) {
        connections.add(connection);
    }

    void remove(SmtpConnection connection) {
        connections.remove(connection);
    }

    /** All connections, as they are now. */
    List<SmtpConnection> connections() {
        return List.copyOf(connections);
    }

    /** Runs something at the first tick when {@code delay} has passed, whatever has become of its connection by then. */
    void after(Duration delay, Runnable action) {
        delayed.add(new Delayed(clock.getAsLong() + delay.toMillis(), action));
    }

    void tick() {
        now = clock.getAsLong();
        while (!delayed.isEmpty() && delayed.element().due() <= now) {
            delayed.remove().action().run();
        }
        connections().forEach(SmtpConnection::checkDeadline);
    }
}
