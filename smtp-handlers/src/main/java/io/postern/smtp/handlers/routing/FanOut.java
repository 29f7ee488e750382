package io.postern.smtp.handlers.routing;

import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.HandedOnBody;
import io.vertx.core.Context;
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
    private final List<HandedOnBody> branches = new ArrayList<>();
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
    HandedOnBody branch(Consumer<Throwable> onFault) {
        HandedOnBody branch = new HandedOnBody(context, this::settle, onFault);
        branches.add(branch);
        return branch;
    }

    /** The reader of a branch wants nothing more, and is told nothing more. */
    void close(HandedOnBody branch) {
        Contexts.run(context, () -> {
            branch.close();
            settle();
        });
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
        return branches.stream().anyMatch(branch -> !branch.isOver())
                && branches.stream().allMatch(branch -> branch.isOver() || branch.wantsMore());
    }

    private void offer(Buffer content) {
        fetching = false;
        for (HandedOnBody branch : branches) {
            // a slice: what one reader appends to it, others do not see
            branch.offer(List.of(content.slice()), false);
        }
        settle();
    }

    private void end() {
        ended = true;
        branches.forEach(branch -> branch.offer(List.of(), true));
    }

    private void fail(Throwable cause) {
        failure = cause;
        branches.forEach(branch -> branch.fail(cause));
    }
}
