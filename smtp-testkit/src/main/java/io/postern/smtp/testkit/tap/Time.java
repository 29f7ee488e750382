package io.postern.smtp.testkit.tap;

import io.netty.channel.EventLoop;
import io.postern.smtp.testkit.MovableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Tells the time to faults: that of the day, or that of a clock which a test moves. */
final class Time {

    private final LongSupplier nanos;
    private volatile @Nullable MovableClock clock;

    /** Goes by the event loops of a system. */
    Time() {
        this(System::nanoTime);
    }

    /** @param nanos the time by which event loops go */
    Time(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** @param moved null for the time of day */
    void setClock(@Nullable MovableClock moved) {
        clock = moved;
    }

    Duration now() {
        MovableClock moved = clock;
        return moved == null ? Duration.ofNanos(nanos.getAsLong()) : Duration.between(Instant.EPOCH, moved.instant());
    }

    /** Runs a task later, on an event loop that may have ended by then. */
    @SuppressWarnings("FutureReturnValueIgnored") // it runs, or its connection is gone
    void after(Duration delay, EventLoop loop, Runnable task) {
        MovableClock moved = clock;
        if (delay.isZero()) {
            loop.execute(task);
        } else if (moved == null) {
            loop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } else {
            moved.after(delay, () -> {
                try {
                    loop.execute(task);
                } catch (RejectedExecutionException gone) {
                    // so is the connection, and what was to happen to it
                }
            });
        }
    }
}
