package io.postern.smtp;

import java.util.List;
import java.util.Optional;

/**
 * What a transaction has gathered so far: the sender and the recipients that a 2xx reply accepted. The library records
 * them; a handler only answers. Each transaction has an envelope of its own, which a handler may keep.
 */
public interface Envelope {

    /** The accepted sender; empty until MAIL was accepted. */
    Optional<Sender> sender();

    /** The accepted recipients in the order in which they came, as a view that grows with the transaction. */
    List<Recipient> recipients();

    /** The sender's address without angle brackets; empty for the null sender and before MAIL. */
    default String mailFrom() {
        return sender().map(Sender::address).orElse("");
    }

    /** The parameters of MAIL as the client sent them. */
    default List<String> mailOptions() {
        return sender().map(sender -> sender.parameters().options()).orElse(List.of());
    }

    /** The recipients' addresses without angle brackets. */
    default List<String> rcptTos() {
        return recipients().stream().map(Recipient::address).toList();
    }

    /** Whether the client declared that addresses and headers may hold UTF-8 (RFC 6531). */
    default boolean smtpUtf8() {
        return sender().map(sender -> sender.parameters().smtpUtf8()).orElse(false);
    }
}
