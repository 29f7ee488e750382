package io.postern.smtp.protocol;

import java.util.Map;

/**
 * How often a session may use a command.
 *
 * @param limits by the name of the command in upper case; {@code *} is for those that are not named, and without it they
 *     have no limit
 */
public record CommandCalls(Map<String, Integer> limits) {

    /** No limits. */
    public static final CommandCalls UNLIMITED = new CommandCalls(Map.of());

    static final String OTHERS = "*";

    public CommandCalls {
        limits = Map.copyOf(limits);
    }

    boolean isUnlimited() {
        return limits.isEmpty();
    }

    int limit(String command) {
        return limits.getOrDefault(command, limits.getOrDefault(OTHERS, Integer.MAX_VALUE));
    }
}
