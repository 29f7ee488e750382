package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link EventBusConsumer} consumes. A setter refuses a value that makes no sense with an {@link
 * IllegalArgumentException} that names the property.
 */
public final class EventBusConsumerOptions {

    /** With pieces of 64 KiB these are 32 MiB at the most that wait for their consumer. */
    public static final int DEFAULT_MAX_MESSAGES = 256;

    private static final String ADDRESS = "address";
    private static final String MAX_MESSAGES = "maxMessages";

    private @Nullable String address;
    private int maxMessages = DEFAULT_MAX_MESSAGES;

    /** Options with their defaults; only the address is missing. */
    public EventBusConsumerOptions() {}

    /** A copy. */
    public EventBusConsumerOptions(EventBusConsumerOptions other) {
        address = other.address;
        maxMessages = other.maxMessages;
    }

    /**
     * Options from JSON, as {@link #toJson()} writes it; what is missing has its default.
     *
     * @throws IllegalArgumentException when a property is unknown or has a value that is not allowed
     */
    public EventBusConsumerOptions(JsonObject json) {
        Checks.names(json, "an event bus consumer", List.of(ADDRESS, MAX_MESSAGES));
        if (json.containsKey(ADDRESS)) {
            setAddress(Checks.text(ADDRESS, json.getValue(ADDRESS)));
        }
        if (json.containsKey(MAX_MESSAGES)) {
            long given = Checks.whole(MAX_MESSAGES, json.getValue(MAX_MESSAGES));
            setMaxMessages(Checks.within(MAX_MESSAGES, given, 1, Integer.MAX_VALUE));
        }
    }

    /** The options as JSON; an address that is not set is left out. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        getAddress().ifPresent(set -> json.put(ADDRESS, set));
        return json.put(MAX_MESSAGES, maxMessages);
    }

    /** Where messages come from on the event bus; empty until it was set, which a consumer needs. */
    public Optional<String> getAddress() {
        return Optional.ofNullable(address);
    }

    /** Sets where messages come from on the event bus. */
    public EventBusConsumerOptions setAddress(String address) {
        this.address = Checks.notBlank(ADDRESS, address, "an address of the event bus");
        return this;
    }

    /**
     * How many messages a consumer works on at a time; what comes beyond is answered {@code 452 4.3.1}. Of each at most two
     * pieces wait in memory, whose size the sender's {@link EventBusHandlerOptions#getChunkSize()} says. Questions about
     * recipients are bounded in the same way.
     */
    public int getMaxMessages() {
        return maxMessages;
    }

    /** Sets how many messages a consumer works on at a time, 1 or more. */
    public EventBusConsumerOptions setMaxMessages(int maxMessages) {
        this.maxMessages = Checks.within(MAX_MESSAGES, maxMessages, 1, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventBusConsumerOptions options
                && Objects.equals(address, options.address)
                && maxMessages == options.maxMessages;
    }

    @Override
    public int hashCode() {
        return Objects.hash(address, maxMessages);
    }

    @Override
    public String toString() {
        return toJson().encode();
    }
}
