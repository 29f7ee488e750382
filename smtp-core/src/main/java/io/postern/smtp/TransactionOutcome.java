package io.postern.smtp;

/** How a mail transaction, which begins when MAIL is accepted, has ended. */
public enum TransactionOutcome {
    /** The message was accepted, in LMTP and with PRDR for one recipient at least. */
    ACCEPTED,
    /** The message was refused for now, with a 4xx reply. */
    DEFERRED,
    /** The message was refused for good, with a 5xx reply. */
    REFUSED,
    /** The client gave the transaction up and goes on: with RSET, a new HELO or EHLO, or an extension that begins anew. */
    RESET,
    /** The session ended before the message was answered, whoever ended it, or a chunk of the message was refused. */
    ABORTED;

    /** The outcome of a message that has this reply. */
    public static TransactionOutcome of(Reply reply) {
        if (reply.isPositive()) {
            return ACCEPTED;
        }
        return reply.isTransient() ? DEFERRED : REFUSED;
    }
}
