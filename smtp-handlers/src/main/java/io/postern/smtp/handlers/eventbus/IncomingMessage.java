package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Reply;
import io.postern.smtp.handlers.eventbus.Frame.Abort;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.More;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.handlers.eventbus.Frame.Part;
import io.postern.smtp.handlers.eventbus.Frame.Wait;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.HandedOnBody;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The consumer's side of one message, on the context that its offer came on. {@link Frame} tells what is said. */
final class IncomingMessage {

    private static final System.Logger LOG = System.getLogger(EventBusConsumer.class.getName());

    /** A server that gives another one would make us busy, or have us wait for the dead. */
    private static final long MIN_TIMEOUT_MILLIS = 100;

    private static final long MAX_TIMEOUT_MILLIS = 3_600_000;

    private final Vertx vertx;
    private final Context context;
    private final BusEnvelope envelope;
    private final long timeoutMillis;
    private final HandedOnBody body;
    private final Promise<Void> over = Promise.promise();

    /** What the server waits for a reply to, when it is our turn. */
    private @Nullable Message<Frame> turn;
    /** Says something in our turn before we count as dead; null when nothing is due. */
    private @Nullable Long reminder;
    /** What the consumer has said; null until then. */
    private @Nullable List<Reply> replies;
    /** Nobody waits for an answer any more. */
    private boolean forsaken;

    IncomingMessage(Vertx vertx, Context context, Message<Frame> message, Offer offer) {
        this.vertx = vertx;
        this.context = context;
        this.turn = message;
        this.envelope = offer.envelope();
        this.timeoutMillis = Math.min(MAX_TIMEOUT_MILLIS, Math.max(MIN_TIMEOUT_MILLIS, offer.timeoutMillis()));
        this.body = new HandedOnBody(context, this::proceed, this::failed);
        body.offer(offer.content().parts(), offer.content().last());
    }

    /** @return succeeds when the consumer has answered, or nobody waits for that any more */
    Future<Void> handle(MailConsumer consumer) {
        asked(consumer).onComplete(said -> Contexts.run(context, () -> answered(said)));
        proceed();
        return over.future();
    }

    private Future<List<Reply>> asked(MailConsumer consumer) {
        return envelope.answeredPerRecipient()
                ? Hooks.call(() -> consumer.handlePerRecipient(envelope, body))
                : Hooks.call(() -> consumer.handle(envelope, body)).map(Collections::singletonList);
    }

    private void failed(Throwable fault) {
        answered(Future.failedFuture(fault));
    }

    private void answered(AsyncResult<List<Reply>> said) {
        if (replies == null) {
            replies = Verdicts.of(said, envelope.answers(), () -> "message " + envelope.id());
            body.close();
            proceed();
            over.tryComplete();
        }
    }

    /** Takes our turn if there is something to say, and sees to it that something is said in time if there is not. */
    private void proceed() {
        Message<Frame> asked = turn;
        if (asked == null || forsaken) {
            return;
        }
        if (replies != null) {
            endTurn();
            asked.reply(new Answer(replies), FrameCodec.delivery(timeoutMillis));
        } else if (body.wantsMore()) {
            ask(asked, new More());
        } else if (reminder == null) {
            reminder = vertx.setTimer(Math.max(1, timeoutMillis / 3), due -> Contexts.run(context, () -> remind(due)));
        }
    }

    private void remind(long timer) {
        Message<Frame> asked = turn;
        // one that was cancelled may be under way already
        if (asked != null && reminder != null && reminder == timer) {
            ask(asked, new Wait());
        }
    }

    private void endTurn() {
        turn = null;
        if (reminder != null) {
            vertx.cancelTimer(reminder);
            reminder = null;
        }
    }

    private void ask(Message<Frame> asked, Frame frame) {
        endTurn();
        asked.<Frame>replyAndRequest(frame, FrameCodec.delivery(timeoutMillis))
                .onComplete(replied -> Contexts.run(context, () -> heard(replied)));
    }

    private void heard(AsyncResult<Message<Frame>> replied) {
        try {
            if (replied.failed()) {
                forsake("the server is gone: " + replied.cause());
            } else if (replied.result().body() instanceof Part part) {
                turn = replied.result();
                body.offer(part.content().parts(), part.content().last());
                proceed();
            } else if (replied.result().body() instanceof Abort abort) {
                forsake(abort.reason());
            } else {
                forsake("what came is not of a server");
            }
        } catch (IllegalArgumentException | ClassCastException malformed) {
            forsake(malformed.toString());
        }
    }

    private void forsake(String reason) {
        LOG.log(
                System.Logger.Level.DEBUG,
                () -> "nobody waits for an answer to message " + envelope.id() + ": " + reason);
        forsaken = true;
        body.fail(new MessageAbortedException(reason));
        // a consumer that forgets to answer what failed must not use up its places
        over.tryComplete();
    }
}
