package io.postern.smtp.protocol;

import java.util.Optional;

/**
 * Watches over the header of a message while it passes: how large it is, and how often it says that it was received. The
 * header ends before the first line that is neither a field nor the continuation of one, so that a message without any
 * header is none of its business. What it finds does not depend on how the content is cut, as long as it sees all of it.
 */
final class HeaderCheck {

    private static final byte[] RECEIVED = {'r', 'e', 'c', 'e', 'i', 'v', 'e', 'd'};
    private static final int TO_LOWER = 0x20;
    // RFC 5322 §2.1.1: a line has at most 998 characters, so what is longer is no name of a field
    private static final int MAX_NAME = 997;

    private final long sizeLimit;
    private final int hopLimit;
    private long size;
    private int hops;
    private boolean ended;

    // where in a line it is: in the name of a field, of which so much was read and so much is "Received", or behind it
    private boolean inName = true;
    private long nameLength;
    private int matched;

    HeaderCheck(Limits limits) {
        this.sizeLimit = limits.headerSize() == 0 ? Long.MAX_VALUE : limits.headerSize();
        this.hopLimit = limits.hops() == 0 ? Integer.MAX_VALUE : limits.hops();
    }

    /** Whether the end of the header was seen. */
    boolean ended() {
        return ended;
    }

    /** Looks at the next content. @return what is wrong with the header so far, if anything */
    Optional<Violation> look(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !ended) {
            i = inName ? name(bytes, i, to) : restOfLine(bytes, i, to);
        }
        size += i - from;
        if (size > sizeLimit) {
            return Optional.of(Violation.HEADER_TOO_LARGE);
        }
        return hops > hopLimit ? Optional.of(Violation.TOO_MANY_HOPS) : Optional.empty();
    }

    // RFC 5322 §2.2: a field begins with its name, of printable characters, and a colon; space begins a continuation
    private int name(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte c = bytes[i];
            if (nameLength == 0 && (c == ' ' || c == '\t')) {
                inName = false;
                return i + 1;
            }
            if (c == ':' && nameLength > 0) {
                inName = false;
                if (matched == RECEIVED.length && nameLength == matched) {
                    hops++;
                }
                return i + 1;
            }
            if (c <= ' ' || c > '~' || c == ':' || nameLength == MAX_NAME) {
                ended = true;
                return i;
            }
            if (matched == nameLength && matched < RECEIVED.length && (c | TO_LOWER) == RECEIVED[matched]) {
                matched++;
            }
            nameLength++;
        }
        return to;
    }

    private int restOfLine(byte[] bytes, int from, int to) {
        int i = Words.firstBelow(bytes, from, to, '\n' + 1);
        while (i < to && bytes[i] != '\n') {
            i = Words.firstBelow(bytes, i + 1, to, '\n' + 1);
        }
        if (i == to) {
            return to;
        }
        inName = true;
        nameLength = 0;
        matched = 0;
        return i + 1;
    }
}
