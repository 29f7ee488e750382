package io.postern.smtp.handlers.maildir;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A part of a message as it is to be stored, which grows while content arrives. Turns CR LF into LF where asked to; a CR or
 * LF that stands alone stays as it is, wherever the content is cut.
 */
final class StoredText {

    private static final int CAPACITY = 4_096;

    private final boolean unixLines;
    private byte[] octets = new byte[CAPACITY];
    private int length;
    private boolean crWaits;

    /** @param unixLines whether lines are to end with LF */
    StoredText(boolean unixLines) {
        this.unixLines = unixLines;
    }

    int length() {
        return length;
    }

    void add(Buffer content) {
        byte[] added = content.getBytes();
        ensureRoom(added.length + 1);
        if (unixLines) {
            addLines(added);
        } else {
            put(added, 0, added.length);
        }
    }

    private void addLines(byte[] added) {
        if (crWaits && added.length > 0) {
            crWaits = false;
            if (added[0] != '\n') {
                octets[length++] = '\r';
            }
        }
        int from = 0;
        for (int i = 0; i < added.length; i++) {
            if (added[i] == '\r') {
                crWaits = i + 1 == added.length;
                if (crWaits || added[i + 1] == '\n') {
                    put(added, from, i);
                    from = i + 1;
                }
            }
        }
        put(added, from, added.length);
    }

    private void put(byte[] added, int from, int to) {
        System.arraycopy(added, from, octets, length, to - from);
        length += to - from;
    }

    private void ensureRoom(int more) {
        if (octets.length - length < more) {
            octets = Arrays.copyOf(octets, Math.max(length + more, 2 * octets.length));
        }
    }

    /** The message is over: a CR that waited for its LF stands alone. */
    void end() {
        if (crWaits) {
            ensureRoom(1);
            octets[length++] = '\r';
            crWaits = false;
        }
    }

    /** Gives what there is so far and begins anew. */
    ByteBuffer take() {
        ByteBuffer taken = ByteBuffer.wrap(octets, 0, length);
        octets = new byte[CAPACITY];
        length = 0;
        return taken;
    }
}
