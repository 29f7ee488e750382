package io.postern.smtp.server;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.protocol.SmtpEngine;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that a connection receives, one after the other: opens the body for the handler, fills it as far as there is
 * room for its octets, and takes the handler's answer.
 */
final class MailData {

    private static final Logger LOG = SmtpConnection.LOG;

    private final SmtpConnection connection;
    private final BytesInFlight.Share inFlight;
    private final Questions questions;
    private final Session session;
    private final SmtpHandler handler;
    private final SmtpEngine engine;
    private final Context context;
    /** Calls hooks where they may block; null when they are called where the connection is served. */
    private final @Nullable Hooks hooks;

    private final Transactions transactions;

    private @Nullable BodyStream body;
    /** Whether the client still waits for 354, as the handler has neither begun to read the body nor returned. */
    private boolean opening;

    /** Whether the handler holds what it was given of the body. */
    private boolean isHeld;

    /** Whether the handler has failed, and is asked what the client reads: no answer that comes now makes the body whole. */
    private boolean isLost;

    private long begun;
    private String command = "";

    /** @param context the event loop that serves the connection */
    MailData(
            SmtpConnection connection,
            BytesInFlight.Share inFlight,
            Questions questions,
            Session session,
            SmtpHandler handler,
            SmtpEngine engine,
            Context context,
            @Nullable Hooks hooks,
            Transactions transactions) {
        this.connection = connection;
        this.inFlight = inFlight;
        this.questions = questions;
        this.session = session;
        this.handler = handler;
        this.engine = engine;
        this.context = context;
        this.hooks = hooks;
        this.transactions = transactions;
    }

    /** Whether there is room for a new message. */
    boolean mayBegin() {
        return inFlight.mayBegin();
    }

    /** Notes how many octets there are now. */
    void countOctets() {
        if (body == null) {
            inFlight.release();
        } else {
            inFlight.hold(isHeld ? body.octetsReceived() : body.octetsWaiting());
        }
    }

    /** Whether more of the message may be read, if one is being received. If not, it waits for room from now on. */
    boolean mayGrow(long now) {
        return body == null || (body.wantsMore() && inFlight.mayGrow(now));
    }

    boolean isWaitingForRoom() {
        return inFlight.isWaiting();
    }

    /** Takes the room that was given. */
    void roomCame(long now) {
        inFlight.roomCame(now);
    }

    /** Whether the message has waited for room too long, all its waits taken together; from then on it waits no more. */
    boolean hasWaitedForRoom(long patience, long now) {
        return inFlight.hasWaited(patience, now);
    }

    /** The connection has ended. */
    void close() {
        inFlight.release();
    }

    private boolean isOpen(BodyStream stream) {
        return stream.equals(body); // it equals itself only
    }

    /** Whether the handler takes more, or nobody is there to take it. */
    boolean wantsMore() {
        return body == null || body.wantsMore();
    }

    /** When the last message began, by {@link Questions#nanos()}. */
    long begun() {
        return begun;
    }

    /** Opens a body and hands it to the handler. */
    void start(Envelope envelope, boolean eachRecipient) {
        BodyStream opened = newBody();
        body = opened;
        isHeld = handler.holdsMessages();
        isLost = false;
        begun = questions.nanos();
        command = engine.command();
        opening = true;
        if (eachRecipient) {
            questions.callHook(
                    () -> handler.handleDataPerRecipient(session, envelope, opened),
                    answer -> opened(
                            opened,
                            answer.map(given ->
                                    answers(given, envelope.recipients().size()))));
        } else {
            questions.callHook(
                    () -> handler.handleData(session, envelope, opened),
                    answer -> opened(opened, answer.map(MailData::answer)));
        }
    }

    private BodyStream newBody() {
        TransactionSpan span = transactions.span();
        if (hooks != null) {
            return new CrossingBodyStream(
                    span == null ? hooks.context() : span.context(),
                    () -> context.runOnContext(v -> wanted()),
                    (failed, fault) -> context.runOnContext(v -> handlerFailed(failed, fault)));
        }
        return span == null
                ? new BodyStream(context, connection::settle, this::handlerFailed)
                : new TracedBodyStream(
                        span,
                        () -> Contexts.run(context, connection::settle),
                        // what follows the answer has nothing to do with the span
                        (failed, fault) -> Contexts.run(context, () -> handlerFailed(failed, fault)));
    }

    private static List<Reply> answer(@Nullable Reply given) {
        if (given == null || !Questions.isAnswer(given)) {
            throw unacceptable(given, 1);
        }
        return List.of(given);
    }

    private static List<Reply> answers(@Nullable List<Reply> given, int wanted) {
        List<Reply> replies = given == null ? List.of() : new ArrayList<>(given); // which may change, or hold null
        if (replies.size() != wanted || !replies.stream().allMatch(Questions::isAnswer)) {
            throw unacceptable(given, wanted);
        }
        return replies;
    }

    private static IllegalStateException unacceptable(@Nullable Object given, int wanted) {
        return new IllegalStateException("the hook gave " + given + ", wanted are " + wanted
                + (wanted == 1 ? " reply" : " replies") + " of 2xx, 4xx or 5xx");
    }

    /** The hook has returned, perhaps with an answer already. */
    private void opened(BodyStream opened, Future<List<Reply>> answer) {
        if (isOpen(opened) && !answer.isComplete()) {
            ready();
        }
        questions.whenComplete(answer, done -> {
            if (isOpen(opened)) {
                connection.drive(() -> answer(opened, done));
            }
        });
    }

    /** A hook that may block may do so until it has the body, so the client is told to send it before the hook returns. */
    private void wanted() {
        if (opening && body != null && body.wantsMore()) {
            ready();
        }
        connection.settle();
    }

    private void ready() {
        if (opening) {
            opening = false;
            connection.drive(engine::bodyReady);
        }
    }

    private void answer(BodyStream answered, Future<List<Reply>> answer) {
        if (isLost) {
            return;
        }
        if (answer.succeeded()) {
            answer(answered, answer.result());
        } else {
            isLost = true;
            questions.refusal(answer, refusal -> {
                if (isOpen(answered)) {
                    connection.drive(() -> answer(answered, List.of(refusal)));
                }
            });
        }
    }

    private void answer(BodyStream answered, List<Reply> replies) {
        body = null;
        opening = false;
        answered.close();
        questions.answered(command, begun);
        engine.bodyAnswer(replies);
    }

    private void handlerFailed(BodyStream failed, Throwable fault) {
        if (isOpen(failed)) {
            connection.drive(() -> answer(failed, Future.failedFuture(fault)));
        } else {
            LOG.log(Level.WARNING, session.id() + ": a handler of a body that is over failed", fault);
        }
    }

    /** Hands on content. */
    void content(byte[] bytes, int from, int to) {
        if (body != null) {
            body.offer(Buffers.wrap(bytes, from, to));
        }
    }

    /** The message is whole. */
    void end() {
        if (body != null) {
            body.end();
        }
    }

    /** The message will not be whole. */
    void fail(String reason) {
        BodyStream failed = body;
        body = null;
        opening = false;
        if (failed != null) {
            failed.fail(reason);
        }
    }

    /** Answers in place of the handler, whose answer is not wanted any more. */
    void giveUp() {
        fail("the handler has not answered in time");
        engine.bodyAnswer(Replies.HANDLER_FAILED);
    }
}
