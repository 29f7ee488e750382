package io.postern.smtp.handlers.eventbus;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Frames on the event bus: within a process they are handed over as they are, between processes they are a version, a length
 * and the octets of {@link FrameFormat}. Objects of Java are not serialized.
 */
final class FrameCodec implements MessageCodec<Frame, Frame> {

    /** Both sides must read the same; a frame of another version is refused. */
    static final int VERSION = 1;
    /** The largest frame: a body's piece of 1 MiB and an envelope with the most recipients stay below it. */
    static final int MAX_LENGTH = 16 << 20;

    private static final String NAME = "io.postern.smtp";
    private static final int LENGTH_POSITION = 1;
    private static final int HEADER = LENGTH_POSITION + Integer.BYTES;
    private static final byte NO_SYSTEM_CODEC = -1;

    private FrameCodec() {}

    /** Makes frames known to an event bus. */
    static void register(Vertx vertx) {
        try {
            vertx.eventBus().registerCodec(new FrameCodec());
        } catch (IllegalStateException e) {
            // it is there already: handlers and consumers have one in common
        }
    }

    /** How a frame is sent, with this codec. */
    static DeliveryOptions delivery(long timeoutMillis) {
        return new DeliveryOptions().setCodecName(NAME).setSendTimeout(timeoutMillis);
    }

    @Override
    public void encodeToWire(Buffer wire, Frame frame) {
        encode(wire, frame);
    }

    static void encode(Buffer wire, Frame frame) {
        int start = wire.length();
        wire.appendByte((byte) VERSION).appendInt(0);
        FrameFormat.write(frame, new WireWriter(wire));
        int length = wire.length() - start - HEADER;
        if (length > MAX_LENGTH) {
            throw tooLong(length);
        }
        wire.setInt(start + LENGTH_POSITION, length);
    }

    @Override
    public Frame decodeFromWire(int position, Buffer wire) {
        return decode(position, wire);
    }

    /** @throws IllegalArgumentException when it is not a whole frame of this version */
    static Frame decode(int position, Buffer wire) {
        WireReader header = new WireReader(wire, position, wire.length());
        int version = header.octet();
        if (version != VERSION) {
            throw WireReader.malformed("version " + version + "; this side reads version " + VERSION);
        }
        int length = header.number();
        if (length > MAX_LENGTH) {
            throw tooLong(length);
        }
        int start = position + HEADER;
        if (length < 0 || length != wire.length() - start) {
            throw WireReader.malformed("a length of " + length + ", but " + (wire.length() - start) + " octets");
        }
        return FrameFormat.read(new WireReader(wire, start, start + length));
    }

    private static IllegalArgumentException tooLong(int length) {
        return WireReader.malformed("a length of " + length + "; allowed are " + MAX_LENGTH);
    }

    /** The same object: frames do not change. */
    @Override
    public Frame transform(Frame frame) {
        return frame;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public byte systemCodecID() {
        return NO_SYSTEM_CODEC;
    }
}
