package io.postern.smtp.server;

import io.vertx.core.Closeable;
import io.vertx.core.Context;
import io.vertx.core.ThreadingModel;
import io.vertx.core.internal.ContextInternal;

/** Brings calls to the context that they belong to, and makes the contexts of a server that is not on an event loop. */
final class Contexts {

    private Contexts() {}

    /**
     * Runs {@code action} on {@code context}: now, when the caller is there already, else as soon as it is free. A duplicate
     * of a context, as traced transactions have one, is there as well: what is asked for from both keeps its order.
     */
    static void run(Context context, Runnable action) {
        ContextInternal wanted = (ContextInternal) context;
        ContextInternal current = ContextInternal.current();
        // in executeBlocking the current context is that of the caller, but the thread is another
        if (current == null || !wanted.unwrap().equals(current.unwrap()) || !wanted.inThread()) {
            context.runOnContext(v -> action.run());
        } else if (wanted.equals(current)) {
            action.run();
        } else {
            ContextInternal previous = wanted.beginDispatch();
            try {
                action.run();
            } finally {
                wanted.endDispatch(previous);
            }
        }
    }

    /**
     * Runs on an event loop's {@code context} what a channel of that loop tells, now: the next thing that the channel tells,
     * such as its end, may be on its way.
     */
    static void dispatch(Context context, Runnable action) {
        ((ContextInternal) context).emit(action, Runnable::run);
    }

    /** {@code context} itself if it is one of an event loop, else one on its event loop that ends with its deployment. */
    static Context eventLoopOf(Context context) {
        return context.isEventLoopContext() ? context : ofModel(ThreadingModel.EVENT_LOOP, context);
    }

    /**
     * A context for the hooks of one connection. On worker and virtual threads it is a new one, which shares the threads
     * of {@code context} but not its queue: what blocks there holds up no other connection.
     */
    static Context forHooks(Context context) {
        ThreadingModel model = context.threadingModel();
        return model == ThreadingModel.WORKER || model == ThreadingModel.VIRTUAL_THREAD
                ? ofModel(model, context)
                : context;
    }

    /** Has {@code hook} called, and waited for, when the deployment of {@code context} ends, or else its Vertx. */
    static void addCloseHook(Context context, Closeable hook) {
        ((ContextInternal) context).closeFuture().add(hook);
    }

    static void removeCloseHook(Context context, Closeable hook) {
        ((ContextInternal) context).closeFuture().remove(hook);
    }

    private static Context ofModel(ThreadingModel model, Context context) {
        return ((ContextInternal) context).toBuilder().withThreadingModel(model).build();
    }
}
