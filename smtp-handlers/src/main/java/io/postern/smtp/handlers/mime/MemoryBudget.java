package io.postern.smtp.handlers.mime;

import java.util.concurrent.atomic.AtomicLong;

/** The octets that all messages of a handler together may hold in memory. For use on any thread. */
final class MemoryBudget {

    private final long max;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long max) {
        this.max = max;
    }

    /** @return whether there was so much left; if not, nothing is taken */
    boolean take(long octets) {
        long after = used.addAndGet(octets);
        if (after > max) {
            used.addAndGet(-octets);
            return false;
        }
        return true;
    }

    void giveBack(long octets) {
        used.addAndGet(-octets);
    }

    long used() {
        return used.get();
    }
}
