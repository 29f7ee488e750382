package io.postern.smtp.handlers.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A counter for each verb and reply code, found without making an object. */
final class CommandCounters {

    // RFC 5321 §4.2: a reply code has three digits, the first of which is from 2 to 5
    private static final int FIRST_CODE = 200;
    private static final int LAST_CODE = 599;

    private final Named<ByCode> verbs;

    /** @param make makes, or finds, the counter of a verb and a code */
    CommandCounters(BiFunction<String, String, Counter> make) {
        verbs = new Named<>(verb -> new ByCode(code -> make.apply(verb, code)));
    }

    /** @param code one outside of what the protocol allows is counted as the nearest inside */
    Counter of(String verb, int code) {
        return verbs.of(verb).of(Math.max(FIRST_CODE, Math.min(LAST_CODE, code)));
    }

    private interface Make {
        Counter of(String code);
    }

    private static final class ByCode {

        private final AtomicReferenceArray<@Nullable Counter> counters =
                new AtomicReferenceArray<>(LAST_CODE - FIRST_CODE + 1);
        private final Make make;

        ByCode(Make make) {
            this.make = make;
        }

        Counter of(int code) {
            Counter known = counters.get(code - FIRST_CODE);
            if (known != null) {
                return known;
            }
            // should two threads come here at once, the registry gives both the same
            Counter made = make.of(Integer.toString(code));
            counters.set(code - FIRST_CODE, made);
            return made;
        }
    }
}
