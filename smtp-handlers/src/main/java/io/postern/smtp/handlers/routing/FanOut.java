package io.postern.smtp.handlers.routing;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One body for several readers. It is read as fast as the slowest of them reads: the next buffer is asked for when every
 * branch that is open has room for it, so that one buffer waits here at the most. A branch that closes or fails is
 * waited for no more; when the body fails, all of them do.
 */
final class FanOut {

    private final ReadStream<Buffer> source;
    private final Context context;
    private final List<Branch> branches = new ArrayList<>();
    private boolean begun;
    /** Whether a buffer was asked for and has not come. */
    private boolean fetching;

    private boolean settling;
    private boolean ended;
    private @Nullable Throwable failure;

    /** @param context where the handlers of the source and of the branches are called */
    FanOut(ReadStream<Buffer> source, Context context) {
        this.source = source;
        this.context = context;
        source.pause();
        source.exceptionHandler(this::fail);
        source.endHandler(v -> end());
    }

    /**
     * Another reader, added before anything was read.
     *
     * @param onFault told when one of its handlers throws; the branch is closed then
     */
    Branch branch(Consumer<Throwable> onFault) {
        Branch branch = new Branch(onFault);
        branches.add(branch);
        return branch;
    }

    /** Asks for more as long as everybody wants it. Calls of the source within this one end up in its loop: no recursion. */
    private void settle() {
        if (settling) {
            return;
        }
        settling = true;
        try {
            while (!fetching && !ended && failure == null && isWanted()) {
                fetching = true;
                if (!begun) {
                    begun = true;
                    source.handler(this::offer);
                }
                source.fetch(1);
            }
        } finally {
            settling = false;
        }
    }

    private boolean isWanted() {
        return branches.stream().anyMatch(branch -> !branch.closed)
                && branches.stream().allMatch(branch -> branch.closed || branch.isReady());
    }

    private void offer(Buffer content) {
        fetching = false;
        for (Branch branch : branches) {
            // a slice: what one reader appends to it, others do not see
            branch.offer(content.slice());
        }
        settle();
    }

    private void end() {
        ended = true;
        branches.forEach(Branch::deliver);
    }

    private void fail(Throwable cause) {
        failure = cause;
        branches.forEach(branch -> branch.fail(cause));
    }

    /** What one reader sees: a body like any other. */
    final class Branch implements ReadStream<Buffer> {

        private final Consumer<Throwable> onFault;
        private @Nullable Handler<Buffer> handler;
        private @Nullable Handler<Void> endHandler;
        private @Nullable Handler<Throwable> exceptionHandler;
        private long demand = Long.MAX_VALUE;
        private @Nullable Buffer waiting;
        private boolean closed;
        /** Why the branch has failed, until its reader was told. */
        private @Nullable Throwable untold;

        private Branch(Consumer<Throwable> onFault) {
            this.onFault = onFault;
        }

        /** Its reader wants nothing more, and is told nothing more. */
        void close() {
            Questions.run(context, () -> {
                finish();
                settle();
            });
        }

        private void finish() {
            closed = true;
            waiting = null;
        }

        private boolean isReady() {
            return handler != null && demand > 0 && waiting == null;
        }

        private void offer(Buffer content) {
            if (!closed) {
                waiting = content;
                deliver();
            }
        }

        private void deliver() {
            Buffer next = waiting;
            if (!closed && handler != null && next != null && demand > 0) {
                if (demand != Long.MAX_VALUE) {
                    demand--;
                }
                waiting = null;
                guarded(handler, next);
            }
            if (!closed && handler != null && ended && waiting == null) {
                finish();
                if (endHandler != null) {
                    guarded(endHandler, null);
                }
            }
        }

        private void fail(Throwable cause) {
            if (!closed) {
                finish();
                untold = cause;
                tellFailure();
            }
        }

        private void tellFailure() {
            Throwable cause = untold;
            if (cause != null && exceptionHandler != null) {
                untold = null;
                guarded(exceptionHandler, cause);
            }
        }

        private <T> void guarded(Handler<T> target, @Nullable T event) {
            try {
                target.handle(event);
            } catch (RuntimeException | Error fault) {
                finish();
                onFault.accept(fault);
            }
        }

        @Override
        public Branch handler(@Nullable Handler<Buffer> newHandler) {
            // what comes does so in a turn of its own, so that the caller can set its other handlers first
            Questions.run(context, () -> {
                handler = newHandler;
                context.runOnContext(v -> more());
            });
            return this;
        }

        @Override
        public Branch pause() {
            Questions.run(context, () -> demand = 0);
            return this;
        }

        @Override
        public Branch resume() {
            return fetch(Long.MAX_VALUE);
        }

        @Override
        public Branch fetch(long amount) {
            if (amount < 0) {
                throw new IllegalArgumentException("amount is " + amount + "; allowed is 0 or more");
            }
            Questions.run(context, () -> {
                demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
                more();
            });
            return this;
        }

        private void more() {
            deliver();
            settle();
        }

        @Override
        public Branch endHandler(@Nullable Handler<Void> newHandler) {
            Questions.run(context, () -> endHandler = newHandler);
            return this;
        }

        @Override
        public Branch exceptionHandler(@Nullable Handler<Throwable> newHandler) {
            Questions.run(context, () -> {
                exceptionHandler = newHandler;
                if (untold != null) {
                    context.runOnContext(v -> tellFailure());
                }
            });
            return this;
        }
    }
}
