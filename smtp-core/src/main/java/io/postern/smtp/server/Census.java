package io.postern.smtp.server;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Counts connections, in total and by the address of the client. Event loops may use it at the same time. */
final class Census {

    private final AtomicInteger total = new AtomicInteger();
    private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

    /**
     * Counts a connection, whoever its client is.
     *
     * @param max how many there may be, 0 for any number
     * @return its place; empty when all are taken
     */
    Optional<Place> enter(int max) {
        if (total.incrementAndGet() > max && max != 0) {
            total.decrementAndGet();
            return Optional.empty();
        }
        return Optional.of(new Place());
    }

    private boolean claim(String address, int max) {
        if (byAddress.merge(address, 1, Integer::sum) > max && max != 0) {
            leave(address);
            return false;
        }
        return true;
    }

    private void leave(String address) {
        byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }

    /** The place of one connection; it belongs to its event loop. */
    final class Place {

        private @Nullable String address;

        private Place() {}

        /**
         * Counts the connection for the address of its client too, once that is known.
         *
         * @param max how many there may be of this address, 0 for any number
         * @return whether there was room for it; if not, it is counted in total only
         */
        boolean claim(String ofClient, int max) {
            boolean free = Census.this.claim(ofClient, max);
            if (free) {
                address = ofClient;
            }
            return free;
        }

        /** The connection has ended. */
        void leave() {
            total.decrementAndGet();
            if (address != null) {
                Census.this.leave(address);
            }
        }
    }
}
