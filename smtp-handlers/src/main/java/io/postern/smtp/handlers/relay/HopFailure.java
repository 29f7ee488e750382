package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;
import io.vertx.core.VertxException;
import org.jspecify.annotations.Nullable;

/**
 * A transaction cannot go on because of the next hop or of the way there. It may work another time, so its reply is 4xx,
 * unless the next hop has refused a message for good while it was still being sent.
 */
final class HopFailure extends VertxException {

    private static final long serialVersionUID = 1L;

    private final transient Reply reply;

    /** @param detail for the log; it holds no secret */
    HopFailure(Reply reply, String detail, @Nullable Throwable cause) {
        super(detail, cause, true);
        this.reply = reply;
    }

    HopFailure(Reply reply, String detail) {
        this(reply, detail, null);
    }

    /** What the client reads. */
    Reply reply() {
        return reply;
    }
}
