package io.postern.smtp.server;

import io.postern.smtp.EhloReply;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.protocol.SmtpEngine;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts questions to the handler of a connection where its hooks are called, and brings the answers back to the event loop:
 * to the engine, unless they come too late. Whatever goes wrong in a hook becomes a reply that tells nothing of it.
 */
final class Questions {

    private static final Logger LOG = SmtpConnection.LOG;

    private final SmtpConnection connection;
    private final Session session;
    private final SmtpHandler handler;
    private final SmtpEngine engine;
    private final Context context;
    /** Calls hooks where they may block; null when they are called where the connection is served. */
    private final @Nullable Hooks hooks;

    private final Transactions transactions;
    private final SmtpMetrics metrics;
    /** Whether somebody wants to know how long things take. */
    private final boolean timed;

    private final Consumer<Future<Reply>> replyGiven = this::answer;

    /** Counts questions, so that an answer to one that was given up is known for what it is. */
    private int question;
    /** Whether the last question, which may be asked between the chunks of a message, waits for its answer. */
    private boolean asking;

    /** @param context the event loop that serves the connection */
    Questions(
            SmtpConnection connection,
            Session session,
            SmtpHandler handler,
            SmtpEngine engine,
            Context context,
            @Nullable Hooks hooks,
            Transactions transactions,
            SmtpMetrics metrics) {
        this.connection = connection;
        this.session = session;
        this.handler = handler;
        this.engine = engine;
        this.context = context;
        this.hooks = hooks;
        this.transactions = transactions;
        this.metrics = metrics;
        this.timed = metrics instanceof GuardedMetrics;
    }

    // Questions of the engine

    /** Asks what the answer to a command is. */
    void ask(Supplier<@Nullable Future<Reply>> hook) {
        ask(hook, replyGiven);
    }

    void askEhlo(Supplier<@Nullable Future<EhloReply>> hook) {
        ask(hook, this::answerEhlo);
    }

    /** Asks what {@code answer} makes the engine's answer of, as long as that is wanted. */
    <T> void ask(Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> answer) {
        int asked = ++question;
        String command = engine.command();
        long begun = nanos();
        if (hooks != null) {
            asking = true;
            callElsewhere(hooks, hook, future -> whenAnswered(asked, future, command, begun, answer));
            return;
        }
        Future<T> future = callHere(hook);
        if (future.isComplete()) {
            answered(command, begun);
            answer.accept(future);
        } else {
            asking = true;
            whenAnswered(asked, future, command, begun, answer);
        }
    }

    /** Goes on with an answer that no hook gives, and not before the caller has returned. */
    <T> void askLater(Future<T> future, Consumer<Future<T>> answer) {
        int asked = ++question;
        asking = true;
        future.onComplete(done -> context.runOnContext(v -> ifAwaited(asked, () -> answer.accept(future))));
    }

    private <T> void whenAnswered(int asked, Future<T> future, String command, long begun, Consumer<Future<T>> answer) {
        whenComplete(
                future,
                done -> ifAwaited(asked, () -> {
                    answered(command, begun);
                    answer.accept(done);
                }));
    }

    /** Goes on with the answer to a question, unless the question was given up. */
    private void ifAwaited(int asked, Runnable then) {
        if (asked == question && engine.awaitsAnswer()) {
            asking = false;
            connection.drive(then);
        }
    }

    /** Gives the engine what a hook has answered. */
    void answer(Future<Reply> answer) {
        Reply reply = acceptable(answer);
        if (reply != null) {
            engine.answer(reply);
        } else {
            answerRefusal(answer);
        }
    }

    private void answerEhlo(Future<EhloReply> answer) {
        EhloReply reply = answer.succeeded() ? answer.result() : null;
        if (reply != null) {
            engine.answer(reply);
        } else {
            answerRefusal(answer);
        }
    }

    /** Gives the engine what the client reads of a hook that has failed. */
    void answerRefusal(Future<?> answer) {
        int asked = question;
        asking = true; // still, or again
        refusal(answer, reply -> ifAwaited(asked, () -> engine.answer(reply)));
    }

    /** Whether a question waits for its answer; one about a message is none. */
    boolean isAsking() {
        return asking;
    }

    /** Answers in place of the handler, whose answer is not wanted any more. */
    void giveUp() {
        asking = false;
        question++;
        engine.answer(Replies.HANDLER_FAILED);
    }

    private static @Nullable Reply acceptable(Future<Reply> answer) {
        Reply reply = answer.succeeded() ? answer.result() : null;
        return isAnswer(reply) ? reply : null;
    }

    static boolean isAnswer(@Nullable Reply reply) {
        return reply != null && reply.code() / 100 != 3;
    }

    // What comes before the engine and after it

    void askAboutProxy(ProxyInfo said, Consumer<Boolean> decided) {
        long begun = nanos();
        callHook(
                () -> handler.handleProxy(session, said),
                decision -> whenComplete(decision, answer -> {
                    answered("PROXY", begun);
                    if (answer.failed() && !(answer.cause() instanceof SmtpException)) {
                        LOG.log(Level.ERROR, session.id() + ": handleProxy failed", answer.cause());
                    }
                    decided.accept(Boolean.TRUE.equals(answer.result()));
                }));
    }

    void tellProxyFailure(String reason) {
        callHook(
                () -> {
                    handler.handleProxyFailure(session, reason);
                    return Future.succeededFuture();
                },
                told -> {
                    if (told.failed()) {
                        LOG.log(Level.ERROR, session.id() + ": handleProxyFailure failed", told.cause());
                    }
                });
    }

    /** Tells of the end of the connection, now. */
    void tellDisconnect() {
        try {
            handler.handleDisconnect(session);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, session.id() + ": handleDisconnect failed", fault);
        }
    }

    /** Tells of the end of the connection when all other hooks have returned. */
    void tellDisconnectLast(Hooks elsewhere, Runnable told) {
        try {
            elsewhere.callLast(this::tellDisconnect, told);
        } catch (RejectedExecutionException gone) {
            LOG.log(Level.WARNING, session.id() + ": no thread is left for handleDisconnect", gone);
            told.run();
        }
    }

    // Hooks

    /** Calls a hook where hooks are called, and goes on here with the future that it gives. */
    <T> void callHook(Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> then) {
        if (hooks == null) {
            then.accept(callHere(hook));
        } else {
            callElsewhere(hooks, hook, then);
        }
    }

    private <T> Future<T> callHere(Supplier<@Nullable Future<T>> hook) {
        TransactionSpan span = transactions.span();
        return span == null ? call(hook) : span.call(() -> call(hook));
    }

    private <T> void callElsewhere(Hooks elsewhere, Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> then) {
        TransactionSpan span = transactions.span();
        elsewhere.call(span == null ? elsewhere.context() : span.context(), () -> call(hook), then);
    }

    /** Calls a hook; that it throws or gives nothing is a failure like any other. */
    private static <T> Future<T> call(Supplier<@Nullable Future<T>> hook) {
        try {
            Future<T> future = hook.get();
            return future != null ? future : Future.failedFuture(noReply());
        } catch (RuntimeException | Error fault) {
            return Future.failedFuture(fault);
        }
    }

    /** Goes on here, on the event loop, when {@code future} is complete. */
    <T> void whenComplete(Future<T> future, Consumer<Future<T>> then) {
        future.onComplete(done -> Contexts.run(context, () -> then.accept(future)));
    }

    /** Finds what the client reads of a hook that has failed: never what went wrong. */
    void refusal(Future<?> answer, Consumer<Reply> then) {
        if (answer.cause() instanceof SmtpException refusal) {
            then.accept(refusal.reply());
            return;
        }
        Throwable cause = answer.failed() ? answer.cause() : noReply();
        LOG.log(Level.ERROR, session.id() + ": the handler failed", cause);
        transactions.hookFailed(cause);
        callHook(() -> Future.succeededFuture(replyTo(cause)), reply -> then.accept(reply.result()));
    }

    private Reply replyTo(Throwable cause) {
        try {
            Reply reply = handler.handleException(session, cause);
            return reply.code() < 400 ? Replies.HANDLER_FAILED : reply;
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, session.id() + ": handleException failed", fault);
            return Replies.HANDLER_FAILED;
        }
    }

    private static Throwable noReply() {
        return new IllegalStateException("the hook gave no reply of 2xx, 4xx or 5xx");
    }

    // How long answers take

    boolean areTimed() {
        return timed;
    }

    /** The time, when somebody wants to know it. */
    long nanos() {
        return timed ? System.nanoTime() : 0;
    }

    /** Tells how long the handler took for its answer. */
    void answered(String command, long begun) {
        if (timed) {
            metrics.handlerAnswered(command, since(begun));
        }
    }

    static Duration since(long begun) {
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
