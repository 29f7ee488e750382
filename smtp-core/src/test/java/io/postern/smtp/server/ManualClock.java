package io.postern.smtp.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock that a test moves. */
final class ManualClock implements LongSupplier {

    private final AtomicLong millis = new AtomicLong();

    void advance(Duration time) {
        millis.addAndGet(time.toMillis());
    }

    @Override
    public long getAsLong() {
        return millis.get();
    }
}
