package io.postern.smtp.handlers.mime;

import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The content of a spooled message as a stream, read on worker threads as fast as it is wanted, and handed over on the
 * context of the session, where its methods are to be called.
 */
final class SpoolStream implements ReadStream<Buffer> {

    private static final int CHUNK = 65_536;

    private final Spool spool;
    private final @Nullable HeaderEditor editor;
    private @Nullable InputStream input;
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;
    private long demand = Long.MAX_VALUE;
    private boolean reading;
    private boolean over;

    /** @param editor changes the header, if any */
    SpoolStream(Spool spool, @Nullable HeaderEditor editor) {
        this.spool = spool;
        this.editor = editor;
    }

    private void more() {
        if (reading || over || handler == null || demand == 0) {
            return;
        }
        reading = true;
        spool.blocking(this::read).onComplete(done -> {
            reading = false;
            if (done.failed()) {
                over = true;
                if (exceptionHandler != null) {
                    exceptionHandler.handle(done.cause());
                }
            } else {
                handOver(done.result());
            }
        });
    }

    /** On a worker thread. @return null at the end */
    private @Nullable Buffer read() throws IOException {
        InputStream open = input == null ? spool.open() : input;
        input = open;
        byte[] chunk = open.readNBytes(CHUNK);
        if (chunk.length == 0) {
            open.close();
            return null;
        }
        return Buffer.buffer(chunk);
    }

    private void handOver(@Nullable Buffer content) {
        over = content == null;
        Buffer next = content;
        if (editor != null) {
            next = content == null ? editor.end() : editor.edit(content);
        }
        if (next != null && next.length() > 0 && handler != null) {
            if (demand != Long.MAX_VALUE) {
                demand--;
            }
            handler.handle(next);
        }
        if (!over) {
            more();
        } else if (endHandler != null) {
            endHandler.handle(null);
        }
    }

    @Override
    public SpoolStream handler(@Nullable Handler<Buffer> newHandler) {
        handler = newHandler;
        more();
        return this;
    }

    @Override
    public SpoolStream pause() {
        demand = 0;
        return this;
    }

    @Override
    public SpoolStream resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public SpoolStream fetch(long amount) {
        if (amount < 0) {
            throw new IllegalArgumentException("amount is " + amount + "; allowed is 0 or more");
        }
        demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
        more();
        return this;
    }

    @Override
    public SpoolStream endHandler(@Nullable Handler<Void> newHandler) {
        endHandler = newHandler;
        return this;
    }

    @Override
    public SpoolStream exceptionHandler(@Nullable Handler<Throwable> newHandler) {
        exceptionHandler = newHandler;
        return this;
    }
}
