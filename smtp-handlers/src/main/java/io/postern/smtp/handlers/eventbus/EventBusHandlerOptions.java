package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link EventBusHandler} asks its consumers. Durations are milliseconds in JSON, sizes are octets. A setter refuses a
 * value that makes no sense with an {@link IllegalArgumentException} that names the property.
 */
public final class EventBusHandlerOptions {

    /** Ten seconds: longer than a garbage collection, shorter than what a client waits for anything. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    /** Less than a server waits for its handler, {@link io.postern.smtp.SmtpServerOptions#DEFAULT_HANDLER_TIMEOUT}. */
    public static final Duration DEFAULT_ANSWER_TIMEOUT = Duration.ofMinutes(4);
    /** 64 KiB: most messages go in one piece, and a connection of the event bus has others to carry, too. */
    public static final int DEFAULT_CHUNK_SIZE = 65_536;
    /** 128 MiB, two pieces each for a thousand messages at a time. */
    public static final long DEFAULT_MAX_BYTES_HELD = 134_217_728;

    private static final Duration MIN_TIMEOUT = Duration.ofMillis(100);
    private static final Duration MAX_TIMEOUT = Duration.ofHours(1);
    private static final int MIN_CHUNK_SIZE = 1_024;
    private static final int MAX_CHUNK_SIZE = 1_048_576;

    private static final String ADDRESS = "address";
    private static final String RECIPIENT_ADDRESS = "recipientAddress";
    private static final String TIMEOUT = "timeout";
    private static final String ANSWER_TIMEOUT = "answerTimeout";
    private static final String CHUNK_SIZE = "chunkSize";
    private static final String MAX_BYTES_HELD = "maxBytesHeld";

    private @Nullable String address;
    private @Nullable String recipientAddress;
    private Duration timeout = DEFAULT_TIMEOUT;
    private Duration answerTimeout = DEFAULT_ANSWER_TIMEOUT;
    private int chunkSize = DEFAULT_CHUNK_SIZE;
    private long maxBytesHeld = DEFAULT_MAX_BYTES_HELD;

    /** Options with their defaults; only the address is missing. */
    public EventBusHandlerOptions() {}

    /** A copy. */
    public EventBusHandlerOptions(EventBusHandlerOptions other) {
        address = other.address;
        recipientAddress = other.recipientAddress;
        timeout = other.timeout;
        answerTimeout = other.answerTimeout;
        chunkSize = other.chunkSize;
        maxBytesHeld = other.maxBytesHeld;
    }

    /**
     * Options from JSON, as {@link #toJson()} writes it; what is missing has its default.
     *
     * @throws IllegalArgumentException when a property is unknown or has a value that is not allowed
     */
    public EventBusHandlerOptions(JsonObject json) {
        Checks.names(
                json,
                "the event bus handler",
                List.of(ADDRESS, RECIPIENT_ADDRESS, TIMEOUT, ANSWER_TIMEOUT, CHUNK_SIZE, MAX_BYTES_HELD));
        for (String name : json.fieldNames()) {
            switch (name) {
                case ADDRESS -> setAddress(Checks.text(name, json.getValue(name)));
                case RECIPIENT_ADDRESS -> setRecipientAddress(Checks.text(name, json.getValue(name)));
                case TIMEOUT -> setTimeout(Checks.millis(name, json.getValue(name)));
                case ANSWER_TIMEOUT -> setAnswerTimeout(Checks.millis(name, json.getValue(name)));
                case CHUNK_SIZE ->
                    setChunkSize(Checks.within(
                            name, Checks.whole(name, json.getValue(name)), MIN_CHUNK_SIZE, MAX_CHUNK_SIZE));
                default -> setMaxBytesHeld(Checks.whole(name, json.getValue(name)));
            }
        }
    }

    /** The options as JSON; an address that is not set is left out. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        getAddress().ifPresent(set -> json.put(ADDRESS, set));
        getRecipientAddress().ifPresent(set -> json.put(RECIPIENT_ADDRESS, set));
        return json.put(TIMEOUT, timeout.toMillis())
                .put(ANSWER_TIMEOUT, answerTimeout.toMillis())
                .put(CHUNK_SIZE, chunkSize)
                .put(MAX_BYTES_HELD, maxBytesHeld);
    }

    /** Where messages go on the event bus; empty until it was set, which a handler needs. */
    public Optional<String> getAddress() {
        return Optional.ofNullable(address);
    }

    /** Sets where messages go on the event bus. */
    public EventBusHandlerOptions setAddress(String address) {
        this.address = Checks.notBlank(ADDRESS, address, "an address of the event bus");
        return this;
    }

    /** Where the handler asks about recipients; empty, the default, when it takes all of them. */
    public Optional<String> getRecipientAddress() {
        return Optional.ofNullable(recipientAddress);
    }

    /** Sets where the handler asks about recipients. */
    public EventBusHandlerOptions setRecipientAddress(String address) {
        this.recipientAddress = Checks.notBlank(RECIPIENT_ADDRESS, address, "an address of the event bus");
        return this;
    }

    /**
     * After how much silence of the other side a message is given up, by server and consumer. A consumer that works, or
     * reads slowly, is not silent; one whose process has died, or that blocks its event loop, is. An answer about a
     * recipient must come within this time.
     */
    public Duration getTimeout() {
        return timeout;
    }

    /** Sets the time of silence, 100 milliseconds to an hour. */
    public EventBusHandlerOptions setTimeout(Duration timeout) {
        this.timeout = Checks.within(TIMEOUT, timeout, MIN_TIMEOUT, MAX_TIMEOUT);
        return this;
    }

    /** How long a consumer that lives may neither read on nor answer; after that the client reads 451. */
    public Duration getAnswerTimeout() {
        return answerTimeout;
    }

    /** Sets the time for an answer, 100 milliseconds to an hour; it should be less than the server's handler timeout. */
    public EventBusHandlerOptions setAnswerTimeout(Duration timeout) {
        this.answerTimeout = Checks.within(ANSWER_TIMEOUT, timeout, MIN_TIMEOUT, MAX_TIMEOUT);
        return this;
    }

    /**
     * How much of a message goes over the event bus at a time. A message that is not larger goes at once. Of a larger one a
     * piece follows when the one before was consumed, so that neither side holds more than two of them.
     */
    public int getChunkSize() {
        return chunkSize;
    }

    /** Sets the size of a piece in octets, 1 KiB to 1 MiB. */
    public EventBusHandlerOptions setChunkSize(int octets) {
        this.chunkSize = Checks.within(CHUNK_SIZE, octets, MIN_CHUNK_SIZE, MAX_CHUNK_SIZE);
        return this;
    }

    /** How much a handler holds of all its messages together; what would be more is answered {@code 452 4.3.1}. */
    public long getMaxBytesHeld() {
        return maxBytesHeld;
    }

    /** Sets how much a handler holds, in octets, 1 KiB or more. */
    public EventBusHandlerOptions setMaxBytesHeld(long octets) {
        this.maxBytesHeld = Checks.within(MAX_BYTES_HELD, octets, MIN_CHUNK_SIZE, Long.MAX_VALUE);
        return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventBusHandlerOptions options
                && Objects.equals(address, options.address)
                && Objects.equals(recipientAddress, options.recipientAddress)
                && timeout.equals(options.timeout)
                && answerTimeout.equals(options.answerTimeout)
                && chunkSize == options.chunkSize
                && maxBytesHeld == options.maxBytesHeld;
    }

    @Override
    public int hashCode() {
        return Objects.hash(address, recipientAddress, timeout, answerTimeout, chunkSize, maxBytesHeld);
    }

    @Override
    public String toString() {
        return toJson().encode();
    }
}
