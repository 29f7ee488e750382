package io.postern.smtp.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until a test moves it, so that five minutes pass in no time and never by accident. It tells
 * when messages arrived, see {@link RecordingHandler#RecordingHandler(java.time.InstantSource)}, and when delays of
 * {@link io.postern.smtp.testkit.faults.Faults#setClock faults} are over; given to the code under test as well, all agree.
 * How long a test waits for mail does not depend on it. May be used by several threads.
 */
public final class MovableClock extends Clock {

    private static final Instant SOME_TIME = Instant.parse("2030-01-01T12:00:00Z");

    /** What is to happen at a time; of two at the same time the one that was set first comes first. */
    private record Timer(Instant due, Runnable task) {}

    /** What the same clock in several zones has in common. */
    private static final class Hands {

        private final List<Timer> timers = new ArrayList<>();
        private Instant now;

        Hands(Instant now) {
            this.now = now;
        }

        synchronized Instant now() {
            return now;
        }

        synchronized int waiting() {
            return timers.size();
        }

        synchronized void add(Duration delay, Runnable task) {
            timers.add(new Timer(now.plus(delay), task));
        }

        void moveTo(Instant end) {
            Timer next = next(end);
            while (next != null) {
                next.task().run();
                next = next(end);
            }
        }

        /** Moves to the next timer that is due, or to the end when there is none. */
        private synchronized @Nullable Timer next(Instant end) {
            Timer first = timers.stream()
                    .min(Comparator.comparing(Timer::due))
                    .filter(timer -> !timer.due().isAfter(end))
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

    private final Hands hands;
    private final ZoneId zone;

    /** A clock in UTC that shows some time that is always the same. */
    public MovableClock() {
        this(SOME_TIME);
    }

    /** A clock in UTC that shows {@code start}. */
    public MovableClock(Instant start) {
        this(new Hands(start), ZoneOffset.UTC);
    }

    private MovableClock(Hands hands, ZoneId zone) {
        this.hands = hands;
        this.zone = zone;
    }

    /**
     * Moves the clock on, or back when {@code by} is negative. It stops at each timer on the way, and runs its task on the
     * thread of the caller; timers that these set run too if they are due.
     */
    public void advance(Duration by) {
        set(hands.now().plus(by));
    }

    /** Sets the clock; timers that are due then run as in {@link #advance}. */
    public void set(Instant instant) {
        hands.moveTo(instant);
    }

    /**
     * Has a task run once the clock has moved on by {@code delay}.
     *
     * @param task does not block
     */
    public void after(Duration delay, Runnable task) {
        hands.add(delay, task);
    }

    /** How many timers wait for their time. */
    public int waiting() {
        return hands.waiting();
    }

    @Override
    public Instant instant() {
        return hands.now();
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** The same clock, moved with this one, in another zone. */
    @Override
    public MovableClock withZone(ZoneId other) {
        return new MovableClock(hands, other);
    }

    @Override
    public String toString() {
        return "MovableClock[" + hands.now() + ", " + zone + "]";
    }
}
