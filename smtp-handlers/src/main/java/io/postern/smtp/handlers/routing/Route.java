package io.postern.smtp.handlers.routing;

import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a {@link RecipientRouter} leads to: there is one for each handler, however many domains it has. */
final class Route {

    private static final Logger LOG = System.getLogger(RecipientRouter.class.getName());

    private final SmtpHandler handler;

    Route(SmtpHandler handler) {
        this.handler = handler;
    }

    SmtpHandler handler() {
        return handler;
    }

    /** What the client reads when the handler has answered so. */
    Reply reply(Session session, @Nullable Reply answer) {
        return answer != null && isAnswer(answer)
                ? answer
                : refusal(session, new IllegalStateException("the hook gave no reply of 2xx, 4xx or 5xx"));
    }

    /** The replies to a message for {@code wanted} recipients when the handler has answered it so. */
    List<Reply> replies(Session session, @Nullable List<Reply> answer, int wanted) {
        return answer != null && answer.size() == wanted && answer.stream().allMatch(Route::isAnswer)
                ? answer
                : Collections.nCopies(
                        wanted,
                        refusal(
                                session,
                                new IllegalStateException("the hook did not give a reply for each recipient")));
    }

    private static boolean isAnswer(@Nullable Reply reply) {
        return reply != null && reply.code() / 100 != 3;
    }

    /** What the client reads when a hook of the handler has failed: never what went wrong. */
    Reply refusal(Session session, Throwable cause) {
        if (cause instanceof SmtpException refusal) {
            return refusal.reply();
        }
        if (cause instanceof MessageAbortedException) {
            return Replies.HANDLER_FAILED; // the client has gone, or been told already
        }
        LOG.log(Level.ERROR, session.id() + ": a handler behind the router failed", cause);
        try {
            Reply reply = handler.handleException(session, cause);
            return reply.code() < 400 ? Replies.HANDLER_FAILED : reply;
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, session.id() + ": handleException failed", fault);
            return Replies.HANDLER_FAILED;
        }
    }
}
