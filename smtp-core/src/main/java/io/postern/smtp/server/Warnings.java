package io.postern.smtp.server;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Logs what anybody who can connect may cause, without letting him fill the disk: at WARNING once in a while, with the
 * number of those that were passed over; each one at DEBUG. It belongs to one event loop.
 */
final class Warnings {

    /** How far apart they are at least. */
    static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Logger log;
    private final LongSupplier now;
    private boolean any;
    private long last;
    private long passedOver;

    /** @param now milliseconds since any fixed moment */
    Warnings(Logger log, LongSupplier now) {
        this.log = log;
        this.now = now;
    }

    void warn(Supplier<String> text) {
        long time = now.getAsLong();
        if (any && time - last < INTERVAL.toMillis()) {
            passedOver++;
            log.log(Level.DEBUG, text);
            return;
        }
        String more = passedOver == 0 ? "" : " (and " + passedOver + " like it before)";
        any = true;
        last = time;
        passedOver = 0;
        log.log(Level.WARNING, () -> text.get() + more);
    }
}
