package io.postern.smtp.protocol;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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
        /** A whole line, {@link CommandLines#verb()} and what follows. */
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

    // Where the line stands, without its CR LF: of most commands nobody needs all of it as text
    private byte[] line = EMPTY;
    private int lineFrom;
    private int lineTo;

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
        if (!dropped && !tooLong) {
            setLine(bytes, from, end);
        }
        reset();
        position = end;
        last = LF;
        if (dropped) {
            return Found.NOTHING;
        }
        if (tooLong || wrong) {
            return wrong(tooLong ? Violation.LINE_TOO_LONG : Violation.BAD_CHARACTER);
        }
        return isPrintableAscii() ? Found.LINE : checked(text());
    }

    private boolean isPrintableAscii() {
        for (int i = lineFrom; i < lineTo; i++) {
            if (line[i] < 0 || line[i] == DELETE) {
                return false;
            }
        }
        return true;
    }

    private Found checked(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= DELETE && (c <= LAST_C1 || c == REPLACEMENT)) {
                return wrong(c == REPLACEMENT ? Violation.BAD_UTF8 : Violation.BAD_CHARACTER);
            }
        }
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

    /** The line is what was kept and the region up to {@code end}. */
    private void setLine(byte[] bytes, int from, int end) {
        if (length == 0) {
            line = bytes;
            lineFrom = from;
            lineTo = end - 2;
        } else {
            append(bytes, from, end);
            line = kept;
            lineFrom = 0;
            lineTo = length - 2;
        }
    }

    /** Whether the next octet begins a line. */
    boolean atStart() {
        return length == 0 && !dropping;
    }

    /** How far the last {@link #read} got. */
    int position() {
        return position;
    }

    /** The command that the line begins with, if the engine knows it; it ends at a space or the end of the line. */
    @Nullable
    Verb verb() {
        return Verb.of(line, lineFrom, endOfVerb());
    }

    /** What the line begins with, in upper case. */
    String name() {
        return text(lineFrom, endOfVerb()).toUpperCase(Locale.ROOT);
    }

    /** What stands behind the verb, without the spaces around it. */
    String argument() {
        int from = argumentFrom();
        return text(from, argumentTo(from));
    }

    /** The argument as {@link PathParser} reads it. */
    Parsed<PathParser.Path> path(String keyword, Violation malformed) {
        int from = argumentFrom();
        return PathParser.parse(line, from, argumentTo(from), keyword, malformed);
    }

    /** The line without its end. */
    String text() {
        return text(lineFrom, lineTo);
    }

    private String text(int from, int to) {
        return PathParser.text(line, from, to);
    }

    private int argumentFrom() {
        return PathParser.skipSpaces(line, endOfVerb(), lineTo);
    }

    private int argumentTo(int from) {
        int i = lineTo;
        while (i > from && line[i - 1] == SPACE) {
            i--;
        }
        return i;
    }

    private int endOfVerb() {
        return PathParser.indexOf(' ', line, lineFrom, lineTo);
    }

    /** Lets go of the line, whose bytes belong to the region that it came with. */
    void forget() {
        line = EMPTY;
        lineFrom = 0;
        lineTo = 0;
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
