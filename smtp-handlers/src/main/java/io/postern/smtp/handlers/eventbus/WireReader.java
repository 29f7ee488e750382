package io.postern.smtp.handlers.eventbus;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads what {@link WireWriter} wrote. What is not there, or cannot be, is an {@link IllegalArgumentException}. */
final class WireReader {

    private final Buffer wire;
    private final int end;
    private int position;

    /** @param end where the frame ends; nothing behind it is read */
    WireReader(Buffer wire, int position, int end) {
        this.wire = wire;
        this.position = position;
        this.end = end;
    }

    boolean bool() {
        int value = octet();
        if (value > 1) {
            throw malformed("a truth value of " + value);
        }
        return value == 1;
    }

    int octet() {
        return wire.getUnsignedByte(advance(1));
    }

    int number() {
        return wire.getInt(advance(Integer.BYTES));
    }

    long longNumber() {
        return wire.getLong(advance(Long.BYTES));
    }

    String text() {
        int length = number();
        int start = advance(length);
        return wire.getString(start, start + length, "UTF-8");
    }

    /** Shares memory with the frame. */
    Buffer octets() {
        int length = number();
        int start = advance(length);
        return wire.slice(start, start + length);
    }

    <T> Optional<T> optional(Supplier<T> reader) {
        return bool() ? Optional.of(reader.get()) : Optional.empty();
    }

    <T> List<T> list(Supplier<T> reader) {
        int size = number();
        // each value has an octet at the least, so that no number makes a long list of nothing
        if (size < 0 || size > end - position) {
            throw malformed("a list of " + size);
        }
        List<T> values = new ArrayList<>(Math.min(size, 16));
        for (int i = 0; i < size; i++) {
            values.add(reader.get());
        }
        return values;
    }

    void expectEnd() {
        if (position != end) {
            throw malformed(end - position + " octets too many");
        }
    }

    private int advance(int count) {
        if (count < 0 || count > end - position) {
            throw malformed("an end before its end");
        }
        int start = position;
        position += count;
        return start;
    }

    static IllegalArgumentException malformed(String what) {
        return new IllegalArgumentException("a frame with " + what);
    }
}
