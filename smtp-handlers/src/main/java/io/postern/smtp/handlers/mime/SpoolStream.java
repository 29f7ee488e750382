package io.postern.smtp.handlers.mime;

import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.HandedOnBody;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the content of a spooled message on worker threads, as fast as it is wanted, and hands it over on the context of the
 * spool. No more than one buffer of it waits for its reader.
 */
final class SpoolStream {

    private static final int CHUNK = 65_536;

    private final Spool spool;
    private final @Nullable HeaderEditor editor;
    private final Consumer<Throwable> onFault;
    private final HandedOnBody content;
    private @Nullable InputStream input;
    private boolean reading;

    /**
     * @param editor changes the header, if any
     * @param onFault told when a handler of the content throws
     */
    SpoolStream(Spool spool, @Nullable HeaderEditor editor, Consumer<Throwable> onFault) {
        this.spool = spool;
        this.editor = editor;
        this.onFault = onFault;
        this.content = new HandedOnBody(spool.context(), this::more, this::failed);
    }

    /** What is read of it. */
    ReadStream<Buffer> content() {
        return content;
    }

    private void failed(Throwable fault) {
        release();
        onFault.accept(fault);
    }

    /** The message is going to be deleted. @return when its file is closed */
    Future<Void> abandon(Throwable cause) {
        content.fail(cause);
        return release();
    }

    private void more() {
        if (reading || !content.wantsMore()) {
            return;
        }
        reading = true;
        spool.blocking(this::read)
                .onComplete(done -> Contexts.run(spool.context(), () -> {
                    reading = false;
                    if (done.failed()) {
                        content.fail(done.cause());
                    } else {
                        handOver(done.result());
                    }
                    if (content.isOver()) {
                        release();
                    } else {
                        more();
                    }
                }));
    }

    /** On a worker thread. @return nothing at the end */
    private byte[] read() throws IOException {
        InputStream open = input == null ? spool.open() : input;
        input = open;
        return open.readNBytes(CHUNK);
    }

    private void handOver(byte[] octets) {
        boolean last = octets.length == 0;
        Buffer next = Buffer.buffer(octets);
        if (editor != null) {
            next = last ? editor.end() : editor.edit(next);
        }
        content.offer(next.length() == 0 ? List.of() : List.of(next), last);
    }

    /** Closes what it reads from, now or when the reading that is under way is done. */
    private Future<Void> release() {
        InputStream open = input;
        if (reading || open == null) {
            return Future.succeededFuture();
        }
        input = null;
        spool.forget(this);
        return spool.onFiles(open::close);
    }
}
