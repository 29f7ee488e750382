package io.postern.smtp;

/**
 * What happens to a message with a CR or LF that stands alone (RFC 5321 §2.3.8 forbids both). In no policy does one of
 * them end a message or a command, so that a message can never carry a second one past this server.
 */
public enum BareNewlines {
    /** The message is refused with 554 after its end. */
    REJECT,
    /** Each becomes CR LF. */
    NORMALIZE,
    /** They are handed to the handler as they came. A handler that passes the message on must deal with them. */
    ALLOW
}
