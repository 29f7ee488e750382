package io.postern.smtp.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks through bytes eight at a time. */
final class Words {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Words() {}

    /** The index of the first byte of [from, to) that is less than {@code bound} (1 to 128), read as unsigned, or {@code to}. */
    static int firstBelow(byte[] bytes, int from, int to, int bound) {
        long bounds = ONES * bound;
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            long word = (long) LONGS.get(bytes, i);
            // The high bit of a byte that is less comes to stand, for the lowest such byte at the least: subtracting
            // borrows only from a byte above one that is less.
            long less = (word - bounds) & ~word & HIGH_BITS;
            if (less != 0) {
                return i + (Long.numberOfTrailingZeros(less) >>> 3);
            }
        }
        for (; i < to; i++) {
            if (bytes[i] >= 0 && bytes[i] < bound) {
                return i;
            }
        }
        return to;
    }
}
