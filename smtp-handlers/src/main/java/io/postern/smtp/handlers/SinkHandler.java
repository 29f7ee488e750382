package io.postern.smtp.handlers;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;

/**
 * Accepts every message and drops it. The body is read to its end and never held, so that a message costs no memory,
 * however large it is. One handler serves any number of connections on any number of event loops.
 */
public final class SinkHandler implements SmtpHandler {

    private static final Handler<Buffer> DROP = content -> {};

    public SinkHandler() {}

    /** Nothing is held. */
    @Override
    public boolean holdsMessages() {
        return false;
    }

    /** Answers {@code 250 2.6.0} when the message is whole. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        // An answer before the end would be cheaper still, but a server drops only so much after an early answer.
        Promise<Reply> promise = Promise.promise();
        body.exceptionHandler(promise::tryFail);
        body.endHandler(end -> promise.tryComplete(Replies.MESSAGE_ACCEPTED));
        body.handler(DROP);
        return promise.future();
    }
}
