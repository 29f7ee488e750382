package io.postern.smtp.server;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows down who guesses passwords: each failure of an address doubles the time that its next one waits for its reply,
 * over all its connections.
 */
final class AuthThrottle {

    /** The longest that a reply waits. */
    static final Duration MAX_DELAY = Duration.ofSeconds(30);
    /** How long a failure is remembered. */
    static final Duration MEMORY = Duration.ofMinutes(15);
    /** How many addresses are remembered, so that an attack from many cannot fill the memory. */
    static final int MAX_ADDRESSES = 10_000;

    private record Failures(int count, long last) {}

    private final Map<String, Failures> byAddress = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    /**
     * Notes a failure.
     *
     * @param firstDelay what the first failure of an address waits; zero for no delay at all
     * @return how long its reply waits, in milliseconds
     */
    long failed(String address, Duration firstDelay, long now) {
        Failures before = byAddress.remove(address);
        int count = before == null || now - before.last() > MEMORY.toMillis() ? 1 : before.count() + 1;
        byAddress.put(address, new Failures(count, now));
        int doublings = Math.min(count - 1, Integer.SIZE - 2);
        long first = Math.min(firstDelay.toMillis(), MAX_DELAY.toMillis());
        return Math.min(first << doublings, MAX_DELAY.toMillis());
    }

    /** A success makes up for the failures of a user who mistyped. */
    void succeeded(String address) {
        byAddress.remove(address);
    }
}
