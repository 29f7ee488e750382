package io.postern.smtp.testkit;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Someone who waits until there are enough messages of a kind. All but the future is guarded by the lock of the inbox. */
final class Waiter {

    private final Predicate<? super ReceivedMessage> kind;
    private final int count;
    private final boolean takesMore;
    private final List<ReceivedMessage> found = new ArrayList<>();
    private final Promise<List<ReceivedMessage>> promise = Promise.promise();
    private @Nullable Throwable fault;

    /** @param takesMore whether it is shown all messages that are there by then, and not only as many as it waits for */
    Waiter(Predicate<? super ReceivedMessage> kind, int count, boolean takesMore) {
        this.kind = kind;
        this.count = count;
        this.takesMore = takesMore;
    }

    /** Looks at one more message. */
    void look(ReceivedMessage message) {
        if (fault != null || (isDone() && !takesMore)) {
            return;
        }
        try {
            if (kind.test(message)) {
                found.add(message);
            }
        } catch (RuntimeException
                | Error e) { // also a failed assertion: whoever brought the message can do nothing about it
            fault = e;
        }
    }

    /** Whether there is no need to look at more messages. */
    boolean isDone() {
        return fault != null || found.size() >= count;
    }

    /** What it will be shown: none when it failed. */
    List<ReceivedMessage> found() {
        return fault == null ? found : List.of();
    }

    Future<List<ReceivedMessage>> future() {
        return promise.future();
    }

    /** Tells the result to whoever waits. Not to be called with the lock, as they may call the inbox. */
    void complete() {
        if (fault == null) {
            promise.tryComplete(List.copyOf(found));
        } else {
            promise.tryFail(fault);
        }
    }

    /** Tells that it takes too long. */
    void fail(AssertionError reason) {
        promise.tryFail(reason);
    }
}
