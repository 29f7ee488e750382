package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Question;
import io.postern.smtp.handlers.stream.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.UUID;

/**
 * Sends messages over the event bus of Vert.x to an {@link EventBusConsumer}, in this process or on any node of the cluster:
 *
 * <pre>{@code
 * EventBusHandler.create(vertx, new EventBusHandlerOptions().setAddress("mail"))
 * }</pre>
 *
 * <p>The client reads what the consumer replies. It reads {@code 451 4.3.0} and may come again where there is no consumer, or
 * where one was silent for {@link EventBusHandlerOptions#getTimeout() the timeout}: then the message may be safe or not. A
 * consumer thus has each message at least once.
 *
 * <p>Among several consumers at an address the event bus takes turns, message by message. Within a process the content is
 * handed over as it is; to other nodes it is sent in pieces, each when the one before was consumed, and meanwhile the client
 * waits. One handler serves any number of connections on any number of event loops.
 */
public final class EventBusHandler implements SmtpHandler {

    private static final System.Logger LOG = System.getLogger(EventBusHandler.class.getName());

    /** With the longest addresses and parameters that the default options of a server take, they fit into a frame. */
    private static final int MAX_RECIPIENTS = 5_000;

    private final Vertx vertx;
    private final EventBusHandlerOptions options;
    private final String address;
    private final HeldBytes held;

    private EventBusHandler(Vertx vertx, EventBusHandlerOptions options) {
        this.vertx = vertx;
        this.options = new EventBusHandlerOptions(options);
        this.address = options.getAddress()
                .orElseThrow(() -> new IllegalArgumentException(
                        "address is not set; expected is the address of a consumer on the event bus"));
        this.held = new HeldBytes(options.getMaxBytesHeld());
        FrameCodec.register(vertx);
    }

    /**
     * A handler that asks on this event bus.
     *
     * @param options must have an address
     * @throws IllegalArgumentException when they have none
     */
    public static EventBusHandler create(Vertx vertx, EventBusHandlerOptions options) {
        return new EventBusHandler(vertx, options);
    }

    /** Of a message two pieces are held, and of all messages {@link EventBusHandlerOptions#getMaxBytesHeld()}. */
    @Override
    public boolean holdsMessages() {
        return false;
    }

    /** Asks at {@link EventBusHandlerOptions#getRecipientAddress()}; without it every recipient is taken. */
    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        if (envelope.recipients().size() >= MAX_RECIPIENTS) {
            return Future.succeededFuture(Replies.TOO_MANY_RECIPIENTS);
        }
        return options.getRecipientAddress()
                .map(at ->
                        ask(at, session, new RecipientQuestion(BusSession.of(session), envelope.sender(), recipient)))
                .orElseGet(() -> Future.succeededFuture(Replies.RECIPIENT_OK));
    }

    private Future<Reply> ask(String at, Session session, RecipientQuestion question) {
        return vertx.eventBus()
                .<Frame>request(
                        at,
                        new Question(question),
                        FrameCodec.delivery(options.getTimeout().toMillis()))
                .map(EventBusHandler::onlyReply)
                .otherwise(failure -> {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            () -> session.id() + " asked " + at + " about a recipient: " + told(failure));
                    return Replies.HANDLER_FAILED;
                });
    }

    private static Reply onlyReply(Message<Frame> message) {
        if (message.body() instanceof Answer answer && answer.replies().size() == 1) {
            return answer.replies().get(0);
        }
        throw new IllegalStateException("what came is not the answer of a consumer");
    }

    /** Why nobody answered, in a line. */
    static String told(Throwable failure) {
        boolean nobody = failure instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS;
        return nobody ? "there is no consumer" : failure.toString();
    }

    /** Gives the consumer's reply. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return send(session, envelope, false, body).map(replies -> replies.get(0));
    }

    /** Gives the consumer's reply for each recipient. */
    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return send(session, envelope, true, body);
    }

    private Future<List<Reply>> send(
            Session session, Envelope envelope, boolean perRecipient, ReadStream<Buffer> body) {
        BusEnvelope sent = new BusEnvelope(
                UUID.randomUUID().toString(),
                BusSession.of(session),
                perRecipient,
                envelope.sender(),
                envelope.recipients());
        return new OutgoingMessage(vertx, Contexts.of(session), address, options, held, sent, body).send();
    }
}
