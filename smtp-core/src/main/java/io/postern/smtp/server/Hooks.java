package io.postern.smtp.server;

import io.vertx.core.Context;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls the hooks of one connection on a context where they may block, one after the other, and brings back what they
 * return. It belongs to the event loop of the connection; what it is handed runs there, but for the hooks.
 */
final class Hooks {

    private final Context eventLoop;
    private final Context context;
    private int running;
    private @Nullable Runnable last;

    /** @param context where hooks are called */
    Hooks(Context eventLoop, Context context) {
        this.eventLoop = eventLoop;
        this.context = context;
    }

    Context context() {
        return context;
    }

    /** Calls a hook, which does not throw. */
    <T> void call(Supplier<T> hook, Consumer<T> returned) {
        call(context, hook, returned);
    }

    /** Calls a hook on a duplicate of the context where hooks are called, which shares its order and its threads. */
    <T> void call(Context duplicate, Supplier<T> hook, Consumer<T> returned) {
        duplicate.runOnContext(v -> {
            T result = hook.get();
            eventLoop.runOnContext(back -> returned(() -> returned.accept(result)));
        });
        running++;
    }

    /** Calls a hook once all others have returned: on a virtual thread some may still wait for something. */
    void callLast(Runnable hook, Runnable returned) {
        last = () -> call(
                () -> {
                    hook.run();
                    return hook;
                },
                done -> returned.run());
        callLast();
    }

    private void returned(Runnable then) {
        running--;
        then.run();
        callLast();
    }

    private void callLast() {
        Runnable due = last;
        if (due != null && running == 0) {
            last = null;
            due.run();
        }
    }
}
