package io.postern.smtp.handlers.options;

import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Checks what options are given, by setters and in JSON. What is not allowed is an {@link IllegalArgumentException} that names
 * the property, what was given and what is allowed. None of these is for passwords.
 */
public final class Checks {

    private Checks() {}

    /** A number of {@code least} or more. */
    public static int atLeast(String property, int given, int least) {
        return (int) atLeast(property, (long) given, least);
    }

    /** A number of {@code least} or more. */
    public static long atLeast(String property, long given, long least) {
        if (given < least) {
            throw notAllowed(property, given, least + " or more");
        }
        return given;
    }

    /** A number between two others, both allowed. */
    public static int within(String property, long given, int least, int most) {
        return (int) within(property, given, least, (long) most);
    }

    /** A number between two others, both allowed. */
    public static long within(String property, long given, long least, long most) {
        if (given < least || given > most) {
            throw notAllowed(property, given, least + " to " + most);
        }
        return given;
    }

    /** A duration between two others, both allowed. */
    public static Duration within(String property, Duration given, Duration least, Duration most) {
        if (given.compareTo(least) < 0 || given.compareTo(most) > 0) {
            throw notAllowed(property, given, least + " to " + most);
        }
        return given;
    }

    /** @param expected what a text that is not blank is, such as "a path" */
    public static String notBlank(String property, String given, String expected) {
        if (given.isBlank()) {
            throw new IllegalArgumentException(property + " is \"" + given + "\"; expected is " + expected);
        }
        return given;
    }

    public static IllegalArgumentException notAllowed(String property, Object given, String allowed) {
        return new IllegalArgumentException(property + " is " + given + "; allowed is " + allowed);
    }

    // In JSON

    /** @param what whose properties these are */
    public static void names(JsonObject json, String what, Collection<String> known) {
        for (String name : json.fieldNames()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is no option of " + what + "; allowed are " + known);
            }
        }
    }

    public static String text(String property, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(property + " is " + value + "; expected is a string");
    }

    public static long whole(String property, @Nullable Object value) {
        try {
            if (value instanceof Number number) {
                return new BigDecimal(number.toString()).longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(property + " is " + value + "; expected is a whole number");
    }

    /** A whole number of milliseconds. */
    public static Duration millis(String property, @Nullable Object value) {
        return Duration.ofMillis(whole(property, value));
    }

    /** The name of a constant, in upper or lower case. */
    public static <E extends Enum<E>> E constant(Class<E> type, String property, @Nullable Object value) {
        String text = text(property, value);
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        property + " is \"" + text + "\"; allowed are " + Arrays.toString(type.getEnumConstants())));
    }
}
