package io.postern.smtp.testkit.memory;

import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.Ticker;
import io.postern.smtp.testkit.MovableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The only event loop of a Vert.x in memory. It runs on the thread that has made it, when that thread says so, and its timers
 * go by a clock that the test moves. Other threads may hand it tasks as they do to any event loop.
 */
public final class TestLoop extends ManualIoEventLoop {

    /** So many rounds are taken for a loop that never comes to rest. */
    private static final int MAX_ROUNDS = 1_000_000;

    /** How far the time of a loop jumps whenever it is looked at while the loop ends. */
    private static final long LEAP_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** The time of a {@link MovableClock}, which a loop may not see going back. */
    private static final class ClockTicker implements Ticker {

        private final MovableClock clock;
        private final Instant start;
        private long last;
        private boolean ending;

        ClockTicker(MovableClock clock) {
            this.clock = clock;
            this.start = clock.instant();
        }

        @Override
        public synchronized long nanoTime() {
            last = ending
                    ? last + LEAP_NANOS
                    : Math.max(last, Duration.between(start, clock.instant()).toNanos());
            return last;
        }

        synchronized void end() {
            ending = true;
        }

        @Override
        public long initialNanoTime() {
            return 0;
        }

        @Override
        public void sleep(long delay, TimeUnit unit) {
            throw new UnsupportedOperationException("time passes only when the test says so");
        }
    }

    private final MovableClock clock;

    /** Whether the loop runs: who is called by it need not run it again. */
    private boolean running;

    /** A loop of the calling thread. */
    public TestLoop(MovableClock clock) {
        super(null, Thread.currentThread(), LocalIoHandler.newFactory(), new ClockTicker(clock));
        this.clock = clock;
    }

    /**
     * Lets the loop end without delay, once it is asked to: Netty ends one only when it had nothing to do for a while, and
     * sleeps until then.
     */
    public void hasten() {
        ((ClockTicker) ticker()).end();
    }

    /** Milliseconds since the loop was made, by its clock. */
    public long millis() {
        return TimeUnit.NANOSECONDS.toMillis(ticker().nanoTime());
    }

    /**
     * Runs what is due, and what follows from it, until nothing is left to do.
     *
     * @throws IllegalStateException on another thread than that of the loop
     */
    public void runDue() {
        checkThread();
        if (running || isTerminated()) {
            return;
        }
        running = true;
        try {
            int rounds = 0;
            while (runNow() > 0) {
                if (++rounds > MAX_ROUNDS) {
                    throw new AssertionError("the event loop never comes to rest: something asks it again and again");
                }
            }
        } finally {
            running = false;
        }
    }

    /**
     * Runs what is due until {@code done}, also when other threads have to do their part first.
     *
     * @param patience in real time
     * @return whether it is done
     * @throws IllegalStateException when it is not, and is called from what the loop runs, such as a hook of the handler
     */
    public boolean runUntil(BooleanSupplier done, Duration patience) {
        long begun = System.nanoTime();
        runDue();
        while (!done.getAsBoolean()) {
            requireAtRest();
            long left = patience.toNanos() - (System.nanoTime() - begun);
            if (left <= 0 || isTerminated()) {
                return false;
            }
            run(left); // until another thread has something to do here, or a moment
            runDue();
        }
        return true;
    }

    /**
     * Moves the clock on; timers that become due on the way run at their time.
     *
     * @throws IllegalStateException when it is called from what the loop runs, such as a hook of the handler
     */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("by is " + by + "; allowed is zero or more");
        }
        requireAtRest();
        runDue();
        Instant end = clock.instant().plus(by);
        Instant due = nextDue();
        while (!due.isAfter(end)) {
            clock.set(due);
            runDue();
            due = nextDue();
        }
        clock.set(end);
        runDue();
    }

    private Instant nextDue() {
        long deadline = nextScheduledTaskDeadlineNanos();
        return deadline < 0 ? Instant.MAX : clock.instant().plusNanos(Math.max(0, deadline - ticker().nanoTime()));
    }

    /** Who is called by the loop cannot wait for what the loop does next. */
    private void requireAtRest() {
        if (running) {
            throw new IllegalStateException("a handler cannot wait for what happens when it has returned");
        }
    }

    private void checkThread() {
        if (!inEventLoop()) {
            throw new IllegalStateException("only the thread that has made the tester may use it and its clients, not "
                    + Thread.currentThread().getName());
        }
    }
}
