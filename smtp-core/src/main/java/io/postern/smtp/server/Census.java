package io.postern.smtp.server;

import io.postern.smtp.Limit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts connections, in total and by the address of the client. Event loops may use it at the same time. */
final class Census {

    private final AtomicInteger total = new AtomicInteger();
    private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

    /**
     * Counts a connection, if that is within the limits.
     *
     * @param maxTotal how many there may be, 0 for any number
     * @param maxOfAddress how many there may be from this address, 0 for any number
     * @return the limit that keeps it out; it is not counted then
     */
    Optional<Limit> enter(String address, int maxTotal, int maxOfAddress) {
        int all = total.incrementAndGet();
        int same = byAddress.merge(address, 1, Integer::sum);
        boolean crowded = maxTotal != 0 && all > maxTotal;
        if (!crowded && (maxOfAddress == 0 || same <= maxOfAddress)) {
            return Optional.empty();
        }
        leave(address);
        return Optional.of(crowded ? Limit.CONNECTIONS : Limit.CONNECTIONS_PER_ADDRESS);
    }

    void leave(String address) {
        total.decrementAndGet();
        byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
}
