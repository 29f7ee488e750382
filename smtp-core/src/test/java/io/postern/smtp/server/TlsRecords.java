package io.postern.smtp.server;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/** Turns text into TLS records and back, for a client that sees to the octets itself. */
final class TlsRecords {

    private static final int ROOM = 32_768;

    private final SSLEngine engine;
    private final Queue<Byte> plain = new ArrayDeque<>();

    TlsRecords(SSLEngine engine) {
        this.engine = engine;
    }

    /** Goes as far as the input allows. @return what is to be sent; empty when more input is needed */
    byte[] handshake(ByteBuffer input) throws SSLException {
        ByteBuffer output = ByteBuffer.allocate(ROOM);
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                engine.getDelegatedTask().run();
            } else if (status == HandshakeStatus.NEED_WRAP) {
                engine.wrap(ByteBuffer.allocate(0), output);
            } else if (status == HandshakeStatus.NEED_UNWRAP && output.position() == 0) {
                SSLEngineResult result = engine.unwrap(input, ByteBuffer.allocate(ROOM));
                if (result.getStatus() == Status.CLOSED) {
                    throw new SSLException("the server closed TLS in the handshake");
                }
                if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                    return new byte[0];
                }
            } else {
                break;
            }
        }
        return sent(output);
    }

    boolean isEstablished() {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }

    SSLSession session() {
        return engine.getSession();
    }

    byte[] wrap(byte[] text) throws SSLException {
        ByteBuffer source = ByteBuffer.wrap(text);
        ByteBuffer output = ByteBuffer.allocate(ROOM + 2 * text.length);
        while (source.hasRemaining()) {
            engine.wrap(source, output);
        }
        return sent(output);
    }

    /** @return true when there will be no more; then, or when there is some, it is to be {@link #read} */
    boolean unwrap(ByteBuffer input) throws SSLException {
        ByteBuffer text = ByteBuffer.allocate(ROOM);
        while (true) {
            SSLEngineResult result = engine.unwrap(input, text);
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                engine.getDelegatedTask().run(); // a session ticket of TLS 1.3
            }
            if (result.getStatus() != Status.OK || text.position() > 0) {
                text.flip();
                while (text.hasRemaining()) {
                    plain.add(text.get());
                }
                return result.getStatus() == Status.CLOSED || hasPlain();
            }
        }
    }

    boolean hasPlain() {
        return !plain.isEmpty();
    }

    int read() {
        return plain.remove() & 0xFF;
    }

    private static byte[] sent(ByteBuffer output) {
        byte[] octets = new byte[output.position()];
        output.flip().get(octets);
        return octets;
    }
}
