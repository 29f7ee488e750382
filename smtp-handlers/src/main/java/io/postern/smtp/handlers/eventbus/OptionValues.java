package io.postern.smtp.handlers.eventbus;

import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Checks what options are given, in setters and in JSON. Whatever cannot be is an {@link IllegalArgumentException}. */
final class OptionValues {

    private OptionValues() {}

    static String address(String name, String address) {
        if (address.isBlank()) {
            throw new IllegalArgumentException(
                    name + " is \"" + address + "\"; expected is an address of the event bus");
        }
        return address;
    }

    static Duration duration(String name, Duration duration, Duration least, Duration most) {
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            throw new IllegalArgumentException(name + " is " + duration + "; allowed is " + least + " to " + most);
        }
        return duration;
    }

    static long number(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + "; allowed is " + least + " to " + most);
        }
        return value;
    }

    static void checkNames(JsonObject json, String what, List<String> known) {
        for (String name : json.fieldNames()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is no option of " + what + "; allowed are " + known);
            }
        }
    }

    static String text(JsonObject json, String name) {
        return as(String.class, name, json.getValue(name));
    }

    static long whole(JsonObject json, String name) {
        Number value = as(Number.class, name, json.getValue(name));
        try {
            return new BigDecimal(value.toString()).longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException(name + " is " + value + "; expected is a whole number", e);
        }
    }

    static Duration millis(JsonObject json, String name) {
        return Duration.ofMillis(whole(json, name));
    }

    private static <T> T as(Class<T> type, String name, @Nullable Object value) {
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException(name + " is " + value + "; expected is a "
                    + type.getSimpleName().toLowerCase(Locale.ROOT));
        }
        return type.cast(value);
    }
}
