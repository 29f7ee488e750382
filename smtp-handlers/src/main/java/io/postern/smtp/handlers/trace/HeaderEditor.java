package io.postern.smtp.handlers.trace;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * Puts fields on top of a message that streams through, and leaves out those of the client's that bear their names, so that
 * each name stands for what this server knows. All else passes as it is, wherever the stream is cut.
 *
 * <p>Ours stand at the top: there no malformed line of the client's can push them into the body, and who looks for the first
 * field of a name finds ours. A message that does not begin with a field is taken for a body without header. A CR or LF
 * that stands alone counts as the end of a line, as readers of mail take it for one.
 *
 * <p>Holds back less than a line. Not for use by several threads at a time.
 */
public final class HeaderEditor {

    /** A longer line that has not come to a colon is no field: RFC 5322 §2.1.1. */
    private static final int MAX_HELD = 998;

    private static final String RECEIVED = "Received";

    private enum Place {
        LINE_START,
        NAME,
        REST_OF_LINE,
        BODY
    }

    private final byte[] top;
    private final Set<String> dropped = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    private Place place = Place.LINE_START;
    private boolean topIsOut;
    private boolean firstLine = true;
    private boolean afterCr;
    private boolean dropping;
    private int received;

    // what may be the name of a field, and blanks behind it
    private byte[] held = new byte[64];
    private int heldLength;
    private int nameLength;

    /**
     * @param top the fields to add, each with its CR LF
     * @param dropped the names of the fields to leave out, in any case
     */
    public HeaderEditor(String top, Set<String> dropped) {
        this.top = top.getBytes(StandardCharsets.UTF_8);
        this.dropped.addAll(dropped);
    }

    /** How many {@code Received} fields of the client's have passed so far: how many servers had this message before. */
    public int received() {
        return received;
    }

    /** Takes the next part and gives what goes on in its place, perhaps nothing; {@code part} itself when it is all body. */
    public Buffer edit(Buffer part) {
        if (place == Place.BODY) {
            return part;
        }
        byte[] octets = part.getBytes();
        Buffer edited = Buffer.buffer(topIsOut ? heldLength + octets.length : top.length + octets.length);
        putTop(edited);
        int from = 0;
        while (from < octets.length && place != Place.BODY) {
            from = switch (place) {
                case LINE_START -> beginLine(octets, from, edited);
                case NAME -> readName(octets, from, edited);
                case REST_OF_LINE -> passLine(octets, from, edited);
                case BODY -> from;
            };
        }
        return edited.appendBytes(octets, from, octets.length - from);
    }

    /** The message is over: gives what was held back of it. */
    public Buffer end() {
        Buffer rest = Buffer.buffer();
        putTop(rest);
        if (place == Place.NAME) {
            noField(rest);
        } else if (firstLine && place == Place.LINE_START) {
            beginBody(rest);
        }
        place = Place.BODY;
        return rest;
    }

    private void putTop(Buffer edited) {
        if (!topIsOut) {
            topIsOut = true;
            edited.appendBytes(top);
        }
    }

    private int beginLine(byte[] octets, int from, Buffer edited) {
        byte octet = octets[from];
        if (afterCr && octet == '\n') {
            afterCr = false;
            pass(octets, from, from + 1, edited);
            return from + 1;
        }
        afterCr = false;
        if (isLineEnd(octet)) {
            place = Place.BODY;
        } else if (!isBlank(octet)) {
            place = Place.NAME;
            heldLength = 0;
            nameLength = 0;
        } else if (firstLine) {
            beginBody(edited);
        } else {
            place = Place.REST_OF_LINE; // it goes on the field before it, and where that goes
        }
        return from;
    }

    private int readName(byte[] octets, int from, Buffer edited) {
        byte octet = octets[from];
        if (octet == ':') {
            beginField(edited);
            return from;
        }
        boolean mayGoOn = isBlank(octet) || (isNameOctet(octet) && nameLength == heldLength);
        if (!mayGoOn || heldLength == MAX_HELD) {
            noField(edited);
            return from;
        }
        if (heldLength == held.length) {
            held = Arrays.copyOf(held, Math.min(MAX_HELD, 4 * held.length));
        }
        held[heldLength++] = octet;
        if (!isBlank(octet)) {
            nameLength = heldLength;
        }
        return from + 1;
    }

    private void beginField(Buffer edited) {
        String name = new String(held, 0, nameLength, StandardCharsets.US_ASCII);
        dropping = dropped.contains(name);
        if (name.equalsIgnoreCase(RECEIVED)) {
            received++;
        }
        goOnWithLine(edited);
    }

    /** What was held is not the name of a field. */
    private void noField(Buffer edited) {
        if (firstLine) {
            beginBody(edited);
            edited.appendBytes(held, 0, heldLength);
        } else {
            // so many blanks that who is laxer about them than we are could find our name behind them
            dropping = heldLength == MAX_HELD
                    && dropped.contains(new String(held, 0, nameLength, StandardCharsets.US_ASCII));
            goOnWithLine(edited);
        }
    }

    private void goOnWithLine(Buffer edited) {
        firstLine = false;
        pass(held, 0, heldLength, edited);
        place = Place.REST_OF_LINE;
    }

    /** What follows is body from its first octet, and needs the empty line that the client left out. */
    private void beginBody(Buffer edited) {
        edited.appendString("\r\n");
        place = Place.BODY;
    }

    private int passLine(byte[] octets, int from, Buffer edited) {
        int end = from;
        while (end < octets.length && !isLineEnd(octets[end])) {
            end++;
        }
        if (end < octets.length) {
            afterCr = octets[end] == '\r';
            place = Place.LINE_START;
            end++;
        }
        pass(octets, from, end, edited);
        return end;
    }

    private void pass(byte[] octets, int from, int to, Buffer edited) {
        if (!dropping) {
            edited.appendBytes(octets, from, to - from);
        }
    }

    // RFC 5322 §3.6.8; the colon is looked for before
    private static boolean isNameOctet(byte octet) {
        return octet > ' ' && octet < 0x7F;
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private static boolean isLineEnd(byte octet) {
        return octet == '\r' || octet == '\n';
    }
}
