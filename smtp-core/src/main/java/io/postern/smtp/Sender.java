package io.postern.smtp;

import java.util.Optional;

/**
 * The reverse path of a transaction with its parameters (RFC 5321 §4.1.1.2).
 *
 * @param mailbox the sender; empty for the null sender {@code <>} of notices
 * @param parameters what stood behind the path
 */
public record Sender(Optional<Mailbox> mailbox, MailParameters parameters) {

    /** Whether this is the null sender {@code <>}, to which no notice may be sent (RFC 5321 §4.5.5). */
    public boolean isNull() {
        return mailbox.isEmpty();
    }

    /** The address without angle brackets, empty for the null sender. */
    public String address() {
        return mailbox.map(Mailbox::address).orElse("");
    }
}
