package io.postern.smtp.handlers.stream;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls what others have written. */
public final class Hooks {

    private Hooks() {}

    /** Calls a hook; that it throws or gives nothing is a failure like any other. */
    public static <T> Future<T> call(Supplier<? extends @Nullable Future<T>> hook) {
        try {
            Future<T> answer = hook.get();
            return answer == null ? Future.failedFuture(new IllegalStateException("the hook gave no future")) : answer;
        } catch (RuntimeException | Error fault) {
            return Future.failedFuture(fault);
        }
    }
}
