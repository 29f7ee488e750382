package io.postern.smtp.server;

import java.util.Map;
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
     */
    boolean enter(String address, int maxTotal, int maxOfAddress) {
        int all = total.incrementAndGet();
        int same = byAddress.merge(address, 1, Integer::sum);
        if ((maxTotal == 0 || all <= maxTotal) && (maxOfAddress == 0 || same <= maxOfAddress)) {
            return true;
        }
        leave(address);
        return false;
    }

    void leave(String address) {
        total.decrementAndGet();
        byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
}
