package io.postern.smtp.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until a test moves it, so that five minutes pass in no time and never by accident. Timers that
 * are due are run by {@link #advance}, on its thread, in the order of their times. May be used by several threads.
 */
public final class TestClock {

    /** What is to happen at a time; of two at the same time the one that was set first comes first. */
    private record Timer(Duration due, Runnable task) {}

    private final List<Timer> timers = new ArrayList<>();
    private Duration now = Duration.ZERO;

    /** A clock that shows zero. */
    public TestClock() {}

    /** How far the clock has been moved so far. */
    public synchronized Duration now() {
        return now;
    }

    /** How many timers wait for their time. */
    public synchronized int waiting() {
        return timers.size();
    }

    /**
     * Has a task run once the clock has moved on by {@code delay}.
     *
     * @param task does not block
     */
    public synchronized void after(Duration delay, Runnable task) {
        timers.add(new Timer(now.plus(delay), task));
    }

    /**
     * Moves the clock, stopping at each timer on the way; timers that these set run too if they are due.
     *
     * @throws IllegalArgumentException when {@code by} is negative
     */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("by is " + by + "; allowed is zero or more");
        }
        Duration end = now().plus(by);
        Timer next;
        while ((next = next(end)) != null) {
            next.task().run();
        }
    }

    private synchronized @Nullable Timer next(Duration end) {
        Timer first = timers.stream()
                .min(Comparator.comparing(Timer::due))
                .filter(timer -> timer.due().compareTo(end) <= 0)
                .orElse(null);
        if (first == null) {
            now = end;
        } else {
            timers.remove(first);
            now = first.due();
        }
        return first;
    }
}
