package io.postern.smtp.server;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections of all servers of a Vertx that listen on one address: the instances of a verticle are one server
 * to its clients.
 */
final class Census implements Shareable {

    private static final String MAP = "io.postern.smtp.census";

    private final AtomicInteger total = new AtomicInteger();
    private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

    /** The count for a listening address. */
    static Census of(Vertx vertx, String address) {
        LocalMap<String, Census> all = vertx.sharedData().getLocalMap(MAP);
        return all.computeIfAbsent(address, key -> new Census());
    }

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
