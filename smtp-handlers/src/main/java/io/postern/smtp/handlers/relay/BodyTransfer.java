package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;

/**
 * Lets a message through, from the client's stream to the next hop, no faster than that reads: the next part is fetched when
 * there is room for it. The stream may be of any context; all else is on the event loop of the connection.
 */
final class BodyTransfer {

    private final HopConnection connection;
    private final ReadStream<Buffer> body;
    private final BodyFilter filter;
    private final BodyWriter writer;
    private final Promise<List<Reply>> replies;
    /** From here on the next hop may have the whole message. */
    private boolean ending;

    private boolean over;

    BodyTransfer(HopConnection connection, ReadStream<Buffer> body, BodyFilter filter, BodyWriter writer) {
        this.connection = connection;
        this.body = body;
        this.filter = filter;
        this.writer = writer;
        this.replies = connection.loop().promise();
    }

    /**
     * @return the next hop's replies, as those of {@link BodyWriter#end}. It fails when the message was not passed on whole:
     *     because the client, {@link BodyFilter} or the next hop did not want it, or the connection has failed.
     */
    Future<List<Reply>> begin() {
        connection.beginTransfer(this::giveUp);
        Loop loop = connection.loop();
        body.pause();
        body.exceptionHandler(failure -> loop.run(() -> giveUp(failure)));
        body.endHandler(end -> loop.run(this::end));
        body.handler(part -> loop.run(() -> pass(part)));
        body.fetch(1);
        return replies.future();
    }

    /** Ends it, unless the end of the message has been sent. */
    void giveUp(Throwable cause) {
        if (!ending) {
            fail(cause);
        }
    }

    private void fail(Throwable cause) {
        if (!over) {
            over = true;
            connection.endTransfer();
            writer.abandon().onComplete(v -> replies.fail(cause));
        }
    }

    private void pass(Buffer part) {
        if (over) {
            return;
        }
        try {
            writer.write(filter.pass(part)).onSuccess(room -> body.fetch(1)).onFailure(this::fail);
        } catch (RuntimeException refused) {
            fail(refused);
        }
    }

    private void end() {
        if (over) {
            return;
        }
        try {
            Buffer rest = filter.end();
            writer.write(rest).compose(room -> finish()).onFailure(this::fail);
        } catch (RuntimeException refused) {
            fail(refused);
        }
    }

    private Future<List<Reply>> finish() {
        if (over) {
            return replies.future();
        }
        ending = true;
        return writer.end().onSuccess(all -> {
            over = true;
            connection.endTransfer();
            replies.tryComplete(all);
        });
    }
}
