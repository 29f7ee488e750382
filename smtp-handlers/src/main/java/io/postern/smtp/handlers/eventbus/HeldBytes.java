package io.postern.smtp.handlers.eventbus;

import java.util.concurrent.atomic.AtomicLong;

/** How much a handler holds of all its messages together; any thread may ask. */
final class HeldBytes {

    private final long limit;
    private final AtomicLong held = new AtomicLong();

    HeldBytes(long limit) {
        this.limit = limit;
    }

    /** Whether there is room for so much more, which is taken then. */
    boolean tryTake(int octets) {
        if (held.addAndGet(octets) <= limit) {
            return true;
        }
        release(octets);
        return false;
    }

    void release(long octets) {
        held.addAndGet(-octets);
    }

    long held() {
        return held.get();
    }
}
