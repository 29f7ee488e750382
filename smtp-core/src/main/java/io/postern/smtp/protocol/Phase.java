package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.Verb.AUTH;
import static io.postern.smtp.protocol.Verb.BDAT;
import static io.postern.smtp.protocol.Verb.DATA;
import static io.postern.smtp.protocol.Verb.EHLO;
import static io.postern.smtp.protocol.Verb.EXPN;
import static io.postern.smtp.protocol.Verb.HELO;
import static io.postern.smtp.protocol.Verb.HELP;
import static io.postern.smtp.protocol.Verb.LHLO;
import static io.postern.smtp.protocol.Verb.MAIL;
import static io.postern.smtp.protocol.Verb.NOOP;
import static io.postern.smtp.protocol.Verb.QUIT;
import static io.postern.smtp.protocol.Verb.RCPT;
import static io.postern.smtp.protocol.Verb.RSET;
import static io.postern.smtp.protocol.Verb.STARTTLS;
import static io.postern.smtp.protocol.Verb.VRFY;

import java.util.Set;

/**
 * Where a session stands, and which commands are in order there (RFC 5321 §4.1.4). This is the only place that decides
 * the order of commands. Facts that do not depend on it (TLS, authentication, whose turn it is) are kept apart from it.
 */
public enum Phase {
    /**
     * The application decides about the greeting, at the beginning and when an extension has named another client. Then
     * CONNECTED, REFUSED (after 554) or CLOSED (after 421).
     */
    GREETING(Violation.OUT_OF_ORDER),

    /** The greeting refused the client; all that is left is QUIT, to CLOSED (RFC 5321 §3.1). */
    REFUSED(Violation.ONLY_QUIT, QUIT),

    /** Greeted, but the client has not said who it is. To READY with HELO, EHLO or LHLO. */
    CONNECTED(Violation.SEND_HELLO_FIRST, HELO, EHLO, LHLO, RSET, NOOP, VRFY, EXPN, HELP, QUIT),

    /** The TLS handshake is under way; what is read now is no command. To CONNECTED, or to INSECURE. */
    TLS(Violation.OUT_OF_ORDER),

    /** The application did not accept how the connection is encrypted; all that is left is QUIT (RFC 3207 §4.1). */
    INSECURE(Violation.LACK_OF_SECURITY, QUIT),

    /** No transaction is open. To SENDER with MAIL, to TLS with STARTTLS, to EXCHANGE with AUTH. */
    READY(Violation.NEED_MAIL, HELO, EHLO, LHLO, STARTTLS, AUTH, MAIL, RSET, NOOP, VRFY, EXPN, HELP, QUIT),

    /** The client authenticates itself: a line is its answer to a challenge and no command. Back to READY. */
    EXCHANGE(Violation.OUT_OF_ORDER),

    /** A sender was accepted. To RECIPIENTS with RCPT, back to READY with RSET, HELO, EHLO or LHLO. */
    SENDER(Violation.NEED_RCPT, HELO, EHLO, LHLO, RCPT, RSET, NOOP, VRFY, EXPN, HELP, QUIT),

    /**
     * A recipient was accepted. To BODY with DATA, to CHUNKS with BDAT, back to READY as from SENDER and when
     * the application refuses the message before it is sent.
     */
    RECIPIENTS(Violation.NESTED_MAIL, HELO, EHLO, LHLO, RCPT, DATA, BDAT, RSET, NOOP, VRFY, EXPN, HELP, QUIT),

    /** A message arrives by DATA; no command is read. Back to READY at its end. */
    BODY(Violation.OUT_OF_ORDER),

    /**
     * A message arrives by BDAT; between its chunks few commands are in order. Back to READY with LAST or RSET, or
     * when a chunk is refused.
     */
    CHUNKS(Violation.BDAT_UNDER_WAY, BDAT, RSET, NOOP, QUIT),

    /** Over. Nothing is read any more. */
    CLOSED(Violation.OUT_OF_ORDER);

    private final Violation otherwise;
    private final Set<Verb> inOrder;

    Phase(Violation otherwise, Verb... inOrder) {
        this.otherwise = otherwise;
        this.inOrder = Set.of(inOrder);
    }

    /** Whether {@code verb} is in order. */
    public boolean allows(Verb verb) {
        return inOrder.contains(verb);
    }

    /** Whether the verb of an extension is in order: wherever NOOP is, but not between the chunks of a message. */
    boolean allowsExtensions() {
        return allows(NOOP) && this != CHUNKS;
    }

    /** What a client did wrong that sent a command which is not in order here. */
    Violation otherwise() {
        return otherwise;
    }

    /** What a client did wrong that sent {@code verb} here. */
    Violation outOfOrder(Verb verb) {
        if ((verb == STARTTLS || verb == AUTH) && inTransaction()) {
            return Violation.OUT_OF_ORDER;
        }
        return verb == MAIL && this == SENDER ? Violation.NESTED_MAIL : otherwise;
    }

    /** Whether a transaction is open: one that is to be finished before a server stops. */
    public boolean inTransaction() {
        return this == SENDER || this == RECIPIENTS || this == BODY || this == CHUNKS;
    }
}
