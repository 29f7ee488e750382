package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.benchmarks.Strangers;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** All of them send their octet at the same moment, which is as bad as it gets. */
final class TricklingStrangers extends Strangers {

    private static final byte[] COMMAND = "NOOP\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> seconds;
    private int sent;

    TricklingStrangers(int port, int size) throws IOException {
        super(port, size);
        seconds = clock.scheduleAtFixedRate(this::second, 0, 1, TimeUnit.SECONDS);
    }

    private void second() {
        ByteBuffer octet = ByteBuffer.wrap(COMMAND, sent % COMMAND.length, 1);
        ByteBuffer input = ByteBuffer.allocate(512);
        try {
            for (SocketChannel channel : channels()) {
                if (channel.read(input.clear()) < 0) {
                    throw new EOFException("a client that sends slowly was closed");
                }
                channel.write(octet.duplicate());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e); // and there will be no next time
        }
        sent++;
    }

    @Override
    public void finish() throws IOException, InterruptedException {
        clock.shutdown();
        try {
            if (seconds.isDone() && !seconds.isCancelled()) {
                seconds.get(1, TimeUnit.SECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the clients did not go on", e);
        }
    }

    @Override
    public void close() throws IOException {
        clock.shutdownNow();
        super.close();
    }
}
