package io.postern.smtp.testkit.web;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.testkit.ReceivedMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.time.Instant;

/** Takes all mail for anyone and puts it into a store. */
final class StoringHandler implements SmtpHandler {

    private static final System.Logger LOG = System.getLogger(StoringHandler.class.getName());

    private final MailStore store;

    StoringHandler(MailStore store) {
        this.store = store;
    }

    /** Answers when the message can be seen. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        long declared = envelope.sender()
                .map(sender -> sender.parameters().size().orElse(0))
                .orElse(0L);
        if (declared > store.maxBytes()) {
            return Future.succeededFuture(Replies.SIZE_TOO_LARGE);
        }
        return collect(body)
                .map(content -> ReceivedMessage.of(session, envelope, content, Instant.now()))
                .compose(message ->
                        store.add(message).map(Replies.MESSAGE_ACCEPTED).recover(cause -> refusal(session, cause)));
    }

    private Future<Buffer> collect(ReadStream<Buffer> body) {
        Promise<Buffer> collected = Promise.promise();
        Buffer content = Buffer.buffer();
        body.exceptionHandler(collected::tryFail);
        body.endHandler(end -> collected.tryComplete(content));
        body.handler(part -> {
            if (part.length() <= store.maxBytes() - content.length()) {
                content.appendBuffer(part);
            } else {
                collected.tryFail(new SmtpException(Replies.TOO_MUCH_DATA));
            }
        });
        return collected.future();
    }

    /** A full disk passes, and the message will come again. */
    private static Future<Reply> refusal(Session session, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.log(System.Logger.Level.WARNING, session.id() + ": the message cannot be stored", cause);
            return Future.succeededFuture(Replies.INSUFFICIENT_STORAGE);
        }
        return Future.failedFuture(cause);
    }
}
