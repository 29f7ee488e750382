package io.postern.smtp.protocol;

/** Counts off the octets of one BDAT command (RFC 3030 §2). */
final class ChunkDecoder {

    private final long size;
    private final boolean last;
    private long remaining;

    ChunkDecoder(BdatCommand command) {
        this.size = command.size();
        this.last = command.last();
        this.remaining = command.size();
    }

    /** Takes what belongs to the chunk. @return the index behind it */
    int take(int from, int to) {
        int taken = (int) Math.min(remaining, to - from);
        remaining -= taken;
        return from + taken;
    }

    boolean complete() {
        return remaining == 0;
    }

    long size() {
        return size;
    }

    /** Whether it ends the message. */
    boolean last() {
        return last;
    }
}
