package io.postern.smtp.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLSession;

/** Octets in TLS records over another wire. */
final class TlsWire implements Wire {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Wire wire;
    private final SSLEngine engine;
    // both are ready to be read from
    private final ByteBuffer records;
    private final ByteBuffer plain;

    /** Makes the handshake as a client. */
    TlsWire(Wire wire, SSLEngine engine, Duration patience) throws IOException {
        this.wire = wire;
        this.engine = engine;
        this.records =
                ByteBuffer.allocate(engine.getSession().getPacketBufferSize()).limit(0);
        this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .limit(0);
        engine.setUseClientMode(true);
        engine.beginHandshake();
        shakeHands(patience);
    }

    SSLSession session() {
        return engine.getSession();
    }

    private void shakeHands(Duration patience) throws IOException {
        while (true) {
            HandshakeStatus status = engine.getHandshakeStatus();
            switch (status) {
                case NEED_WRAP -> wrap(NOTHING, patience);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    int count = unwrap(patience);
                    if (count <= 0) {
                        throw count < 0
                                ? new EOFException("the server closed the connection in the TLS handshake")
                                : new SocketTimeoutException("the server was silent in the TLS handshake");
                    }
                }
                case NEED_TASK -> engine.getDelegatedTask().run();
                case FINISHED, NOT_HANDSHAKING -> {
                    return;
                }
            }
        }
    }

    /** Takes one record out of what was read, and reads when there is none. @return 0 in time, -1 at the end, else 1 */
    private int unwrap(Duration patience) throws IOException {
        while (true) {
            plain.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(records, plain);
            } finally {
                plain.flip();
            }
            if (result.getStatus() == Status.CLOSED) {
                return -1;
            }
            if (result.getStatus() != Status.BUFFER_UNDERFLOW) {
                return 1;
            }
            records.compact();
            int count;
            try {
                count = wire.read(records, patience);
            } finally {
                records.flip();
            }
            if (count <= 0) {
                return count;
            }
        }
    }

    private int wrap(ByteBuffer output, Duration patience) throws IOException {
        ByteBuffer encrypted = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        int taken = engine.wrap(output, encrypted).bytesConsumed();
        encrypted.flip();
        while (encrypted.hasRemaining()) {
            // half a record is of no use to anybody, so that this cannot be given up
            if (wire.write(encrypted, patience) == 0) {
                throw new SocketTimeoutException("the server took no more of a TLS record for " + patience);
            }
        }
        return taken;
    }

    @Override
    public int write(ByteBuffer output, Duration patience) throws IOException {
        return wrap(output, patience);
    }

    @Override
    public int read(ByteBuffer input, Duration patience) throws IOException {
        while (!plain.hasRemaining()) {
            int count = unwrap(patience);
            if (count <= 0) {
                return count;
            }
            shakeHands(patience); // tickets and new keys of TLS 1.3
        }
        int count = Math.min(plain.remaining(), input.remaining());
        input.put(plain.slice().limit(count));
        plain.position(plain.position() + count);
        return count;
    }

    @Override
    public void shutdownOutput() throws IOException {
        engine.closeOutbound();
        wrap(NOTHING, Duration.ofSeconds(1));
        wire.shutdownOutput();
    }

    @Override
    public void reset() throws IOException {
        wire.reset();
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
