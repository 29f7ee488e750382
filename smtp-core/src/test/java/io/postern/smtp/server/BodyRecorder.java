package io.postern.smtp.server;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;

/** Reads one message and tells what became of it. */
final class BodyRecorder implements SmtpHandler {

    private final Buffer content = Buffer.buffer();
    private final Promise<Buffer> ended = Promise.promise();
    private final Promise<Throwable> failed = Promise.promise();

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        body.handler(content::appendBuffer);
        body.exceptionHandler(failed::complete);
        body.endHandler(end -> ended.complete(content));
        return ended.future().map(Replies.MESSAGE_ACCEPTED);
    }

    /** The content, when it is whole. */
    Future<Buffer> ended() {
        return ended.future();
    }

    boolean hasEnded() {
        return ended.future().isComplete();
    }

    /** Why the message will never be whole. */
    Future<Throwable> failed() {
        return failed.future();
    }
}
