package io.postern.smtp;

import io.vertx.core.VertxException;

/**
 * The body of a message will never be whole: the client went away, gave up, or sent what cannot be accepted. A body stream
 * fails with it; what was read of the body is to be thrown away.
 */
public final class MessageAbortedException extends VertxException {

    private static final long serialVersionUID = 1L;

    /** @param reason what happened */
    public MessageAbortedException(String reason) {
        super(reason, true);
    }
}
