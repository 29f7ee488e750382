package io.postern.smtp.protocol;

import io.postern.smtp.Limit;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.Optional;

/** Every way in which a client can be wrong, with the reply to it, and whether it counts as a mistake. */
public enum Violation {
    UNKNOWN_COMMAND(Replies.UNKNOWN_COMMAND),
    NOT_AUTHORIZED(Replies.NOT_AUTHORIZED),
    NOT_OFFERED(Reply.of(502, "5.5.1", "Error: command not implemented")),
    LINE_TOO_LONG(Replies.LINE_TOO_LONG),
    LINE_END(Replies.LINE_END),
    BAD_CHARACTER(Replies.BAD_CHARACTER),
    BAD_UTF8(Replies.BAD_UTF8),

    TLS_REQUIRED(Replies.TLS_REQUIRED, Weight.FORESEEABLE),
    TLS_ACTIVE(Replies.TLS_ACTIVE),
    TLS_NOT_OFFERED(Replies.TLS_NOT_AVAILABLE),
    LACK_OF_SECURITY(Replies.LACK_OF_SECURITY),

    AUTH_NOT_OFFERED(Reply.of(502, "5.5.1", "Error: AUTH not implemented")),
    AUTH_NEEDS_TLS(Replies.AUTH_NEEDS_TLS),
    AUTH_REQUIRED(Replies.AUTH_REQUIRED, Weight.FORESEEABLE),
    AUTHENTICATED_ALREADY(Replies.AUTHENTICATED_ALREADY),
    MECHANISM_UNKNOWN(Replies.MECHANISM_UNKNOWN),
    AUTH_ABORTED(Replies.AUTH_ABORTED),
    BAD_BASE64(Replies.BAD_BASE64),
    AUTH_LINE_TOO_LONG(Replies.AUTH_LINE_TOO_LONG),

    OUT_OF_ORDER(Reply.of(503, "5.5.1", "Error: bad sequence of commands")),
    SEND_HELLO_FIRST(Replies.SEND_HELLO_FIRST),
    /** A client that pipelines says RCPT, DATA and BDAT before it knows that the sender was refused. */
    NEED_MAIL(Replies.NEED_MAIL, Weight.NONE),
    /** A client that pipelines says DATA before it knows that no recipient was accepted. */
    NEED_RCPT(Replies.NEED_RCPT, Weight.NONE),
    NESTED_MAIL(Replies.NESTED_MAIL),
    BDAT_UNDER_WAY(Replies.BDAT_UNDER_WAY),
    ONLY_QUIT(Replies.ONLY_QUIT),
    DATA_WITH_BINARYMIME(Replies.DATA_WITH_BINARYMIME),

    /** The reply tells the syntax of the verb: {@link Verb#syntaxError()}. */
    SYNTAX(Reply.of(501, "5.5.4", "Syntax error")),
    MALFORMED_SENDER(Replies.MALFORMED_SENDER),
    MALFORMED_RECIPIENT(Replies.MALFORMED_RECIPIENT),
    SMTPUTF8_NEEDED(Replies.SMTPUTF8_NEEDED),
    BAD_PARAMETER(Replies.BAD_PARAMETER),
    DUPLICATE_PARAMETER(Replies.DUPLICATE_PARAMETER),
    MAIL_PARAMETER_UNKNOWN(Replies.MAIL_PARAMETER_UNKNOWN),
    RCPT_PARAMETER_UNKNOWN(Replies.RCPT_PARAMETER_UNKNOWN),
    SIZE_TOO_LARGE(Replies.SIZE_TOO_LARGE, Weight.NONE),
    TOO_MANY_RECIPIENTS(Replies.TOO_MANY_RECIPIENTS, Weight.NONE),

    // Of these the first is told when there are several
    TOO_MUCH_DATA(Replies.TOO_MUCH_DATA, Weight.NONE),
    HEADER_TOO_LARGE(Replies.HEADER_TOO_LARGE),
    TOO_MANY_HOPS(Replies.TOO_MANY_HOPS, Weight.NONE),
    TEXT_LINE_TOO_LONG(Replies.TEXT_LINE_TOO_LONG),
    BARE_NEWLINE(Replies.BARE_NEWLINE),
    /** It is not the message that is wrong, there is no room for it. */
    OUT_OF_STORAGE(Replies.INSUFFICIENT_STORAGE, Weight.NONE);

    /** How much it counts against the client. */
    private enum Weight {
        /** A mistake. */
        FULL,
        /**
         * None for as long as it takes a client that pipelines a transaction to read the first reply, which tells it what is
         * wrong; a mistake after that.
         */
        FORESEEABLE,
        /** Not at all: what a well-behaved client can run into. */
        NONE
    }

    private final Reply reply;
    private final Weight weight;

    Violation(Reply reply) {
        this(reply, Weight.FULL);
    }

    Violation(Reply reply, Weight weight) {
        this.reply = reply;
        this.weight = weight;
    }

    public Reply reply() {
        return reply;
    }

    /** Whether it counts against the client; what a well-behaved client can run into does not. */
    boolean isMistake() {
        return weight != Weight.NONE;
    }

    /** Whether it counts only when it goes on beyond a pipelined transaction. */
    boolean isForeseeable() {
        return weight == Weight.FORESEEABLE;
    }

    /** The limit that the client ran into, if it is one. */
    Optional<Limit> limit() {
        return switch (this) {
            case LINE_TOO_LONG, AUTH_LINE_TOO_LONG -> Optional.of(Limit.COMMAND_LINE);
            case SIZE_TOO_LARGE, TOO_MUCH_DATA -> Optional.of(Limit.MESSAGE_SIZE);
            case TOO_MANY_RECIPIENTS -> Optional.of(Limit.RECIPIENTS);
            case HEADER_TOO_LARGE -> Optional.of(Limit.HEADER_SIZE);
            case TOO_MANY_HOPS -> Optional.of(Limit.HOPS);
            case TEXT_LINE_TOO_LONG -> Optional.of(Limit.TEXT_LINE);
            case OUT_OF_STORAGE -> Optional.of(Limit.BYTES_IN_FLIGHT);
            default -> Optional.empty();
        };
    }
}
