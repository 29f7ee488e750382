package io.postern.smtp.testkit;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What client and server have said to each other, line by line. The content of messages is not in it, and instead of
 * credentials there are asterisks. Lines stand in the order in which the server read and wrote them: commands that a client
 * pipelines come before the replies to them.
 *
 * @param lines the earliest first, {@link #MAX_LINES} at the most
 * @param omitted how many lines came behind these, and were not kept
 */
public record Transcript(List<Line> lines, int omitted) {

    /** How many lines of a session are kept. */
    public static final int MAX_LINES = 500;
    /** How many characters of a line are kept, the longest that RFC 5321 §4.5.3.1.5 lets a reply have. */
    public static final int MAX_LINE_LENGTH = 512;

    /** The event with which a session ends. */
    public static final String DISCONNECTED = "disconnected";
    /** How the event begins with which a message is whole. */
    public static final String MESSAGE = "a message of ";

    /** Who said something. */
    public enum Side {
        /** The client, {@code C:} in print. */
        CLIENT,
        /** The server, {@code S:} in print. */
        SERVER,
        /** Nobody; something happened: TLS, a message, a fault, the end. {@code --} in print. */
        EVENT
    }

    /**
     * One line.
     *
     * @param side who said it
     * @param at when
     * @param text without its line end
     */
    public record Line(Side side, Instant at, String text) {

        @Override
        public String toString() {
            return switch (side) {
                case CLIENT -> "C: " + text;
                case SERVER -> "S: " + text;
                case EVENT -> "-- " + text;
            };
        }
    }

    public Transcript {
        lines = List.copyOf(lines);
    }

    /** One of which nothing was left out. */
    public Transcript(List<Line> lines) {
        this(lines, 0);
    }

    /** All lines, each with {@code C:}, {@code S:} or {@code --} in front, and how many were left out, if any. */
    @Override
    public String toString() {
        String all = lines.stream().map(Line::toString).collect(Collectors.joining("\n"));
        return omitted == 0 ? all : all + "\n-- " + omitted + " more lines";
    }
}
