package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.ParsedMail;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads and parses messages that are asked for, on two threads of its own: one that takes long holds up one more at most. */
final class MessageReader {

    private static final int THREADS = 2;

    /** Who looks at a message asks for its parts next. */
    private record Last(String id, Optional<ParsedMail> parsed) {}

    private final WorkerExecutor threads;
    private volatile @Nullable Last last;

    MessageReader(Vertx vertx) {
        threads = vertx.createSharedWorkerExecutor("postern-inbox-reader-" + UUID.randomUUID(), THREADS);
    }

    /** The content to the octet. */
    Future<Buffer> content(StoredMail mail) {
        return threads.executeBlocking(() -> mail.content().read(), false).map(Objects::requireNonNull);
    }

    /**
     * Makes something of a message.
     *
     * @param use called on a worker thread, with nothing when the message cannot be read as MIME
     */
    <T> Future<T> read(StoredMail mail, Function<Optional<ParsedMail>, T> use) {
        Future<@Nullable T> made = threads.executeBlocking(
                () -> {
                    Last known = last;
                    if (known == null || !known.id().equals(mail.id())) {
                        known = new Last(
                                mail.id(), MailStore.parsed(mail.content().read()));
                        last = known;
                    }
                    return use.apply(known.parsed());
                },
                false);
        return made.map(Objects::requireNonNull);
    }

    /** Keeps no message in memory that may be deleted. */
    void forget() {
        last = null;
    }

    Future<Void> close() {
        return threads.close();
    }
}
