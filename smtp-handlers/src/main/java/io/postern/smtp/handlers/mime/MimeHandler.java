package io.postern.smtp.handlers.mime;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.Hooks;
import io.postern.smtp.handlers.stream.OpenMessages;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Base of handlers that want a message whole, and that may be large, or is to be parsed as MIME:
 *
 * <pre>{@code
 * class Indexer extends MimeHandler {
 *     protected Future<Reply> handleMessage(Session session, SpooledMessage message) {
 *         return message.parsed(parsed -> MimeContent.of(parsed).text())
 *                 .compose(text -> index(text))
 *                 .map(Replies.MESSAGE_ACCEPTED);
 *     }
 * }
 * }</pre>
 *
 * <p>A small message is kept in memory, one beyond {@link MimeOptions#setMemoryThreshold} in a file, which is deleted when
 * {@link #handleMessage} has answered or the client has gone away. File work is done on worker threads. When a message
 * cannot be written, as on a full disk, the client reads {@code 452 4.3.1}.
 *
 * <p>{@link io.postern.smtp.handlers.MessageHandler} is the simpler base: for messages that are always in memory, and are
 * bytes. This one is for those that need not fit there, and for MIME.
 */
public abstract class MimeHandler implements SmtpHandler {

    /** What a client reads whose message cannot be parsed. It would not be any better the next time. */
    public static final Reply MALFORMED = Reply.of(554, "5.6.0", "Error: malformed MIME message");

    private static final Logger LOG = System.getLogger(MimeHandler.class.getName());

    private final MimeOptions options;
    private final MemoryBudget budget;
    private final OpenMessages<Spool> open = new OpenMessages<>(Spool::isWhole, Spool::discard);

    /** With the default options. */
    protected MimeHandler() {
        this(new MimeOptions());
    }

    /** @param options copied, so that later changes have no effect */
    protected MimeHandler(MimeOptions options) {
        this.options = new MimeOptions(options);
        this.budget = new MemoryBudget(options.getMaxMemory());
    }

    /**
     * A message is here, whole. Called on the context of the session like every hook; a failure is answered like one of
     * {@link SmtpHandler#handleData}, and a failure of {@link SmtpException} by its reply.
     *
     * @return the answer to the message; when it completes, the message is deleted
     */
    protected abstract Future<Reply> handleMessage(Session session, SpooledMessage message);

    /**
     * The connection has ended; what {@link SmtpHandler#handleDisconnect} is for others. The default does nothing.
     */
    protected void handleEnd(Session session) {}

    /** Memory is bounded by {@link MimeOptions#setMaxMemory}, and the rest is in files. */
    @Override
    public final boolean holdsMessages() {
        return false;
    }

    /** Collects the body and calls {@link #handleMessage}. */
    @Override
    public final Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        if (declaredSize(envelope) > options.getMaxMessageSize()) {
            return Future.succeededFuture(Replies.SIZE_TOO_LARGE);
        }
        Context here = Contexts.of(session);
        Spool spool = new Spool(here, options, budget);
        open.add(session, spool);
        Promise<Reply> answer = Promise.promise();
        SpooledMessage message = new SpooledMessage(session.peer(), envelope, spool, answer::tryFail);
        collect(session, body, spool)
                .compose(whole -> Hooks.call(() -> handleMessage(session, message)))
                .onComplete(answer::tryComplete, answer::tryFail);
        Promise<Reply> tidied = Promise.promise();
        answer.future()
                .onComplete(given -> Contexts.run(here, () -> {
                    open.remove(session, spool);
                    spool.discard().onComplete(done -> tidied.handle(given));
                }));
        return tidied.future();
    }

    private static long declaredSize(Envelope envelope) {
        return envelope.sender()
                .map(sender -> sender.parameters().size().orElse(0))
                .orElse(0L);
    }

    private Future<Void> collect(Session session, ReadStream<Buffer> body, Spool spool) {
        Promise<Void> whole = Promise.promise();
        body.exceptionHandler(whole::tryFail);
        body.endHandler(end -> spool.finish().onComplete(done -> finished(session, done, whole)));
        body.handler(part -> {
            if (whole.future().isComplete()) {
                return; // refused; the rest is dropped
            }
            if (part.length() > options.getMaxMessageSize() - spool.size()) {
                whole.tryFail(new SmtpException(Replies.TOO_MUCH_DATA));
                return;
            }
            Future<Void> written = spool.append(part);
            if (!written.isComplete()) {
                body.pause();
                written.onComplete(done -> {
                    if (done.failed()) {
                        finished(session, done, whole);
                    }
                    body.resume();
                });
            }
        });
        return whole.future();
    }

    private static void finished(Session session, AsyncResult<Void> done, Promise<Void> whole) {
        if (done.succeeded()) {
            whole.tryComplete();
        } else if (whole.tryFail(new SmtpException(Replies.INSUFFICIENT_STORAGE))) {
            LOG.log(Level.ERROR, session.id() + ": a message could not be spooled", done.cause());
        }
    }

    /** Deletes what is left of a message whose handler has not answered, and calls {@link #handleEnd}. */
    @Override
    public final void handleDisconnect(Session session) {
        open.giveUp(session);
        handleEnd(session);
    }
}
