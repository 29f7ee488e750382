package io.postern.smtp.protocol;

import java.util.Optional;

/** Watches over the header of a message while it passes: how large it is, and how often it says that it was received. */
final class HeaderCheck {

    private static final byte[] RECEIVED = {'r', 'e', 'c', 'e', 'i', 'v', 'e', 'd', ':'};
    private static final int TO_LOWER = 0x20;

    private final long sizeLimit;
    private final int hopLimit;
    private long size;
    private int hops;
    private boolean ended;

    // how much of the current line was seen, and how much of it is the name of a Received field
    private long column;
    private int matched;

    HeaderCheck(Limits limits) {
        this.sizeLimit = limits.headerSize() == 0 ? Long.MAX_VALUE : limits.headerSize();
        this.hopLimit = limits.hops() == 0 ? Integer.MAX_VALUE : limits.hops();
    }

    /** Whether the empty line behind the header was seen. */
    boolean ended() {
        return ended;
    }

    /** Looks at the next content. @return what is wrong with the header, if anything */
    Optional<Violation> look(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !ended) {
            i = lineStart(bytes, i, to);
            int feed = Words.firstBelow(bytes, i, to, '\n' + 1);
            while (feed < to && bytes[feed] != '\n') {
                feed = Words.firstBelow(bytes, feed + 1, to, '\n' + 1);
            }
            column += feed - i;
            if (feed < to) {
                // the CR of an empty line is all that stands in it
                ended = column <= 1;
                column = 0;
                matched = 0;
                feed++;
            }
            i = feed;
        }
        size += i - from;
        if (size > sizeLimit) {
            return Optional.of(Violation.HEADER_TOO_LARGE);
        }
        return hops > hopLimit ? Optional.of(Violation.TOO_MANY_HOPS) : Optional.empty();
    }

    /** Compares the beginning of a line, over any cut, with the name of a Received field (RFC 5321 §4.4). */
    private int lineStart(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && matched == column && matched < RECEIVED.length) {
            boolean letter = RECEIVED[matched] != ':';
            if ((letter ? bytes[i] | TO_LOWER : bytes[i]) != RECEIVED[matched]) {
                break;
            }
            matched++;
            column++;
            i++;
            if (matched == RECEIVED.length) {
                hops++;
            }
        }
        return i;
    }
}
