package io.postern.smtp;

import io.vertx.core.VertxException;

/**
 * Refuses what the client asked for. A hook that fails with it has its {@link #reply() reply} sent to the client; every
 * other failure is answered {@code 451 4.3.0} and goes to the log.
 */
public final class SmtpException extends VertxException {

    private static final long serialVersionUID = 1L;

    private final transient Reply reply;

    /** @throws IllegalArgumentException when {@code reply} does not refuse, that is, when it is not 4xx or 5xx */
    public SmtpException(Reply reply) {
        super(reply.toString(), true);
        if (!reply.isTransient() && !reply.isPermanent()) {
            throw new IllegalArgumentException("reply is \"" + reply + "\"; a refusal has a code of 400 to 599");
        }
        this.reply = reply;
    }

    /** Like {@link #SmtpException(Reply)} with a reply of these parts. */
    public SmtpException(int code, String enhancedCode, String text) {
        this(Reply.of(code, enhancedCode, text));
    }

    /** What the client gets to read. */
    public Reply reply() {
        return reply;
    }

    /** Whether the client may try again later (4xx). */
    public boolean isTransient() {
        return reply.isTransient();
    }

    /** Whether the refusal is for good (5xx). */
    public boolean isPermanent() {
        return reply.isPermanent();
    }
}
