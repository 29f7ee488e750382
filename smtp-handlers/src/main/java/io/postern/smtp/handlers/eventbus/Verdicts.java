package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpException;
import io.vertx.core.AsyncResult;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** Makes what a consumer says into replies that a client may read; why it did not come to that is for the log only. */
final class Verdicts {

    private static final System.Logger LOG = System.getLogger(EventBusConsumer.class.getName());

    private Verdicts() {}

    /**
     * @param count how many replies there must be
     * @param what was asked about, for the log
     */
    static List<Reply> of(AsyncResult<List<Reply>> said, int count, Supplier<String> what) {
        if (said.succeeded() && isVerdict(said.result(), count)) {
            return List.copyOf(said.result());
        }
        if (said.succeeded()) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    () -> "a consumer answered " + what.get() + " with " + said.result() + "; expected are " + count
                            + " of 2xx, 4xx or 5xx");
            return Collections.nCopies(count, Replies.HANDLER_FAILED);
        }
        if (said.cause() instanceof SmtpException refusal) {
            return Collections.nCopies(count, refusal.reply());
        }
        // what fails because its body does is no fault, and nobody reads its reply
        System.Logger.Level level =
                said.cause() instanceof MessageAbortedException ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR;
        LOG.log(level, () -> "a consumer failed at " + what.get(), said.cause());
        return Collections.nCopies(count, Replies.HANDLER_FAILED);
    }

    private static boolean isVerdict(List<Reply> replies, int count) {
        return replies != null
                && replies.size() == count
                && replies.stream()
                        .allMatch(reply ->
                                reply != null && (reply.isPositive() || reply.isTransient() || reply.isPermanent()));
    }
}
