package io.postern.smtp.handlers.maildir;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A part of a message as it is to be stored, which grows while content arrives. Turns CR LF into LF where asked to; a CR or
 * LF that stands alone stays as it is, wherever the content is cut.
 */
final class StoredText {

    private static final int CAPACITY = 4_096;

    private static final byte CR = '\r';

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
        ByteBuf added = ((BufferInternal) content).getByteBuf();
        ensureRoom(added.readableBytes() + 1);
        if (unixLines) {
            addLines(added);
        } else {
            put(added, added.readerIndex(), added.writerIndex());
        }
    }

    private void addLines(ByteBuf added) {
        int from = added.readerIndex();
        int end = added.writerIndex();
        if (crWaits && from < end) {
            crWaits = false;
            if (added.getByte(from) != '\n') {
                octets[length++] = CR;
            }
        }
        int cr = added.indexOf(from, end, CR);
        while (cr >= 0) {
            crWaits = cr + 1 == end;
            if (crWaits || added.getByte(cr + 1) == '\n') {
                put(added, from, cr);
                from = cr + 1;
            }
            cr = added.indexOf(cr + 1, end, CR);
        }
        put(added, from, end);
    }

    private void put(ByteBuf added, int from, int to) {
        added.getBytes(from, octets, length, to - from);
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
            octets[length++] = CR;
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
