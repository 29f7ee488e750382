package io.postern.smtp.handlers.mime;

import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where one message is kept: in memory, and from a threshold on in a file that only its owner may read. It belongs to the
 * context of its session; whatever touches the file does so on a worker thread.
 */
final class Spool {

    private static final Logger LOG = System.getLogger(MimeHandler.class.getName());

    private final Context context;
    private final MimeOptions options;
    private final MemoryBudget budget;
    private Buffer memory = Buffer.buffer();
    private long size;
    private @Nullable Path file;
    private @Nullable FileChannel channel;
    private boolean inFile;
    private boolean whole;
    private boolean discarded;
    private final Set<SpoolStream> streams = new HashSet<>();
    /** What is done with the file, one thing after the other. */
    private Future<Void> work = Future.succeededFuture();

    private @Nullable ParsedSpool parsed;

    Spool(Context context, MimeOptions options, MemoryBudget budget) {
        this.context = context;
        this.options = options;
        this.budget = budget;
    }

    long size() {
        return size;
    }

    /** Adds a part of the message. @return when there is room for more; it fails when it could not be written */
    Future<Void> append(Buffer part) {
        if (discarded) {
            return Future.failedFuture(deleted());
        }
        size += part.length();
        if (!inFile && size <= options.getMemoryThreshold() && budget.take(part.length())) {
            memory.appendBuffer(part); // copies: a part shares memory with the whole read that it came in
            return Future.succeededFuture();
        }
        Buffer content = part;
        if (!inFile) {
            inFile = true;
            content = memory.copy().appendBuffer(part);
            budget.giveBack(memory.length());
            memory = Buffer.buffer();
        }
        byte[] octets = content.getBytes();
        return then(() -> {
            FileChannel open = channel == null ? create() : channel;
            for (ByteBuffer rest = ByteBuffer.wrap(octets); rest.hasRemaining(); ) {
                open.write(rest);
            }
        });
    }

    private FileChannel create() throws IOException {
        // readable for its owner only, as all that Java makes so
        Path created = Files.createTempFile(Path.of(options.getDirectory()), "postern-", ".eml");
        file = created;
        FileChannel opened = FileChannel.open(created, StandardOpenOption.WRITE);
        channel = opened;
        return opened;
    }

    /** The message is whole. @return when it can be read */
    Future<Void> finish() {
        whole = true;
        return then(() -> {
            if (channel != null) {
                channel.close();
            }
        });
    }

    /** Nobody wants the message any more. @return when nothing is left of it; it does not fail */
    Future<Void> discard() {
        if (discarded) {
            return work.otherwiseEmpty();
        }
        discarded = true;
        budget.giveBack(memory.length());
        List<Future<?>> before = new ArrayList<>();
        before.add(work);
        if (parsed != null) {
            before.add(parsed.close());
        }
        List.copyOf(streams).forEach(stream -> before.add(stream.abandon(deleted())));
        work = Future.join(before).transform(done -> inFile ? onFiles(this::delete) : Future.succeededFuture());
        return work.otherwiseEmpty();
    }

    private void delete() {
        try {
            if (channel != null) {
                channel.close();
            }
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "a spool file is left behind: " + file, e);
        }
    }

    /** Something to do with files, on a worker thread. */
    interface FileWork {
        void run() throws IOException;
    }

    private Future<Void> then(FileWork action) {
        work = work.compose(before -> inFile ? onFiles(action) : Future.succeededFuture());
        return work;
    }

    Future<Void> onFiles(FileWork action) {
        return blocking(() -> {
                    action.run();
                    return action;
                })
                .mapEmpty();
    }

    @SuppressWarnings("NullAway") // a result that is null is one that the action gave
    <T> Future<T> blocking(Callable<T> action) {
        return context.executeBlocking(action, false);
    }

    /** The message parsed; it is done once. */
    ParsedSpool parsed() {
        ParsedSpool parts = parsed;
        if (parts == null) {
            if (discarded) {
                throw deleted();
            }
            parts = new ParsedSpool(this, options, budget);
            parsed = parts;
        }
        return parts;
    }

    /** The content as a stream, which ends at the latest when the message is discarded. */
    SpoolStream stream(@Nullable HeaderEditor editor, Consumer<Throwable> onFault) {
        SpoolStream stream = new SpoolStream(this, editor, onFault);
        if (discarded) {
            stream.abandon(deleted());
        } else {
            streams.add(stream);
        }
        return stream;
    }

    /** A stream is over. */
    void forget(SpoolStream stream) {
        streams.remove(stream);
    }

    private static IllegalStateException deleted() {
        return new IllegalStateException("the message has been deleted");
    }

    /** Whether all of it has come. */
    boolean isWhole() {
        return whole;
    }

    Context context() {
        return context;
    }

    Optional<Buffer> memory() {
        return inFile ? Optional.empty() : Optional.of(memory);
    }

    Optional<Path> file() {
        return Optional.ofNullable(file);
    }

    InputStream open() throws IOException {
        Path stored = file;
        return stored == null ? new ByteArrayInputStream(memory.getBytes()) : Files.newInputStream(stored);
    }
}
