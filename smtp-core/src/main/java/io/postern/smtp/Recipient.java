package io.postern.smtp;

/**
 * One forward path of a transaction with its parameters (RFC 5321 §4.1.1.3).
 *
 * @param mailbox the recipient
 * @param parameters what stood behind the path
 */
public record Recipient(Mailbox mailbox, RcptParameters parameters) {

    /** The address without angle brackets. */
    public String address() {
        return mailbox.address();
    }
}
