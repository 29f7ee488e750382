package io.postern.smtp.server;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slows down who guesses passwords: each failure of an address doubles the time that its next one waits for its reply,
 * over all its connections. Event loops may use it at the same time.
 */
final class AuthThrottle {

    /** The longest that a reply waits. */
    static final Duration MAX_DELAY = Duration.ofSeconds(30);
    /** How long a failure is remembered. */
    static final Duration MEMORY = Duration.ofMinutes(15);
    /** How many addresses are remembered, so that an attack from many cannot fill the memory. */
    static final int MAX_ADDRESSES = 10_000;

    /** @param order tells which of two failures was later, also of those that have one time */
    private record Failures(int count, long last, long order) {}

    private final AtomicLong order = new AtomicLong();
    private final Map<String, Failures> byAddress = new ConcurrentHashMap<>();

    /**
     * Notes a failure.
     *
     * @param firstDelay what the first failure waits; zero for no delay at all
     * @return how long the reply to this one waits, in milliseconds
     */
    long failed(String address, Duration firstDelay, long now) {
        Failures failures = byAddress.merge(
                address,
                new Failures(1, now, order.incrementAndGet()),
                (before, one) -> now - before.last() > MEMORY.toMillis()
                        ? one
                        : new Failures(before.count() + 1, now, one.order()));
        while (byAddress.size() > MAX_ADDRESSES) {
            forgetEldest();
        }
        int doublings = Math.min(failures.count() - 1, Integer.SIZE - 2);
        long first = Math.min(firstDelay.toMillis(), MAX_DELAY.toMillis());
        return Math.min(first << doublings, MAX_DELAY.toMillis());
    }

    // Looks through all of them, which takes less time than the hash that the failed password cost
    private void forgetEldest() {
        byAddress.entrySet().stream()
                .min(Comparator.comparingLong(entry -> entry.getValue().order()))
                .ifPresent(eldest -> byAddress.remove(eldest.getKey(), eldest.getValue()));
    }

    /** A success makes up for the failures of a user who mistyped. */
    void succeeded(String address) {
        byAddress.remove(address);
    }

    /** How many addresses are remembered. */
    int size() {
        return byAddress.size();
    }
}
