package io.postern.smtp.handlers.routing;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Several handlers as one: policies, and behind them the one that takes the messages.
 *
 * <pre>{@code
 * SmtpHandler handler = HandlerChain.of(RateLimit.connections(100, Duration.ofMinutes(1)), new Greylist(), inbox);
 * }</pre>
 *
 * <p>Each question goes to the handlers in their order, and the first refusal or failure is the answer: those behind it are
 * not asked. When none refuses, the answer is that of the last. A handler is asked when the one before it has answered,
 * on the context of the session; one that answers after the server has stopped waiting leads to no further hook.
 *
 * <p>What differs from that:
 *
 * <ul>
 *   <li>EHLO and HELP: each gets as {@code planned} what the one before it gave.
 *   <li>VRFY and EXPN: the first that gives another reply than the default of the hook answers.
 *   <li>A message goes to the last only, and {@link #holdsMessages()} is as the last says.
 *   <li>RSET, QUIT, the failure of a proxy's header and the disconnect are told to all, since they are to tidy up; the
 *       reply is the first refusal or the answer of the last.
 *   <li>{@link #handleException}: the first that gives another reply than the default.
 * </ul>
 *
 * <p>One chain serves any number of sessions. It may stand in another chain or behind a router.
 */
public final class HandlerChain implements SmtpHandler {

    private final List<SmtpHandler> handlers;
    private final SmtpHandler last;
    private final ConcurrentMap<String, Questions> sessions = new ConcurrentHashMap<>();

    private HandlerChain(List<SmtpHandler> handlers) {
        if (handlers.isEmpty()) {
            throw new IllegalArgumentException("handlers is empty; at least the one that takes the messages is needed");
        }
        this.handlers = List.copyOf(handlers);
        this.last = handlers.get(handlers.size() - 1);
    }

    /** The handlers in the order in which they are asked; the last takes the messages. */
    public static HandlerChain of(SmtpHandler first, SmtpHandler... others) {
        List<SmtpHandler> handlers = new ArrayList<>();
        handlers.add(first);
        handlers.addAll(List.of(others));
        return new HandlerChain(handlers);
    }

    /**
     * Like {@link #of(SmtpHandler, SmtpHandler...)}.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static HandlerChain of(List<? extends SmtpHandler> handlers) {
        return new HandlerChain(List.copyOf(handlers));
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        return untilRefused(session, handler -> handler.handleConnect(session));
    }

    @Override
    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        return ask(session, true, (handler, before) -> handler.handleProxy(session, proxy), HandlerChain::isYes);
    }

    @Override
    public void handleProxyFailure(Session session, String reason) {
        Telling.all(handlers, handler -> handler.handleProxyFailure(session, reason));
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        return untilRefused(session, handler -> handler.handleHelo(session, hostName));
    }

    @Override
    public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        return ask(
                session,
                planned,
                (handler, soFar) -> handler.handleEhlo(session, hostName, soFar),
                HandlerChain::isGiven);
    }

    @Override
    public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
        return ask(session, true, (handler, before) -> handler.handleStartTls(session, tls), HandlerChain::isYes);
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        return untilRefused(session, handler -> handler.handleMail(session, envelope, sender));
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return untilRefused(session, handler -> handler.handleRcpt(session, envelope, recipient));
    }

    /** Asks the last handler. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return last.handleData(session, envelope, body);
    }

    /** Asks the last handler. */
    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return last.handleDataPerRecipient(session, envelope, body);
    }

    /** Whether the last handler does. */
    @Override
    public boolean holdsMessages() {
        return last.holdsMessages();
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        return tellAll(session, handler -> handler.handleRset(session, envelope));
    }

    @Override
    public Future<Reply> handleNoop(Session session, String argument) {
        return untilRefused(session, handler -> handler.handleNoop(session, argument));
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        return untilOtherThan(Replies.CANNOT_VRFY, session, handler -> handler.handleVrfy(session, address));
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        return untilOtherThan(Replies.EXPN_NOT_IMPLEMENTED, session, handler -> handler.handleExpn(session, list));
    }

    @Override
    public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
        return ask(
                session, planned, (handler, soFar) -> handler.handleHelp(session, topic, soFar), HandlerChain::isGiven);
    }

    @Override
    public Future<Reply> handleQuit(Session session) {
        return tellAll(session, handler -> handler.handleQuit(session));
    }

    @Override
    public Reply handleException(Session session, Throwable failure) {
        for (SmtpHandler handler : handlers) {
            Reply reply = handler.handleException(session, failure);
            if (!Replies.HANDLER_FAILED.equals(reply)) {
                return reply;
            }
        }
        return Replies.HANDLER_FAILED;
    }

    @Override
    public void handleDisconnect(Session session) {
        Questions open = sessions.remove(session.id());
        if (open != null) {
            open.begin();
        }
        Telling.all(handlers, handler -> handler.handleDisconnect(session));
    }

    private Future<Reply> untilRefused(Session session, Function<SmtpHandler, Future<Reply>> hook) {
        return ask(session, Replies.OK, (handler, before) -> hook.apply(handler), HandlerChain::isPositive);
    }

    private Future<Reply> untilOtherThan(Reply none, Session session, Function<SmtpHandler, Future<Reply>> hook) {
        return ask(session, none, (handler, before) -> hook.apply(handler), none::equals);
    }

    private <T> Future<T> ask(
            Session session, T planned, BiFunction<SmtpHandler, T, Future<T>> hook, Predicate<@Nullable T> goesOn) {
        return ask(next(session), 0, planned, hook, goesOn);
    }

    private <T> Future<T> ask(
            Questions questions,
            int index,
            T planned,
            BiFunction<SmtpHandler, T, Future<T>> hook,
            Predicate<@Nullable T> goesOn) {
        Future<T> answer = questions.answer(() -> hook.apply(handlers.get(index), planned));
        return index == handlers.size() - 1
                ? answer
                : answer.compose(given -> goesOn.test(given) ? ask(questions, index + 1, given, hook, goesOn) : answer);
    }

    private Questions next(Session session) {
        Questions questions = sessions.computeIfAbsent(session.id(), id -> new Questions(session));
        questions.begin();
        return questions;
    }

    /** Tells all at once, so that one that takes its time keeps it from nobody. */
    private Future<Reply> tellAll(Session session, Function<SmtpHandler, Future<Reply>> hook) {
        next(session);
        List<Future<Reply>> answers = new ArrayList<>();
        for (SmtpHandler handler : handlers) {
            answers.add(Hooks.call(() -> hook.apply(handler)));
        }
        return Future.join(answers)
                .transform(told -> answers.stream()
                        .filter(answer -> answer.failed() || !isPositive(answer.result()))
                        .findFirst()
                        .orElseGet(() -> answers.get(answers.size() - 1)));
    }

    private static boolean isPositive(@Nullable Reply reply) {
        return reply != null && reply.isPositive();
    }

    private static boolean isYes(@Nullable Boolean decision) {
        return Boolean.TRUE.equals(decision);
    }

    private static boolean isGiven(@Nullable Object given) {
        return given != null;
    }

    @Override
    public String toString() {
        return "HandlerChain" + handlers;
    }

    /** How many sessions it knows of, for tests that nothing is left behind. */
    int openSessions() {
        return sessions.size();
    }
}
