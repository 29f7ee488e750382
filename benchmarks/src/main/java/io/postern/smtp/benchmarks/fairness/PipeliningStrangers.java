package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.benchmarks.Strangers;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** All on one thread, so that they take no more of the machine than one of them would. */
final class PipeliningStrangers extends Strangers {

    private static final int COMMANDS = 50;
    private static final int MESSAGES = 20;
    private static final String MESSAGE =
            "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\nSubject: hello\r\n\r\nhello\r\n.\r\n";
    private static final byte[] BLOCK = ("NOOP\r\n".repeat(COMMANDS)
                    + "RSET\r\n".repeat(COMMANDS)
                    + MESSAGE.repeat(MESSAGES))
            .getBytes(StandardCharsets.US_ASCII);
    /** MAIL, RCPT and DATA have one reply each, and the message has one. */
    private static final int REPLIES = 2 * COMMANDS + 4 * MESSAGES;

    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private volatile boolean finishing;

    private static final class Pipeline {
        final ByteBuffer output = ByteBuffer.wrap(BLOCK);
        long due = REPLIES;
        long read;
    }

    PipeliningStrangers(int port, int size) throws IOException {
        super(port, size);
        for (SocketChannel channel : channels()) {
            channel.write(ByteBuffer.wrap("HELO client.example\r\n".getBytes(StandardCharsets.US_ASCII)));
        }
        Thread thread = new Thread(this::run, "pipelining strangers");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try (Selector selector = Selector.open()) {
            for (SocketChannel channel : channels()) {
                Pipeline pipeline = new Pipeline();
                pipeline.due++; // HELO
                channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE, pipeline);
            }
            ByteBuffer input = ByteBuffer.allocate(65_536);
            int left = channels().size();
            while (left > 0) {
                selector.select(100);
                for (SelectionKey key : selector.selectedKeys()) {
                    if (goOn(key, (Pipeline) key.attachment(), input)) {
                        key.cancel();
                        left--;
                    }
                }
                selector.selectedKeys().clear();
            }
            finished.complete(null);
        } catch (IOException | RuntimeException | Error fault) {
            finished.completeExceptionally(fault);
        }
    }

    /** @return whether all that was sent has been answered, and no more is to be sent */
    private boolean goOn(SelectionKey key, Pipeline pipeline, ByteBuffer input) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        if (key.isReadable()) {
            input.clear();
            if (channel.read(input) < 0) {
                throw new EOFException("a client that pipelines was closed");
            }
            for (int i = 0; i < input.position(); i++) {
                if (input.get(i) == '\n') {
                    pipeline.read++;
                }
            }
        }
        if (key.isWritable()) {
            channel.write(pipeline.output);
            if (!pipeline.output.hasRemaining() && !finishing) {
                pipeline.output.rewind();
                pipeline.due += REPLIES;
            } else if (!pipeline.output.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ);
            }
        }
        return finishing && !pipeline.output.hasRemaining() && pipeline.read == pipeline.due;
    }

    @Override
    public void finish() throws IOException, InterruptedException {
        finishing = true;
        try {
            finished.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("not all commands were answered", e);
        }
    }
}
