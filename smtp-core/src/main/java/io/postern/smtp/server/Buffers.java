package io.postern.smtp.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.postern.smtp.protocol.SmtpEngine;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * Takes what was read from a socket to the engine as its array, and turns regions of arrays into buffers, without a copy. With
 * {@link Sockets} and {@link Contexts} among the few classes that touch what is internal to Vert.x.
 */
final class Buffers {

    private Buffers() {}

    /** Gives the engine the array that {@code read} stands for. Vert.x gives each read an array of its own. */
    static void feed(SmtpEngine engine, Buffer read) {
        ByteBuf bytes = ((BufferInternal) read).getByteBuf();
        if (bytes.hasArray()) {
            int from = bytes.arrayOffset() + bytes.readerIndex();
            engine.receive(bytes.array(), from, from + bytes.readableBytes());
        } else {
            engine.receive(read.getBytes(), 0, read.length());
        }
    }

    /** A buffer that shares memory with the region. */
    static Buffer wrap(byte[] bytes, int from, int to) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, from, to - from));
    }

    static Buffer text(String ascii) {
        return Buffer.buffer(ascii, "US-ASCII");
    }
}
