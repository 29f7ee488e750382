package io.postern.smtp.benchmarks.maildir;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.handlers.Message;
import io.postern.smtp.handlers.MessageHandler;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.postern.smtp.handlers.trace.TraceFields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * As safe as the real one, in the way that comes to mind first: each message on a worker thread of its own, with two fsyncs of
 * its own. It makes the same changes to the header and to the line ends.
 */
final class PlainMaildirHandler extends MessageHandler {

    /** As many as Vert.x has unless told otherwise. */
    private static final int WORKERS = 20;

    private final AtomicLong count = new AtomicLong();
    private final Path directory;
    private final WorkerExecutor workers;

    PlainMaildirHandler(Vertx vertx, Path directory) throws IOException {
        this.directory = directory;
        this.workers = vertx.createSharedWorkerExecutor("plain-maildir", WORKERS);
        for (String part : new String[] {"tmp", "new", "cur"}) {
            Files.createDirectories(directory.resolve(part));
        }
    }

    @Override
    protected Future<Reply> handleMessage(Session session, Message message) {
        Instant now = Instant.now();
        String name = now.getEpochSecond() + ".M" + now.getNano() / 1_000 + "Q" + count.incrementAndGet() + ".plain";
        byte[] text = text(session, message, name, now);
        return workers.executeBlocking(() -> store(name, text), false).map(Replies.MESSAGE_ACCEPTED);
    }

    private static byte[] text(Session session, Message message, String name, Instant now) {
        String fields = TraceFields.returnPath(message.envelope())
                + TraceFields.received(session, message.envelope(), name, now)
                + TraceFields.envelope(message.peer(), message.envelope());
        Set<String> dropped = new HashSet<>(TraceFields.ENVELOPE_NAMES);
        dropped.add(TraceFields.RETURN_PATH);
        HeaderEditor editor = new HeaderEditor(fields, dropped);
        Buffer edited = editor.edit(message.content());
        return withUnixLines(edited.appendBuffer(editor.end()).getBytes());
    }

    private static byte[] withUnixLines(byte[] text) {
        int length = 0;
        for (int i = 0; i < text.length; i++) {
            boolean crLf = text[i] == '\r' && i + 1 < text.length && text[i + 1] == '\n';
            if (!crLf) {
                text[length++] = text[i];
            }
        }
        return Arrays.copyOf(text, length);
    }

    private Void store(String name, byte[] text) throws IOException {
        Path file = directory.resolve("tmp").resolve(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text));
            channel.force(true);
        }
        Files.move(file, directory.resolve("new").resolve(name), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(directory.resolve("new"))) {
            channel.force(true);
        }
        return null;
    }
}
