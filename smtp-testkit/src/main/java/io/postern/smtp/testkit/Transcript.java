package io.postern.smtp.testkit;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What client and server have said to each other, line by line. The content of messages is not in it, and instead of
 * credentials there are asterisks.
 *
 * @param lines the earliest first
 */
public record Transcript(List<Line> lines) {

    /** Who said something. */
    public enum Side {
        /** The client, {@code C:} in print. */
        CLIENT,
        /** The server, {@code S:} in print. */
        SERVER
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
            return (side == Side.CLIENT ? "C: " : "S: ") + text;
        }
    }

    public Transcript {
        lines = List.copyOf(lines);
    }

    /** All lines, each with {@code C:} or {@code S:} in front. */
    @Override
    public String toString() {
        return lines.stream().map(Line::toString).collect(Collectors.joining("\n"));
    }
}
