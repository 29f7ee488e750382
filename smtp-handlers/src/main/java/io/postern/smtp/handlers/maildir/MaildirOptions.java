package io.postern.smtp.handlers.maildir;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link MaildirHandler} stores messages. The handler takes what they are when it is created.
 *
 * <p>In JSON the properties have the names of their setters, times are in milliseconds.
 */
public final class MaildirOptions {

    /** 36 hours, as the Maildir convention has it. */
    public static final Duration DEFAULT_STALE_AFTER = Duration.ofHours(36);
    /** So many may wait for the disk at the same time. More messages than that are stored in batches. */
    public static final int DEFAULT_FILE_THREADS = 16;

    public static final int MAX_FILE_THREADS = 256;

    private MaildirSync sync = MaildirSync.FULL;
    private MaildirLineEnds lineEnds = MaildirLineEnds.LF;
    private Duration staleAfter = DEFAULT_STALE_AFTER;
    private @Nullable String hostName;
    private int fileThreads = DEFAULT_FILE_THREADS;

    public MaildirOptions() {}

    public MaildirOptions(MaildirOptions other) {
        sync = other.sync;
        lineEnds = other.lineEnds;
        staleAfter = other.staleAfter;
        hostName = other.hostName;
        fileThreads = other.fileThreads;
    }

    /** @throws IllegalArgumentException when a property is unknown, of another type, or not allowed */
    public MaildirOptions(JsonObject json) {
        for (Map.Entry<String, Object> property : json) {
            set(property.getKey(), property.getValue());
        }
    }

    private void set(String name, @Nullable Object value) {
        switch (name) {
            case "sync" -> setSync(Checks.constant(MaildirSync.class, name, value));
            case "lineEnds" -> setLineEnds(Checks.constant(MaildirLineEnds.class, name, value));
            case "staleAfter" -> setStaleAfter(Checks.millis(name, value));
            case "hostName" -> setHostName(value == null ? null : Checks.text(name, value));
            case "fileThreads" -> setFileThreads((int) Math.min(Integer.MAX_VALUE, Checks.whole(name, value)));
            default ->
                throw new IllegalArgumentException("unknown property " + name
                        + "; known are sync, lineEnds, staleAfter, hostName and fileThreads");
        }
    }

    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("sync", sync.name())
                .put("lineEnds", lineEnds.name())
                .put("staleAfter", staleAfter.toMillis())
                .put("fileThreads", fileThreads);
        return hostName == null ? json : json.put("hostName", hostName);
    }

    public MaildirSync getSync() {
        return sync;
    }

    /** What has reached the disk when a message is answered with 250; by default {@link MaildirSync#FULL}. */
    public MaildirOptions setSync(MaildirSync sync) {
        this.sync = Objects.requireNonNull(sync, "sync");
        return this;
    }

    public MaildirLineEnds getLineEnds() {
        return lineEnds;
    }

    /** How the lines of a stored message end; by default with {@link MaildirLineEnds#LF}. */
    public MaildirOptions setLineEnds(MaildirLineEnds lineEnds) {
        this.lineEnds = Objects.requireNonNull(lineEnds, "lineEnds");
        return this;
    }

    public Duration getStaleAfter() {
        return staleAfter;
    }

    /**
     * How long ago a file in {@code tmp/} must have been written to for the last time to be removed when the Maildir is
     * first used; by default {@link #DEFAULT_STALE_AFTER}. Choose it longer than any message takes to arrive, for others may
     * deliver into the same Maildir.
     *
     * @throws IllegalArgumentException when it is not positive
     */
    public MaildirOptions setStaleAfter(Duration staleAfter) {
        if (staleAfter.isZero() || staleAfter.isNegative()) {
            throw Checks.notAllowed("staleAfter", staleAfter, "more than 0");
        }
        this.staleAfter = staleAfter;
        return this;
    }

    public Optional<String> getHostName() {
        return Optional.ofNullable(hostName);
    }

    /**
     * The host in the names of the files; null, the default, is that of this machine. Machines that share a Maildir need
     * names of their own, by which an administrator tells their files apart.
     *
     * @throws IllegalArgumentException when it is empty or longer than 64 characters, or has one that is no printable ASCII
     */
    public MaildirOptions setHostName(@Nullable String hostName) {
        if (hostName != null && !hostName.matches("[!-~]{1,64}")) {
            throw new IllegalArgumentException("hostName is \"" + hostName.replaceAll("[^ -~]", "?")
                    + "\"; allowed are 1 to 64 printable ASCII characters");
        }
        this.hostName = hostName;
        return this;
    }

    public int getFileThreads() {
        return fileThreads;
    }

    /**
     * How many threads work with files, each with a batch of messages at a time; by default {@link #DEFAULT_FILE_THREADS}.
     * They are started as they are needed.
     *
     * @throws IllegalArgumentException when it is not 1 to {@link #MAX_FILE_THREADS}
     */
    public MaildirOptions setFileThreads(int fileThreads) {
        this.fileThreads = Checks.within("fileThreads", fileThreads, 1, MAX_FILE_THREADS);
        return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MaildirOptions options && toJson().equals(options.toJson());
    }

    @Override
    public int hashCode() {
        return Objects.hash(sync, lineEnds, staleAfter.toMillis(), hostName, fileThreads);
    }

    /** The properties as JSON. */
    @Override
    public String toString() {
        return toJson().encode();
    }
}
