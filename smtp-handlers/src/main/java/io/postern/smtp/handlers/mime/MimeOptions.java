package io.postern.smtp.handlers.mime;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Where a {@link MimeHandler} keeps messages, and how much of them it takes. Sizes are in octets. */
public final class MimeOptions {

    /** 256 KiB. */
    public static final int DEFAULT_MEMORY_THRESHOLD = 262_144;

    /** 64 MiB. */
    public static final long DEFAULT_MAX_MEMORY = 67_108_864;

    /** 32 MiB, as {@link io.postern.smtp.SmtpServerOptions#DEFAULT_DATA_SIZE_LIMIT}. */
    public static final long DEFAULT_MAX_MESSAGE_SIZE = 33_554_432;

    public static final int DEFAULT_MAX_PARTS = 1_000;
    public static final int DEFAULT_MAX_DEPTH = 30;
    public static final int DEFAULT_MAX_HEADER_FIELDS = 10_000;

    /** 1 MiB. */
    public static final int DEFAULT_MAX_HEADER_SIZE = 1_048_576;

    private int memoryThreshold = DEFAULT_MEMORY_THRESHOLD;
    private long maxMemory = DEFAULT_MAX_MEMORY;
    private String directory = System.getProperty("java.io.tmpdir");
    private long maxMessageSize = DEFAULT_MAX_MESSAGE_SIZE;
    private int maxParts = DEFAULT_MAX_PARTS;
    private int maxDepth = DEFAULT_MAX_DEPTH;
    private int maxHeaderFields = DEFAULT_MAX_HEADER_FIELDS;
    private int maxHeaderSize = DEFAULT_MAX_HEADER_SIZE;

    public MimeOptions() {}

    public MimeOptions(MimeOptions other) {
        memoryThreshold = other.memoryThreshold;
        maxMemory = other.maxMemory;
        directory = other.directory;
        maxMessageSize = other.maxMessageSize;
        maxParts = other.maxParts;
        maxDepth = other.maxDepth;
        maxHeaderFields = other.maxHeaderFields;
        maxHeaderSize = other.maxHeaderSize;
    }

    /**
     * Options from JSON, as {@link #toJson()} gives it; what is missing is the default.
     *
     * @throws IllegalArgumentException when a property is unknown, of another type, or not allowed
     */
    public MimeOptions(JsonObject json) {
        Checks.names(json, "a MIME handler", toJson().fieldNames());
        for (String name : json.fieldNames()) {
            Object value = json.getValue(name);
            switch (name) {
                case "memoryThreshold" -> setMemoryThreshold(integer(name, value));
                case "maxMemory" -> setMaxMemory(Checks.whole(name, value));
                case "directory" -> setDirectory(Checks.text(name, value));
                case "maxMessageSize" -> setMaxMessageSize(Checks.whole(name, value));
                case "maxParts" -> setMaxParts(integer(name, value));
                case "maxDepth" -> setMaxDepth(integer(name, value));
                case "maxHeaderFields" -> setMaxHeaderFields(integer(name, value));
                default -> setMaxHeaderSize(integer(name, value));
            }
        }
    }

    private static int integer(String name, @Nullable Object value) {
        return Checks.within(name, Checks.whole(name, value), 0, Integer.MAX_VALUE);
    }

    public JsonObject toJson() {
        return new JsonObject()
                .put("memoryThreshold", memoryThreshold)
                .put("maxMemory", maxMemory)
                .put("directory", directory)
                .put("maxMessageSize", maxMessageSize)
                .put("maxParts", maxParts)
                .put("maxDepth", maxDepth)
                .put("maxHeaderFields", maxHeaderFields)
                .put("maxHeaderSize", maxHeaderSize);
    }

    public int getMemoryThreshold() {
        return memoryThreshold;
    }

    /** Up to which size a message is kept in memory; a larger one goes into a file. 0 sends all into files. */
    public MimeOptions setMemoryThreshold(int octets) {
        this.memoryThreshold = Checks.atLeast("memoryThreshold", octets, 0);
        return this;
    }

    public long getMaxMemory() {
        return maxMemory;
    }

    /** What all messages of a handler together may take of memory; beyond it small ones go into files, too. */
    public MimeOptions setMaxMemory(long octets) {
        this.maxMemory = Checks.atLeast("maxMemory", octets, 0);
        return this;
    }

    public String getDirectory() {
        return directory;
    }

    /** The directory of these files; it must exist. Unless set, that of the system for temporary files. */
    public MimeOptions setDirectory(String directory) {
        this.directory = Checks.notBlank("directory", directory, "a path");
        return this;
    }

    public long getMaxMessageSize() {
        return maxMessageSize;
    }

    /** The largest message that is taken; a larger one is answered {@code 552 5.3.4}. */
    public MimeOptions setMaxMessageSize(long octets) {
        this.maxMessageSize = Checks.atLeast("maxMessageSize", octets, 1);
        return this;
    }

    public int getMaxParts() {
        return maxParts;
    }

    /** How many parts a message may have, those of parts counted, to be parsed. */
    public MimeOptions setMaxParts(int parts) {
        this.maxParts = Checks.atLeast("maxParts", parts, 1);
        return this;
    }

    public int getMaxDepth() {
        return maxDepth;
    }

    /** How deep parts may stand in parts, for a message to be parsed. */
    public MimeOptions setMaxDepth(int depth) {
        this.maxDepth = Checks.atLeast("maxDepth", depth, 1);
        return this;
    }

    public int getMaxHeaderFields() {
        return maxHeaderFields;
    }

    /** How many header fields a message may have, those of all parts together, to be parsed. */
    public MimeOptions setMaxHeaderFields(int fields) {
        this.maxHeaderFields = Checks.atLeast("maxHeaderFields", fields, 1);
        return this;
    }

    public int getMaxHeaderSize() {
        return maxHeaderSize;
    }

    /**
     * How large the header fields of a message may be, those of all parts together, for it to be parsed. Of the
     * text before the first part and behind the last of all multiparts together as much is kept, and the rest left out.
     */
    public MimeOptions setMaxHeaderSize(int octets) {
        this.maxHeaderSize = Checks.atLeast("maxHeaderSize", octets, 1);
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MimeOptions options && toJson().equals(options.toJson());
    }

    @Override
    public int hashCode() {
        return toJson().hashCode();
    }

    @Override
    public String toString() {
        return toJson().encode();
    }
}
