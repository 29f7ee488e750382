package io.postern.smtp.handlers.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The meters of one kind by the name that tells them apart. What a server hands over as a name is of a bounded number; should
 * there be more all the same, those that come late share one meter.
 */
final class Named<M> {

    /** How many names are told apart: every verb, question, mechanism or protocol, and what extensions add. */
    static final int MAX_NAMES = 64;

    /** Stands for all others. */
    static final String OTHER = "other";

    private final Map<String, M> meters = new ConcurrentHashMap<>();
    private final Function<String, M> make;

    /** @param make makes, or finds, the meter of a name; may be called more than once for one name */
    Named(Function<String, M> make) {
        this.make = make;
    }

    M of(String name) {
        M known = meters.get(name);
        if (known != null) {
            return known;
        }
        return meters.computeIfAbsent(meters.size() < MAX_NAMES ? name : OTHER, make);
    }
}
