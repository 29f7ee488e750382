package io.postern.smtp.handlers;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.options.Checks;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;

/**
 * Base of handlers that want a message whole rather than streamed:
 *
 * <pre>{@code
 * class Inbox extends MessageHandler {
 *     protected Future<Reply> handleMessage(Session session, Message message) {
 *         return store(message.envelope(), message.content()).map(Replies.MESSAGE_ACCEPTED);
 *     }
 * }
 * }</pre>
 *
 * <p>A message is held in memory until {@link #handleMessage} has answered. A handler therefore has a bound of its own,
 * which also holds where the server has none or a greater one: a larger message is answered {@code 552 5.3.4}, and what
 * was read of it is dropped. One whose client declared the size (RFC 1870) is refused before it is sent.
 */
public abstract class MessageHandler implements SmtpHandler {

    /** 32 MiB, in octets, as {@link io.postern.smtp.SmtpServerOptions#DEFAULT_DATA_SIZE_LIMIT}. */
    public static final int DEFAULT_MAX_MESSAGE_SIZE = 33_554_432;

    private final int maxMessageSize;

    /** Takes messages of up to {@link #DEFAULT_MAX_MESSAGE_SIZE} octets. */
    protected MessageHandler() {
        this(DEFAULT_MAX_MESSAGE_SIZE);
    }

    /**
     * @param maxMessageSize the size of the largest message that is taken, in octets
     * @throws IllegalArgumentException when it is not positive
     */
    protected MessageHandler(int maxMessageSize) {
        this.maxMessageSize = Checks.atLeast("maxMessageSize", maxMessageSize, 1);
    }

    /**
     * A message is here, whole. Called on the context of the session like every hook; a failure is answered like one of
     * {@link SmtpHandler#handleData}.
     *
     * @return the answer to the message
     */
    protected abstract Future<Reply> handleMessage(Session session, Message message);

    /** Messages are collected: each counts until it is answered. */
    @Override
    public final boolean holdsMessages() {
        return true;
    }

    /** Collects the body and calls {@link #handleMessage}. */
    @Override
    public final Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        if (declaredSize(envelope) > maxMessageSize) {
            return Future.succeededFuture(Replies.SIZE_TOO_LARGE);
        }
        return collect(body)
                .compose(content ->
                        Hooks.call(() -> handleMessage(session, new Message(session.peer(), envelope, content))));
    }

    private static long declaredSize(Envelope envelope) {
        return envelope.sender()
                .map(sender -> sender.parameters().size().orElse(0))
                .orElse(0L);
    }

    private Future<Buffer> collect(ReadStream<Buffer> body) {
        Promise<Buffer> collected = Promise.promise();
        Buffer content = Buffer.buffer();
        body.exceptionHandler(collected::tryFail);
        body.endHandler(end -> collected.tryComplete(content));
        body.handler(part -> {
            if (part.length() <= maxMessageSize - content.length()) {
                // copies: a part shares memory with the whole read that it came in
                content.appendBuffer(part);
            } else {
                collected.tryFail(new SmtpException(Replies.TOO_MUCH_DATA));
            }
        });
        return collected.future();
    }
}
