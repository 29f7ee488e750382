package io.postern.smtp.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * What carries the octets of a {@link RawSmtpClient}: a socket, TLS over one, a connection in memory, or something of your
 * own, see {@link RawSmtpClient#over}. Every call blocks for no longer than it is told. For one thread at a time.
 */
public interface Wire extends Closeable {

    /** Takes some of {@code output}. @return how many octets; 0 when none was taken in time */
    int write(ByteBuffer output, Duration patience) throws IOException;

    /** Reads some octets. @return how many; 0 when none came in time, -1 when none will come */
    int read(ByteBuffer input, Duration patience) throws IOException;

    /** Says that nothing more will be written. */
    void shutdownOutput() throws IOException;

    /** Drops the connection with a reset. */
    void reset() throws IOException;
}
