package io.postern.smtp.protocol;

import io.postern.smtp.BareNewlines;

/**
 * Unpacks the text of a message. In DATA it finds the end, CR LF . CR LF and nothing else over any cut of the input, and
 * removes the dot that begins a line (RFC 5321 §4.5.2); a message that comes by BDAT has neither. In both it watches over
 * the length of lines and over CR and LF that stand alone.
 *
 * <p>Each region gives one region of content. It is unpacked in place: removing makes it shorter, so that no memory is
 * needed but where {@link BareNewlines#NORMALIZE} makes it longer.
 */
final class BodyDecoder {

    /** Where the content goes. */
    interface Sink {
        void content(byte[] bytes, int from, int to);

        /** The message can not be accepted. Called once at the most; decoding goes on to find the end. */
        void wrong(Violation violation);
    }

    private enum State {
        LINE_START,
        TEXT,
        /** A CR was read and passed on. */
        CR,
        /** A dot at the beginning of a line was read, not passed on. */
        DOT,
        /** Behind such a dot a CR was read, not passed on. */
        DOT_CR,
        END
    }

    // CR and LF are below, and few other characters of a text
    private static final int BOUND = '\r' + 1;
    private static final int LINE_END = 2;
    private static final byte[] NONE = {};
    private static final byte[] LF = {'\n'};

    private final boolean dotted;
    private final BareNewlines bareNewlines;
    private final long lineLimit;
    private final Sink sink;
    private State state = State.LINE_START;
    private long lineLength;
    private boolean wrong;

    // what the current call works on
    private byte[] source = NONE;
    private int read;
    private int end;
    private byte[] target = NONE;
    private boolean inPlace;
    private int start;
    private int write;

    /**
     * @param dotted whether lines are dot-stuffed and a line with a dot alone ends the message
     * @param lineLimit the longest line with its end, 0 for none
     */
    BodyDecoder(boolean dotted, BareNewlines bareNewlines, int lineLimit, Sink sink) {
        this.dotted = dotted;
        this.bareNewlines = bareNewlines;
        this.lineLimit = lineLimit == 0 ? Long.MAX_VALUE : lineLimit - LINE_END;
        this.sink = sink;
    }

    /** Unpacks a region, which is overwritten. @return the index behind what belongs to the message */
    int decode(byte[] bytes, int from, int to) {
        source = bytes;
        target = bytes;
        inPlace = true;
        read = start = write = from;
        end = to;
        while (read < end && state != State.END) {
            state = switch (state) {
                case LINE_START -> lineStart();
                case TEXT -> text();
                case CR -> behindCr();
                case DOT -> behindDot();
                case DOT_CR -> behindDotCr();
                case END -> State.END;
            };
        }
        if (write > start) {
            sink.content(target, start, write);
        }
        source = NONE;
        target = NONE;
        return read;
    }

    /** Whether the end of the message was read. */
    boolean ended() {
        return state == State.END;
    }

    /** The message ends here although the text does not say so: the last chunk of BDAT. */
    void finish() {
        if (state == State.CR) {
            bareNewline();
            if (bareNewlines == BareNewlines.NORMALIZE) {
                sink.content(LF.clone(), 0, LF.length);
            }
        }
        state = State.END;
    }

    private State lineStart() {
        lineLength = 0;
        if (dotted && source[read] == '.') {
            read++;
            return State.DOT;
        }
        return State.TEXT;
    }

    private State text() {
        int special = Words.firstBelow(source, read, end, BOUND);
        longer(special - read);
        pass(special);
        if (special == end) {
            return State.TEXT;
        }
        byte found = source[read];
        if (found == '\n') {
            return bareLf();
        }
        pass(read + 1);
        if (found == '\r') {
            return State.CR;
        }
        longer(1);
        return State.TEXT;
    }

    private State bareLf() {
        read++;
        bareNewline();
        if (bareNewlines == BareNewlines.NORMALIZE) {
            insert((byte) '\r');
        }
        insert((byte) '\n');
        return State.TEXT;
    }

    private State behindCr() {
        if (source[read] == '\n') {
            pass(read + 1);
            return State.LINE_START;
        }
        bareNewline();
        if (bareNewlines == BareNewlines.NORMALIZE) {
            insert((byte) '\n');
        }
        // not a new line to the sender, so a dot here is neither stuffed nor an end
        return State.TEXT;
    }

    private State behindDot() {
        if (source[read] == '\r') {
            read++;
            return State.DOT_CR;
        }
        return State.TEXT;
    }

    private State behindDotCr() {
        if (source[read] == '\n') {
            read++;
            return State.END;
        }
        insert((byte) '\r');
        return State.CR;
    }

    /** Counts octets of a line, its end not among them. */
    private void longer(int octets) {
        lineLength += octets;
        if (lineLength > lineLimit) {
            wrong(Violation.TEXT_LINE_TOO_LONG);
        }
    }

    private void bareNewline() {
        lineLength = 0; // where it is not refused, it is for most readers of the message the end of a line
        if (bareNewlines == BareNewlines.REJECT) {
            wrong(Violation.BARE_NEWLINE);
        }
    }

    private void wrong(Violation violation) {
        if (!wrong) {
            wrong = true;
            sink.wrong(violation);
        }
    }

    /** Passes on what was read up to {@code to}. */
    private void pass(int to) {
        int length = to - read;
        if (!inPlace || write != read) {
            System.arraycopy(source, read, target, write, length);
        }
        write += length;
        read = to;
    }

    /** Passes on an octet that does not stand where the next one is read. */
    private void insert(byte octet) {
        if (inPlace && write == read) {
            // each octet still to be read can become two at the most, and the first of them may be held back
            byte[] larger = new byte[write - start + 2 * (end - read) + 2];
            System.arraycopy(target, start, larger, 0, write - start);
            target = larger;
            inPlace = false;
            write -= start;
            start = 0;
        }
        target[write++] = octet;
    }

    @Override
    public String toString() {
        return "BodyDecoder[" + state + (wrong ? ", wrong" : "") + "]";
    }
}
