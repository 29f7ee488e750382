package io.postern.smtp.protocol;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;

/** What LMTP (RFC 2033) changes in SMTP. */
public enum Dialect {
    SMTP,
    LMTP;

    /** Whether this dialect has the command at all: LMTP has LHLO in place of HELO and EHLO (RFC 2033 §4.1). */
    boolean knows(Verb verb) {
        return switch (verb) {
            case HELO, EHLO -> this == SMTP;
            case LHLO -> this == LMTP;
            case STARTTLS, AUTH, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY, EXPN, HELP, QUIT -> true;
        };
    }

    /** Whether a message is answered for each accepted recipient (RFC 2033 §4.2). */
    boolean answersEachRecipient() {
        return this == LMTP;
    }

    /** The reply to a violation, where this dialect words it in another way. */
    Reply reply(Violation violation) {
        return this == LMTP && violation == Violation.SEND_HELLO_FIRST ? Replies.SEND_LHLO_FIRST : violation.reply();
    }
}
