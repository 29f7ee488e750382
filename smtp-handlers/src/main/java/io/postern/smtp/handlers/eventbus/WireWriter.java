package io.postern.smtp.handlers.eventbus;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Appends values to a frame: numbers with the high octet first, and before whatever can vary how long it is. */
final class WireWriter {

    private final Buffer wire;

    WireWriter(Buffer wire) {
        this.wire = wire;
    }

    void bool(boolean value) {
        octet(value ? 1 : 0);
    }

    void octet(int value) {
        wire.appendByte((byte) value);
    }

    void number(int value) {
        wire.appendInt(value);
    }

    void longNumber(long value) {
        wire.appendLong(value);
    }

    void text(String value) {
        byte[] octets = value.getBytes(StandardCharsets.UTF_8);
        number(octets.length);
        wire.appendBytes(octets);
    }

    void octets(List<Buffer> parts) {
        number(Math.toIntExact(parts.stream().mapToLong(Buffer::length).sum()));
        parts.forEach(wire::appendBuffer);
    }

    <T> void optional(Optional<T> value, Consumer<T> writer) {
        bool(value.isPresent());
        value.ifPresent(writer);
    }

    <T> void list(List<T> values, Consumer<T> writer) {
        number(values.size());
        values.forEach(writer);
    }
}
