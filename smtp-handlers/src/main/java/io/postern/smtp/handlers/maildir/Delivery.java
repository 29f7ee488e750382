package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpException;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Optional;

/**
 * Takes the body of one message from the context of its session to the file threads. A message that is small is handed over
 * once, when it is whole. Of a larger one a part is written while the next one arrives; when both are there nothing more is
 * read. Everything here happens on the context of the session.
 */
final class Delivery {

    /** So much of a message is in memory before it is written, and as much while that is written. */
    private static final int PART = 32_768;

    private final Context context;
    private final FileThreads threads;
    private final MessageFile file;
    private final HeaderEditor header;
    private final StoredText text;
    /** Tells where the message came from, not on a file thread. */
    private final Promise<List<Reply>> stored;

    private boolean begun;
    private boolean writing;
    private boolean paused;
    private boolean whole;
    private boolean over;

    /** @param unixLines whether lines are to end with LF */
    Delivery(Context context, FileThreads threads, MessageFile file, HeaderEditor header, boolean unixLines) {
        this.context = context;
        this.stored = ((ContextInternal) context).promise();
        this.threads = threads;
        this.file = file;
        this.header = header;
        this.text = new StoredText(unixLines);
    }

    /**
     * Reads the body to its end.
     *
     * @return the answer for each Maildir, when the message is where it can be; fails when it was not whole
     */
    Future<List<Reply>> of(ReadStream<Buffer> body) {
        body.exceptionHandler(this::abort);
        body.endHandler(end -> finish());
        body.handler(part -> take(part, body));
        return stored.future();
    }

    /** Whether all of it has come. */
    boolean isWhole() {
        return whole;
    }

    private void take(Buffer part, ReadStream<Buffer> body) {
        if (over) {
            return;
        }
        text.add(header.edit(part));
        if (text.length() < PART) {
            return;
        }
        if (writing) {
            paused = true;
            body.pause();
        } else {
            write(body);
        }
    }

    private void write(ReadStream<Buffer> body) {
        begun = true;
        writing = true;
        submit(new FileWork.Append(file, text.take(), refusals -> context.runOnContext(v -> written(refusals, body))));
    }

    private void written(Optional<List<Reply>> refusals, ReadStream<Buffer> body) {
        writing = false;
        if (refusals.isPresent()) {
            over = true; // and the server drops what still comes
            stored.tryComplete(refusals.get());
        } else if (over) {
            discard();
        } else if (whole) {
            commit();
        } else {
            if (text.length() >= PART) {
                write(body);
            }
            if (paused) {
                paused = false;
                body.resume();
            }
        }
    }

    private void finish() {
        if (!over) {
            text.add(header.end());
            text.end();
            whole = true;
            if (!writing) {
                commit();
            }
        }
    }

    private void commit() {
        over = true;
        submit(new FileWork.Commit(file, text.take(), stored));
    }

    /** The message will not be whole: nothing of it remains. Does nothing when it was handed over to be delivered. */
    void abort(Throwable cause) {
        if (!over) {
            over = true;
            if (begun && !writing) {
                discard();
            }
            stored.tryFail(cause);
        }
    }

    private void discard() {
        threads.execute(new FileWork.Discard(file)); // or it is among those that are removed at the end
    }

    private void submit(FileWork work) {
        if (!threads.execute(work)) {
            writing = false;
            over = true;
            stored.tryFail(new SmtpException(Replies.SHUTTING_DOWN));
        }
    }
}
