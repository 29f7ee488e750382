package io.postern.smtp.protocol;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What became of a piece of input: a value, or what is wrong with it. */
final class Parsed<T> {

    private final @Nullable T value;
    private final @Nullable Violation violation;

    private Parsed(@Nullable T value, @Nullable Violation violation) {
        this.value = value;
        this.violation = violation;
    }

    static <T> Parsed<T> ok(T value) {
        return new Parsed<>(value, null);
    }

    static <T> Parsed<T> wrong(Violation violation) {
        return new Parsed<>(null, violation);
    }

    boolean isOk() {
        return violation == null;
    }

    /** The value, if {@link #isOk()}. */
    T value() {
        return Objects.requireNonNull(value);
    }

    /** What is wrong, if not {@link #isOk()}. */
    Violation violation() {
        return Objects.requireNonNull(violation);
    }
}
