package io.postern.smtp;

import io.vertx.core.Future;
import java.util.Optional;
import java.util.Set;

/**
 * A service extension that an application adds to a server (RFC 5321 §2.2): a verb, a line in the EHLO reply, parameters
 * of MAIL and RCPT, or any of these. Hand it to {@link SmtpServer#addExtension} before the server listens.
 *
 * <p>One object serves every connection of the server.
 */
public interface Extension {

    /** The verb in upper case, such as {@code XCLIENT}; empty when the extension adds none. */
    default Optional<String> verb() {
        return Optional.empty();
    }

    /** The line in the EHLO reply: a keyword and its parameters; empty when the extension is not announced. */
    default Optional<String> ehloLine() {
        return Optional.empty();
    }

    /** How the verb is used, for HELP, such as {@code XCLIENT attribute=value}. */
    default String syntax() {
        return verb().orElse("");
    }

    /** The keywords, in upper case, of parameters that MAIL takes; read them with {@link MailParameters#value}. */
    default Set<String> mailParameters() {
        return Set.of();
    }

    /** The keywords, in upper case, of parameters that RCPT takes; read them with {@link RcptParameters#value}. */
    default Set<String> rcptParameters() {
        return Set.of();
    }

    /**
     * The client has sent the verb. Called on the session's context, like hooks; the next command waits for the answer, and failures
     * are answered as for the hooks of {@link SmtpHandler}.
     *
     * @param envelope what the transaction has gathered so far
     * @param argument what stands behind the verb, without the space
     */
    default Future<Reply> handle(Session session, Envelope envelope, String argument) {
        return Future.succeededFuture(Replies.UNKNOWN_COMMAND);
    }
}
