package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.handlers.eventbus.Frame.Question;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes from the event bus what an {@link EventBusHandler} puts there, in the same process or on another node:
 *
 * <pre>{@code
 * EventBusConsumer.register(vertx, "mail", (envelope, body) -> store(envelope, body).map(Replies.MESSAGE_ACCEPTED))
 * }</pre>
 *
 * <p>Any number of consumers may register at an address, and each message goes to one of them. A consumer is called on the
 * context on which it was registered; one that is registered by each instance of a verticle uses as many event loops.
 */
public final class EventBusConsumer {

    private static final System.Logger LOG = System.getLogger(EventBusConsumer.class.getName());

    private final int maxMessages;
    private final MessageConsumer<Frame> registration;
    private final Promise<Void> idle = Promise.promise();

    // on the context of the registration, but closed from anywhere
    private int running;
    private boolean closed;
    private @Nullable Future<Void> end;

    private EventBusConsumer(Vertx vertx, EventBusConsumerOptions options, Taking taking) {
        this.maxMessages = options.getMaxMessages();
        String address = options.getAddress()
                .orElseThrow(() ->
                        new IllegalArgumentException("address is not set; expected is an address of the event bus"));
        FrameCodec.register(vertx);
        this.registration = vertx.eventBus().consumer(address, message -> take(message, taking));
    }

    /** What becomes of a frame that is the first of its kind. */
    private interface Taking {

        /** @return completes when the consumer has answered; empty when the frame is none for it */
        @Nullable
        Future<?> take(Message<Frame> message, Frame frame);
    }

    /**
     * Registers a consumer of messages.
     *
     * @param address where messages come from, as in {@link EventBusHandlerOptions#setAddress}
     * @return succeeds when messages can come from every node
     */
    public static Future<EventBusConsumer> register(Vertx vertx, String address, MailConsumer consumer) {
        return register(vertx, new EventBusConsumerOptions().setAddress(address), consumer);
    }

    /**
     * Like {@link #register(Vertx, String, MailConsumer)}.
     *
     * @param options must have an address
     * @throws IllegalArgumentException when they have none
     */
    public static Future<EventBusConsumer> register(
            Vertx vertx, EventBusConsumerOptions options, MailConsumer consumer) {
        return new EventBusConsumer(
                        vertx,
                        options,
                        (message, frame) -> frame instanceof Offer offer
                                ? new IncomingMessage(vertx, vertx.getOrCreateContext(), message, offer)
                                        .handle(consumer)
                                : null)
                .registered();
    }

    /**
     * Registers a consumer of questions about recipients.
     *
     * @param address where they come from, as in {@link EventBusHandlerOptions#setRecipientAddress}
     * @return succeeds when questions can come from every node
     */
    public static Future<EventBusConsumer> registerRecipients(Vertx vertx, String address, RecipientConsumer consumer) {
        return registerRecipients(vertx, new EventBusConsumerOptions().setAddress(address), consumer);
    }

    /**
     * Like {@link #registerRecipients(Vertx, String, RecipientConsumer)}.
     *
     * @param options must have an address
     * @throws IllegalArgumentException when they have none
     */
    public static Future<EventBusConsumer> registerRecipients(
            Vertx vertx, EventBusConsumerOptions options, RecipientConsumer consumer) {
        return new EventBusConsumer(
                        vertx,
                        options,
                        (message, frame) -> frame instanceof Question question
                                ? answer(message, question.recipient(), consumer)
                                : null)
                .registered();
    }

    private static Future<?> answer(Message<Frame> message, RecipientQuestion question, RecipientConsumer consumer) {
        return Hooks.call(() -> consumer.handle(question))
                .map(Collections::singletonList)
                .onComplete(said -> reply(
                        message,
                        Verdicts.of(
                                said,
                                1,
                                () -> "a recipient of session "
                                        + question.session().id())));
    }

    private Future<EventBusConsumer> registered() {
        return registration.completion().map(this);
    }

    private void take(Message<Frame> message, Taking taking) {
        Frame frame;
        try {
            frame = message.body();
        } catch (IllegalArgumentException | ClassCastException malformed) {
            LOG.log(System.Logger.Level.ERROR, () -> "refused at " + address() + ": " + malformed.getMessage());
            reply(message, List.of(Replies.HANDLER_FAILED));
            return;
        }
        if (!begin()) {
            LOG.log(System.Logger.Level.WARNING, () -> "refused at " + address() + ": too many messages at a time");
            reply(message, Collections.nCopies(answers(frame), Replies.INSUFFICIENT_STORAGE));
            return;
        }
        Future<?> taken = taking.take(message, frame);
        if (taken == null) {
            finish();
            LOG.log(System.Logger.Level.ERROR, () -> "refused at " + address() + ": nothing for this consumer");
            reply(message, Collections.nCopies(answers(frame), Replies.HANDLER_FAILED));
        } else {
            taken.onComplete(answered -> finish());
        }
    }

    private static int answers(Frame frame) {
        return frame instanceof Offer offer ? offer.envelope().answers() : 1;
    }

    private static void reply(Message<Frame> message, List<Reply> replies) {
        message.reply(new Answer(replies), FrameCodec.delivery(EventBusHandlerOptions.DEFAULT_TIMEOUT.toMillis()));
    }

    private synchronized boolean begin() {
        if (running == maxMessages) {
            return false;
        }
        running++;
        return true;
    }

    private synchronized void finish() {
        running--;
        completeWhenIdle();
    }

    private void completeWhenIdle() {
        if (closed && running == 0) {
            idle.tryComplete();
        }
    }

    /** Where it is registered. */
    public String address() {
        return registration.address();
    }

    /**
     * Takes no more messages, and lets those finish that are here. May be called again, with the same result.
     *
     * @return completes when no message is left; what may be waited for as long as the consumer takes for its answers
     */
    public synchronized Future<Void> close() {
        if (end == null) {
            end = registration.unregister().eventually(() -> {
                synchronized (this) {
                    closed = true;
                    completeWhenIdle();
                }
                return idle.future();
            });
        }
        return end;
    }
}
