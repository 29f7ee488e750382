package io.postern.smtp.testkit.faults;

import java.time.Duration;

/** A fault that was declared. Printed, it is its declaration. */
public interface Fault {

    /** How long {@link #await()} waits. */
    Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    /** How often it has come so far. */
    int hits();

    /** Does not let {@link Faults#verify()} fail when it has not come. */
    Fault optional();

    /**
     * Blocks until it has come at least once: until then nothing of it has happened, and from then on a delay counts.
     *
     * @throws AssertionError when it has not within 10 s
     * @throws IllegalStateException on an event loop, which must not be blocked
     */
    default Fault await() {
        return await(1, DEFAULT_PATIENCE);
    }

    /**
     * Blocks until it has come so often.
     *
     * @throws AssertionError when it has not within {@code patience}
     * @throws IllegalStateException on an event loop, which must not be blocked
     */
    Fault await(int hits, Duration patience);

    /** Ends it; what it has delayed or stalled goes on. */
    void remove();
}
