package io.postern.smtp.testkit.memory;

import io.postern.smtp.testkit.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The client's end of a connection in memory. Whatever it does, the server has done what follows from it when it returns. */
final class MemoryWire implements Wire {

    private final MemoryChannel connection;
    private final TestLoop loop;

    MemoryWire(MemoryChannel connection, TestLoop loop) {
        this.connection = connection;
        this.loop = loop;
    }

    @Override
    public int write(ByteBuffer output, Duration patience) throws IOException {
        loop.runUntil(connection::mayWrite, patience);
        int taken = connection.write(output);
        loop.runDue();
        return taken;
    }

    @Override
    public int read(ByteBuffer input, Duration patience) throws IOException {
        loop.runUntil(connection::hasToRead, patience);
        int count = connection.read(input);
        loop.runDue();
        return count;
    }

    @Override
    public void shutdownOutput() {
        connection.end();
        loop.runDue();
    }

    @Override
    public void reset() {
        connection.reset();
        loop.runDue();
    }

    @Override
    public void close() {
        connection.leave();
        loop.runDue();
    }
}
