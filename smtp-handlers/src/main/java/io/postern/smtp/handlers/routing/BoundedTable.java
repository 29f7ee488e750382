package io.postern.smtp.handlers.routing;

import io.postern.smtp.handlers.options.Checks;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a policy remembers of clients, so many of them at the most: when it is full, the one that was not heard of for the
 * longest time is forgotten. For use by all event loops; what is done under its lock must be short.
 */
final class BoundedTable<K, V> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<K, V> entries;

    BoundedTable(int maxEntries) {
        Checks.atLeast("maxEntries", maxEntries, 1);
        this.entries = new LinkedHashMap<>(16, 0.75f, true) {

            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > maxEntries;
            }
        };
    }

    /**
     * Puts a new value in the place of the one that is there.
     *
     * @param change gets null when there is none, and gives null to leave all as it is
     */
    void update(K key, UnaryOperator<@Nullable V> change) {
        lock.lock();
        try {
            V next = change.apply(entries.get(key));
            if (next != null) {
                entries.put(key, next);
            }
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return entries.size();
        } finally {
            lock.unlock();
        }
    }
}
