package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.ParsedMail;
import io.postern.smtp.testkit.ReceivedMessage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The newest messages, as many as fit. It changes on one thread of its own, which also parses and writes files, so that no
 * event loop waits for either; looked at it may be from any thread.
 */
final class MailStore {

    private static final System.Logger LOG = System.getLogger(MailStore.class.getName());

    /** An id: milliseconds, which never occur twice in a store, and a random number, so that none can be guessed. */
    static final String ID = "[0-9]{13}-[0-9a-f]{8}";

    /** Told of each change, on the thread of the store. */
    interface Listener {

        void added(StoredMail mail);

        void removed(String id);

        void cleared();
    }

    private final TreeMap<String, StoredMail> mails = new TreeMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final SecureRandom random = new SecureRandom();
    private final int maxMessages;
    private final long maxBytes;
    private final Optional<Path> path;
    private final WorkerExecutor thread;
    private long weight;
    private long lastMillis;
    private @Nullable MailDirectory directory;

    MailStore(Vertx vertx, InboxPageOptions options) {
        maxMessages = options.getMaxMessages();
        maxBytes = options.getMaxBytes();
        path = options.getDirectory().map(Path::of);
        thread = vertx.createSharedWorkerExecutor("postern-inbox-store-" + UUID.randomUUID(), 1);
    }

    /** Reads what is in the directory, if there is one. */
    Future<Void> open() {
        return thread.executeBlocking(() -> {
            if (path.isPresent()) {
                MailDirectory opened = MailDirectory.open(path.get());
                directory = opened;
                opened.load((id, envelope) -> insertLoaded(opened, id, envelope));
            }
            return null;
        });
    }

    private void insertLoaded(MailDirectory from, String id, EnvelopeRecord envelope) {
        try {
            long size = from.size(id);
            Optional<ParsedMail> parsed = size > maxBytes ? Optional.empty() : parsed(from.content(id));
            insert(stored(id, envelope, parsed, size, () -> from.content(id)));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "passed over the message " + id, e);
        }
    }

    private static StoredMail stored(
            String id, EnvelopeRecord envelope, Optional<ParsedMail> parsed, long size, StoredMail.Content content) {
        long weight = size + envelope.json().encode().length();
        return new StoredMail(id, envelope, MailDigest.of(envelope, parsed), size, weight, content);
    }

    /** A message read as MIME, empty when it cannot be. */
    static Optional<ParsedMail> parsed(Buffer content) {
        try {
            return Optional.of(ParsedMail.parse(content.getBytes()));
        } catch (RuntimeException unreadable) {
            return Optional.empty(); // the source is there to be looked at all the same
        }
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    void unlisten(Listener listener) {
        listeners.remove(listener);
    }

    /** The size of the largest message that fits, in octets. */
    long maxBytes() {
        return maxBytes;
    }

    /** Stores a message; fails with an {@link IOException} when its file cannot be written. */
    Future<StoredMail> add(ReceivedMessage message) {
        return thread.executeBlocking(() -> {
            Buffer content = Buffer.buffer(message.content());
            EnvelopeRecord envelope = EnvelopeRecord.of(message);
            String id = nextId();
            MailDirectory files = directory;
            if (files != null) {
                files.write(id, content, envelope);
            }
            StoredMail.Content source = files == null ? () -> content : () -> files.content(id);
            StoredMail mail = stored(id, envelope, parsed(content), content.length(), source);
            insert(mail);
            return mail;
        });
    }

    private String nextId() {
        lastMillis = Math.max(System.currentTimeMillis(), lastMillis + 1);
        return String.format(Locale.ROOT, "%013d-%08x", lastMillis, random.nextInt());
    }

    private void insert(StoredMail mail) {
        List<String> dropped = new ArrayList<>();
        synchronized (mails) {
            lastMillis = Math.max(lastMillis, Long.parseLong(mail.id().substring(0, 13)));
            mails.put(mail.id(), mail);
            weight += mail.weight();
            while (mails.size() > maxMessages || (weight > maxBytes && mails.size() > 1)) {
                StoredMail oldest = mails.pollFirstEntry().getValue();
                weight -= oldest.weight();
                dropped.add(oldest.id());
            }
        }
        dropped.forEach(this::forget);
        listeners.forEach(listener -> listener.added(mail));
    }

    private void forget(String id) {
        if (directory != null) {
            directory.delete(id);
        }
        listeners.forEach(listener -> listener.removed(id));
    }

    /** Deletes a message; false when there is none of that id. */
    Future<Boolean> delete(String id) {
        return thread.executeBlocking(() -> {
            StoredMail removed;
            synchronized (mails) {
                removed = mails.remove(id);
                weight -= removed == null ? 0 : removed.weight();
            }
            if (removed != null) {
                forget(id);
            }
            return removed != null;
        });
    }

    /** Deletes all messages; gives how many there were. */
    Future<Integer> clear() {
        return thread.executeBlocking(() -> {
            List<String> ids;
            synchronized (mails) {
                ids = List.copyOf(mails.keySet());
                mails.clear();
                weight = 0;
            }
            if (directory != null) {
                ids.forEach(directory::delete);
            }
            listeners.forEach(Listener::cleared);
            return ids.size();
        });
    }

    Optional<StoredMail> get(String id) {
        synchronized (mails) {
            return Optional.ofNullable(mails.get(id));
        }
    }

    int size() {
        synchronized (mails) {
            return mails.size();
        }
    }

    /**
     * Messages of a kind, the newest first.
     *
     * @param before the id of a message that all are older than; empty for none
     */
    List<StoredMail> find(Predicate<StoredMail> kind, Optional<String> before, int limit) {
        List<StoredMail> newestFirst;
        synchronized (mails) {
            newestFirst = List.copyOf(before.map(id -> mails.headMap(id, false))
                    .orElse(mails)
                    .descendingMap()
                    .values());
        }
        return newestFirst.stream().filter(kind).limit(limit).toList();
    }

    /** Completes when what was begun has been done; the messages in memory are gone. */
    Future<Void> close() {
        return thread.<Void>executeBlocking(() -> {
                    if (directory != null) {
                        directory.close();
                    }
                    return null;
                })
                .eventually(thread::close);
    }
}
