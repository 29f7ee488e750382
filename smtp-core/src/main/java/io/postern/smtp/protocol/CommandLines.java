package io.postern.smtp.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts the input into command lines. A line ends with CR LF and with nothing else (RFC 5321 §2.3.8); what stands between
 * two regions is kept, up to the limit. A line that is too long or that holds a LF without CR is reported at once and what
 * follows of it, up to the next CR LF, is dropped without being kept.
 */
final class CommandLines {

    /** What {@link #read} came upon. */
    enum Found {
        /** The region is used up, and the line is not at its end. */
        NOTHING,
        /** A whole line, {@link CommandLines#takeLine()}. */
        LINE,
        /** A line that is wrong, {@link CommandLines#violation()}. */
        WRONG
    }

    private static final byte CR = '\r';
    private static final byte LF = '\n';
    private static final byte[] EMPTY = {};
    private static final int SPACE = ' ';
    private static final char DELETE = 0x7F;
    private static final char LAST_C1 = 0x9F;
    // what decoding puts in the place of malformed UTF-8
    private static final char REPLACEMENT = 0xFFFD;

    private byte[] kept = EMPTY;
    private int length;
    private boolean dropping;
    private boolean control;
    private int carriageReturns;
    private byte last;

    private int position;
    private String line = "";
    private int octets;
    private Violation violation = Violation.LINE_TOO_LONG;
    private boolean chunk;

    /** Looks for the end of a line in {@code bytes} from {@code from} to {@code to}; {@link #position()} is how far it got. */
    Found read(byte[] bytes, int from, int to, int limit) {
        int i = from;
        while ((i = Words.firstBelow(bytes, i, to, SPACE)) < to) {
            byte previous = i > from ? bytes[i - 1] : last;
            byte found = bytes[i++];
            if (found == LF) {
                Found ended = previous == CR ? endOfLine(bytes, from, i, limit) : lineFeedAlone(bytes, from, i, limit);
                if (ended != Found.NOTHING) {
                    return ended;
                }
                from = i;
            } else if (found == CR) {
                carriageReturns++;
            } else {
                control = true;
            }
        }
        return keep(bytes, from, to, limit);
    }

    private Found endOfLine(byte[] bytes, int from, int end, int limit) {
        boolean dropped = dropping;
        boolean wrong = control || carriageReturns > 1;
        octets = length + end - from;
        boolean tooLong = octets > limit;
        chunk = !dropped && isChunk(bytes, from, end);
        String text = dropped || tooLong ? "" : decode(bytes, from, end);
        reset();
        position = end;
        last = LF;
        if (dropped) {
            return Found.NOTHING;
        }
        if (tooLong || wrong) {
            return wrong(tooLong ? Violation.LINE_TOO_LONG : Violation.BAD_CHARACTER);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= DELETE && (c <= LAST_C1 || c == REPLACEMENT)) {
                return wrong(c == REPLACEMENT ? Violation.BAD_UTF8 : Violation.BAD_CHARACTER);
            }
        }
        line = text;
        return Found.LINE;
    }

    private Found lineFeedAlone(byte[] bytes, int from, int end, int limit) {
        last = bytes[end - 1];
        position = end;
        if (dropping) {
            return Found.NOTHING;
        }
        boolean tooLong = length + end - from > limit;
        chunk = isChunk(bytes, from, end);
        drop();
        return wrong(tooLong ? Violation.LINE_TOO_LONG : Violation.LINE_END);
    }

    private Found keep(byte[] bytes, int from, int to, int limit) {
        position = to;
        if (from < to) {
            last = bytes[to - 1];
        }
        if (dropping) {
            return Found.NOTHING;
        }
        if (length + to - from >= limit) {
            chunk = isChunk(bytes, from, to);
            drop();
            return wrong(Violation.LINE_TOO_LONG);
        }
        append(bytes, from, to);
        return Found.NOTHING;
    }

    private Found wrong(Violation what) {
        violation = what;
        return Found.WRONG;
    }

    private void drop() {
        reset();
        dropping = true;
    }

    private void reset() {
        kept = EMPTY;
        length = 0;
        dropping = false;
        control = false;
        carriageReturns = 0;
    }

    private void append(byte[] bytes, int from, int to) {
        if (length + to - from > kept.length) {
            kept = Arrays.copyOf(kept, Math.max(2 * kept.length, length + to - from));
        }
        System.arraycopy(bytes, from, kept, length, to - from);
        length += to - from;
    }

    /** Whether the line in what was kept and the region up to {@code end} begins with BDAT. */
    private boolean isChunk(byte[] bytes, int from, int end) {
        String verb = Verb.BDAT.name();
        if (length + end - from < verb.length()) {
            return false;
        }
        for (int i = 0; i < verb.length(); i++) {
            byte octet = i < length ? kept[i] : bytes[from + i - length];
            if ((octet & ~0x20) != verb.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The line from what was kept and the region up to {@code end}, without its CR LF. */
    private String decode(byte[] bytes, int from, int end) {
        if (length == 0) {
            return new String(bytes, from, end - from - 2, StandardCharsets.UTF_8);
        }
        append(bytes, from, end);
        return new String(kept, 0, length - 2, StandardCharsets.UTF_8);
    }

    /** Whether the next octet begins a line. */
    boolean atStart() {
        return length == 0 && !dropping;
    }

    /** How far the last {@link #read} got. */
    int position() {
        return position;
    }

    /** The line without its end. It is not kept: a client may say nothing more for minutes. */
    String takeLine() {
        String taken = line;
        line = "";
        return taken;
    }

    /** The length of the line, its end counted. */
    int octets() {
        return octets;
    }

    /** Whether octets of a message follow the wrong line, as it begins with BDAT. */
    boolean chunk() {
        return chunk;
    }

    /** What is wrong with the line. */
    Violation violation() {
        return violation;
    }
}
