package io.postern.smtp.testkit.web;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where an {@link InboxPage} listens, and how much it keeps. The page takes what they are when it is created.
 *
 * <p>In JSON the properties have the names of their setters.
 */
public final class InboxPageOptions {

    /** The loopback interface: what is in the mail is not everybody's business, and there is no log-in. */
    public static final String DEFAULT_HOST = "127.0.0.1";

    public static final int DEFAULT_PORT = 8026;
    public static final int DEFAULT_MAX_MESSAGES = 500;
    /** More would make a page that nobody reads, and a start that takes long. */
    public static final int MAX_MAX_MESSAGES = 100_000;
    /** 128 MiB, in octets. */
    public static final long DEFAULT_MAX_BYTES = 134_217_728;

    private static final int MAX_PORT = 65_535;

    private String host = DEFAULT_HOST;
    private int port = DEFAULT_PORT;
    private List<String> hostNames = List.of();
    private int maxMessages = DEFAULT_MAX_MESSAGES;
    private long maxBytes = DEFAULT_MAX_BYTES;
    private @Nullable String directory;

    public InboxPageOptions() {}

    public InboxPageOptions(InboxPageOptions other) {
        host = other.host;
        port = other.port;
        hostNames = other.hostNames;
        maxMessages = other.maxMessages;
        maxBytes = other.maxBytes;
        directory = other.directory;
    }

    /** @throws IllegalArgumentException when a property is unknown, of another type, or not allowed */
    public InboxPageOptions(JsonObject json) {
        for (Map.Entry<String, Object> property : json) {
            set(property.getKey(), property.getValue());
        }
    }

    private void set(String name, @Nullable Object value) {
        switch (name) {
            case "host" -> setHost(text(name, value));
            case "port" -> setPort(Math.toIntExact(clamp(whole(name, value))));
            case "hostNames" -> setHostNames(texts(name, value));
            case "maxMessages" -> setMaxMessages(Math.toIntExact(clamp(whole(name, value))));
            case "maxBytes" -> setMaxBytes(whole(name, value));
            case "directory" -> setDirectory(value == null ? null : text(name, value));
            default ->
                throw new IllegalArgumentException("unknown property " + name
                        + "; known are host, port, hostNames, maxMessages, maxBytes and directory");
        }
    }

    private static long clamp(long value) {
        return Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
    }

    private static String text(String name, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is " + value + "; expected is a string");
    }

    private static List<String> texts(String name, @Nullable Object value) {
        if (value instanceof JsonArray array && array.stream().allMatch(String.class::isInstance)) {
            return array.stream().map(String.class::cast).toList();
        }
        throw new IllegalArgumentException(name + " is " + value + "; expected is an array of strings");
    }

    private static long whole(String name, @Nullable Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new IllegalArgumentException(name + " is " + value + "; expected is a whole number");
    }

    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("host", host)
                .put("port", port)
                .put("hostNames", new JsonArray(hostNames))
                .put("maxMessages", maxMessages)
                .put("maxBytes", maxBytes);
        return directory == null ? json : json.put("directory", directory);
    }

    public String getHost() {
        return host;
    }

    /**
     * The address to listen on; by default {@link #DEFAULT_HOST}. On another one than loopback everybody who reaches it can
     * read and delete the mail.
     *
     * @throws IllegalArgumentException when it is empty
     */
    public InboxPageOptions setHost(String host) {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host is \"" + host + "\"; expected is a name or an address");
        }
        this.host = host;
        return this;
    }

    public int getPort() {
        return port;
    }

    /**
     * The port to listen on, 0 for a free one; by default {@link #DEFAULT_PORT}.
     *
     * @throws IllegalArgumentException when it is not 0 to 65535
     */
    public InboxPageOptions setPort(int port) {
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port is " + port + "; allowed is 0 to " + MAX_PORT);
        }
        this.port = port;
        return this;
    }

    public List<String> getHostNames() {
        return hostNames;
    }

    /**
     * The names by which browsers and programs may call the page, besides {@code localhost}, {@code host} and any IP address;
     * by default none. Requests by other names are refused: their pages may come from someone who has let his own name lead
     * to this machine (DNS rebinding).
     *
     * @throws IllegalArgumentException when one is no name of a host, without a port
     */
    public InboxPageOptions setHostNames(List<String> hostNames) {
        for (String name : hostNames) {
            if (!name.matches("[A-Za-z0-9_.-]{1,253}")) {
                throw new IllegalArgumentException("hostNames has \"" + name.replaceAll("[^ -~]", "?")
                        + "\"; expected are names of hosts, without a port");
            }
        }
        this.hostNames = List.copyOf(hostNames);
        return this;
    }

    public int getMaxMessages() {
        return maxMessages;
    }

    /**
     * How many messages are kept; by default {@link #DEFAULT_MAX_MESSAGES}. A further one takes the place of the oldest.
     *
     * @throws IllegalArgumentException when it is not 1 to {@link #MAX_MAX_MESSAGES}
     */
    public InboxPageOptions setMaxMessages(int maxMessages) {
        if (maxMessages < 1 || maxMessages > MAX_MAX_MESSAGES) {
            throw new IllegalArgumentException(
                    "maxMessages is " + maxMessages + "; allowed is 1 to " + MAX_MAX_MESSAGES);
        }
        this.maxMessages = maxMessages;
        return this;
    }

    public long getMaxBytes() {
        return maxBytes;
    }

    /**
     * How many octets the messages that are kept have together, in memory or in the directory; by default {@link
     * #DEFAULT_MAX_BYTES}. The oldest make room for a further one. A message that is larger by itself is refused.
     *
     * @throws IllegalArgumentException when it is not positive
     */
    public InboxPageOptions setMaxBytes(long maxBytes) {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + "; allowed is 1 or more");
        }
        this.maxBytes = maxBytes;
        return this;
    }

    public Optional<String> getDirectory() {
        return Optional.ofNullable(directory);
    }

    /**
     * Where messages are stored so that they are there again after a restart; null, the default, keeps them in memory. It is
     * made when it is missing, and used by one page at a time.
     *
     * @throws IllegalArgumentException when it is empty
     */
    public InboxPageOptions setDirectory(@Nullable String directory) {
        if (directory != null && directory.isEmpty()) {
            throw new IllegalArgumentException("directory is \"\"; expected is a path");
        }
        this.directory = directory;
        return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof InboxPageOptions options && toJson().equals(options.toJson());
    }

    @Override
    public int hashCode() {
        return Objects.hash(host, port, hostNames, maxMessages, maxBytes, directory);
    }

    /** The properties as JSON. */
    @Override
    public String toString() {
        return toJson().encode();
    }
}
