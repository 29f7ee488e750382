package io.postern.smtp.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The connection of a {@link RawSmtpClient}, plain or encrypted. Every call blocks for no longer than it is told. */
interface Wire extends Closeable {

    /** Takes some of {@code output}. @return how many octets; 0 when none was taken in time */
    int write(ByteBuffer output, Duration patience) throws IOException;

    /** Reads some octets. @return how many; 0 when none came in time, -1 when none will come */
    int read(ByteBuffer input, Duration patience) throws IOException;

    /** Says that nothing more will be written. */
    void shutdownOutput() throws IOException;

    /** Drops the connection with a reset. */
    void reset() throws IOException;
}
