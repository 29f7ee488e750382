package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;

/** What the client reads that no next hop has said, and which replies of the next hop are not for it. */
final class HopReplies {

    static final Reply NO_ANSWER = Reply.of(451, "4.4.1", "Next hop does not answer, try again later");
    static final Reply CONNECTION_LOST = Reply.of(451, "4.4.2", "Connection to next hop failed, try again later");
    static final Reply TOO_SLOW = Reply.of(451, "4.4.2", "Next hop took too long, try again later");
    static final Reply BUSY = Reply.of(451, "4.4.5", "Too many connections to next hop, try again later");
    static final Reply NONSENSE = Reply.of(451, "4.5.0", "Next hop gave a reply out of order, try again later");
    static final Reply NOT_SECURE = Reply.of(451, "4.7.5", "Next hop cannot be reached securely, try again later");
    static final Reply NOT_ALLOWED = Reply.of(451, "4.7.0", "Next hop does not take mail from here, try again later");
    static final Reply CLOSED = Reply.of(451, "4.3.2", "Relay is shutting down, try again later");
    static final Reply TRANSACTION_CHANGED = Reply.of(451, "4.3.0", "Recipients got out of step, try again later");
    static final Reply NO_RECIPIENTS = Reply.of(503, "5.5.1", "Error: need RCPT command");

    // RFC 6531 §3.2, RFC 6152 §3, RFC 3030 §3
    static final Reply NO_SMTPUTF8 = Reply.of(550, "5.6.7", "Next hop does not take internationalized mail");
    static final Reply NO_8BITMIME = Reply.of(554, "5.6.3", "Next hop does not take 8-bit mail");
    static final Reply NO_BINARYMIME = Reply.of(554, "5.6.3", "Next hop does not take binary mail");

    private HopReplies() {}

    /**
     * The next hop's answer as the client may read it. What speaks of the relay's own dialogue with the next hop is no fault
     * of the client's, and may be mended: 421 would also end its connection, 503 and those about TLS and AUTH would have
     * it give up mail that is in order.
     */
    static Reply forClient(Reply reply) {
        return switch (reply.code()) {
            case 421 -> CONNECTION_LOST;
            case 503 -> NONSENSE;
            case 530, 534, 535, 538 -> NOT_ALLOWED;
            default -> reply.code() >= 300 && reply.code() < 400 ? NONSENSE : reply;
        };
    }
}
