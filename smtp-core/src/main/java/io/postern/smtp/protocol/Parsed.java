package io.postern.smtp.protocol;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What became of a piece of input: a value, or what is wrong with it. */
sealed interface Parsed<T> {

    record Ok<T>(T value) implements Parsed<T> {
        @Override
        public Optional<Violation> ifOk(Consumer<? super T> right) {
            right.accept(value);
            return Optional.empty();
        }

        @Override
        public <U> Parsed<U> then(Function<? super T, Parsed<U>> next) {
            return next.apply(value);
        }
    }

    record Wrong<T>(Violation violation) implements Parsed<T> {
        @Override
        public Optional<Violation> ifOk(Consumer<? super T> right) {
            return Optional.of(violation);
        }

        @Override
        public <U> Parsed<U> then(Function<? super T, Parsed<U>> next) {
            return new Wrong<>(violation);
        }
    }

    static <T> Parsed<T> ok(T value) {
        return new Ok<>(value);
    }

    static <T> Parsed<T> wrong(Violation violation) {
        return new Wrong<>(violation);
    }

    /** Does something with the value, or says what is wrong. */
    Optional<Violation> ifOk(Consumer<? super T> right);

    /** Goes on with the value, if there is one. */
    <U> Parsed<U> then(Function<? super T, Parsed<U>> next);
}
