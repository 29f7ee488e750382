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

    /**
     * Whether the client of a session may use the extension. To others it is not announced, its parameters are unknown,
     * and its verb is refused with {@code 550 5.7.0}. Asked at each hello and each time the verb is used, on the
     * connection's event loop, so that it should just return a value; a failure means no.
     *
     * <p>An extension that is for some peers only goes by {@link Session#originalPeer()}, which no command can change.
     */
    default boolean isOffered(Session session) {
        return true;
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
     * The client has sent the verb. Called on the session's context, like hooks; the next command waits for the answer, and
     * failures are answered as for the hooks of {@link SmtpHandler}.
     *
     * <p>In most cases the answer is a {@link Reply}, and an extension that gives no other may declare {@code
     * Future<Reply>}. With a {@link ClientOverride} the session begins anew for another client, and with a {@link
     * ForwardedClient} that is recorded for the next transaction.
     *
     * @param envelope what the transaction has gathered so far
     * @param argument what stands behind the verb, without the space
     */
    default Future<? extends ExtensionAnswer> handle(Session session, Envelope envelope, String argument) {
        return Future.succeededFuture(Replies.UNKNOWN_COMMAND);
    }
}
