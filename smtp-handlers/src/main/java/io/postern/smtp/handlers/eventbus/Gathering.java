package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client has sent of a body and no consumer has seen. It goes on in pieces of a size, without being copied. */
final class Gathering {

    /** From here on small parts are copied into one, so that a client that trickles makes no objects without end. */
    private static final int MOST_PARTS = 16;

    private final int pieceSize;
    private final Deque<Buffer> parts = new ArrayDeque<>(2);
    private @Nullable Buffer merged;
    private long length;

    Gathering(int pieceSize) {
        this.pieceSize = pieceSize;
    }

    void add(Buffer part) {
        length += part.length();
        if (merged != null) {
            merged.appendBuffer(part);
        } else if (parts.size() < MOST_PARTS) {
            parts.add(part);
        } else {
            merged = part.copy();
            parts.add(merged);
        }
    }

    boolean isEmpty() {
        return length == 0;
    }

    boolean isFull() {
        return length >= pieceSize;
    }

    long length() {
        return length;
    }

    /**
     * Takes a piece, all there is or as much as the size says.
     *
     * @param ended whether nothing more will be added
     */
    Content take(boolean ended) {
        merged = null;
        List<Buffer> piece = new ArrayList<>(parts.size());
        int room = pieceSize;
        while (room > 0 && !parts.isEmpty()) {
            Buffer part = parts.remove();
            if (part.length() > room) {
                parts.addFirst(part.slice(room, part.length()));
                part = part.slice(0, room);
            }
            piece.add(part);
            room -= part.length();
        }
        length -= pieceSize - room;
        return new Content(piece, ended && parts.isEmpty());
    }
}
