package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.handlers.eventbus.Frame.Abort;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.postern.smtp.handlers.eventbus.Frame.More;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.handlers.eventbus.Frame.Part;
import io.postern.smtp.handlers.eventbus.Frame.Wait;
import io.postern.smtp.handlers.stream.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.streams.ReadStream;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's side of one message, on the context of its session. {@link Frame} tells what is said. */
final class OutgoingMessage {

    private static final System.Logger LOG = System.getLogger(EventBusHandler.class.getName());

    private final Vertx vertx;
    private final Context context;
    private final String address;
    private final long timeoutMillis;
    private final long answerTimeoutNanos;
    private final HeldBytes held;
    private final BusEnvelope envelope;
    private final ReadStream<Buffer> body;
    private final Gathering gathering;
    private final Promise<List<Reply>> answer = Promise.promise();

    private boolean offered;
    private boolean ended;
    private boolean paused;
    private boolean lastSent;
    /** Octets that are on their way to the consumer. */
    private long underWay;
    /** What the consumer waits for a reply to, when it is our turn. */
    private @Nullable Message<Frame> turn;
    /** Says something in our turn before we count as dead; null when nothing is due. */
    private @Nullable Long reminder;
    /** Why the consumer need not go on; to be told in our turn. */
    private @Nullable String abandoned;
    /** When the consumer last asked for more, or was given something. */
    private long progress;

    OutgoingMessage(
            Vertx vertx,
            Context context,
            String address,
            EventBusHandlerOptions options,
            HeldBytes held,
            BusEnvelope envelope,
            ReadStream<Buffer> body) {
        this.vertx = vertx;
        this.context = context;
        this.address = address;
        this.timeoutMillis = options.getTimeout().toMillis();
        this.answerTimeoutNanos = options.getAnswerTimeout().toNanos();
        this.held = held;
        this.envelope = envelope;
        this.body = body;
        this.gathering = new Gathering(options.getChunkSize());
    }

    /** @return the replies to the message; fails only when its body does */
    Future<List<Reply>> send() {
        body.exceptionHandler(this::aborted);
        body.endHandler(end -> {
            ended = true;
            proceed();
        });
        body.handler(this::gather);
        return answer.future();
    }

    private void gather(Buffer part) {
        if (isOver()) {
            return;
        }
        if (!held.tryTake(part.length())) {
            giveUp("the server holds too much", Replies.INSUFFICIENT_STORAGE);
            return;
        }
        gathering.add(part);
        if (gathering.isFull()) {
            paused = true;
            body.pause();
        }
        proceed();
    }

    private void aborted(Throwable failure) {
        if (!isOver()) {
            answer.fail(failure);
            abandon("the client has gone");
        }
    }

    private void giveUp(String reason, Reply reply) {
        answer.tryComplete(Collections.nCopies(envelope.answers(), reply));
        abandon(reason);
    }

    private void abandon(String reason) {
        abandoned = reason;
        release();
        if (turn != null) {
            speak();
        }
    }

    private boolean isOver() {
        return answer.future().isComplete();
    }

    /** Holds nothing of the body any more; to be called when there is an answer, as what still comes is dropped then. */
    private void release() {
        held.release(gathering.length());
        while (!gathering.isEmpty()) {
            gathering.take(false);
        }
        goOn();
    }

    private void goOn() {
        if (paused && !gathering.isFull()) {
            paused = false;
            body.resume();
        }
    }

    private void proceed() {
        if (isOver()) {
            return;
        }
        if (!offered) {
            if (ended || gathering.isFull()) {
                offered = true;
                ask(vertx.eventBus()
                        .request(
                                address,
                                new Offer(envelope, timeoutMillis, next()),
                                FrameCodec.delivery(timeoutMillis)));
            }
        } else if (turn != null && (!gathering.isEmpty() || ended)) {
            speak();
        }
    }

    /** Takes our turn with the next piece, with what there is to say instead, or with nothing. */
    private void speak() {
        Message<Frame> asked = turn;
        if (asked == null) {
            return;
        }
        turn = null;
        if (reminder != null) {
            vertx.cancelTimer(reminder);
            reminder = null;
        }
        if (abandoned != null) {
            asked.reply(new Abort(abandoned), FrameCodec.delivery(timeoutMillis));
        } else {
            ask(asked.replyAndRequest(new Part(next()), FrameCodec.delivery(timeoutMillis)));
        }
    }

    private Content next() {
        Content content = gathering.take(ended);
        underWay = content.length();
        lastSent = content.last();
        progress = System.nanoTime();
        goOn();
        return content;
    }

    private void ask(Future<Message<Frame>> asked) {
        asked.onComplete(replied -> Contexts.run(context, () -> {
            held.release(underWay);
            underWay = 0;
            if (replied.succeeded()) {
                heard(replied.result());
            } else {
                lost(EventBusHandler.told(replied.cause()));
            }
        }));
    }

    private void heard(Message<Frame> message) {
        Frame frame;
        try {
            frame = message.body();
        } catch (RuntimeException malformed) {
            lost(malformed.toString());
            return;
        }
        if (frame instanceof Answer said) {
            answered(said.replies());
        } else if (frame instanceof More && !lastSent) {
            progress = System.nanoTime();
            turn = message;
            takeTurn();
        } else if (frame instanceof Wait) {
            turn = message;
            waited();
        } else {
            lost("what came is not the answer of a consumer");
        }
    }

    private void answered(List<Reply> replies) {
        if (replies.size() == envelope.answers()) {
            answer.tryComplete(replies);
            release();
        } else {
            lost(replies.size() + " replies where " + envelope.answers() + " were due");
        }
    }

    private void takeTurn() {
        if (abandoned != null || !gathering.isEmpty() || ended) {
            speak();
        } else {
            reminder = vertx.setTimer(Math.max(1, timeoutMillis / 3), due -> Contexts.run(context, () -> remind(due)));
        }
    }

    private void remind(long timer) {
        // one that was cancelled may be under way already
        if (reminder != null && reminder == timer) {
            speak();
        }
    }

    /** The consumer wants nothing at present, and hears from us that we are there. */
    private void waited() {
        if (abandoned == null && System.nanoTime() - progress > answerTimeoutNanos) {
            lost("the consumer lives, but has not gone on for too long");
            return;
        }
        Message<Frame> asked = turn;
        if (abandoned != null) {
            speak();
        } else if (asked != null) {
            turn = null;
            ask(asked.replyAndRequest(Part.NOTHING, FrameCodec.delivery(timeoutMillis)));
        }
    }

    private void lost(String reason) {
        if (!isOver()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> envelope.session().id() + " has no answer to message " + envelope.id() + " from " + address
                            + ": " + reason);
            giveUp("the server has waited for too long", Replies.HANDLER_FAILED);
        }
    }
}
