package io.postern.smtp.controller;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long a start may take: what the program says, unless the environment knows better. */
final class ReadyTimeout {

    /** Seconds; a slow machine is told with it to wait longer than a program's author thought of. */
    static final String VARIABLE = "POSTERN_CONTROLLER_TIMEOUT";

    // nine digits are thirty years, and overflow nothing
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

    private ReadyTimeout() {}

    static Duration of(Duration configured, @Nullable String variable) {
        return variable == null ? configured : parse(variable.strip());
    }

    private static Duration parse(String text) {
        if (SECONDS.matcher(text).matches()) {
            Duration timeout =
                    Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValueExact());
            if (!timeout.isZero()) {
                return timeout;
            }
        }
        throw new IllegalArgumentException(
                VARIABLE + " is \"" + text + "\"; allowed is a number of seconds above 0, such as 2.5");
    }
}
