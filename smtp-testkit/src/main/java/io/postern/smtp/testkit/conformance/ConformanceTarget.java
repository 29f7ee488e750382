package io.postern.smtp.testkit.conformance;

import io.postern.smtp.Mailbox;
import io.postern.smtp.testkit.RawSmtpClient;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;

/**
 * The server under test and what it has to be told to take a message.
 *
 * @param address where it listens, an inet or a Unix socket address
 * @param lmtp whether it speaks LMTP
 * @param sender an address from which it takes messages
 * @param recipient an address for which it takes messages, of this client too
 * @param patience how long a reply is waited for
 */
public record ConformanceTarget(
        SocketAddress address, boolean lmtp, String sender, String recipient, Duration patience) {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** @throws IllegalArgumentException when an address is none */
    public ConformanceTarget {
        Objects.requireNonNull(address, "address");
        Mailbox.of(sender);
        Mailbox.of(recipient);
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("patience is " + patience + "; allowed is more than nothing");
        }
    }

    /** A server of SMTP that takes any message. */
    public static ConformanceTarget smtp(SocketAddress address) {
        return new ConformanceTarget(address, false, "sender@example.org", "recipient@example.org", PATIENCE);
    }

    /** A server of LMTP that takes any message. */
    public static ConformanceTarget lmtp(SocketAddress address) {
        return new ConformanceTarget(address, true, "sender@example.org", "recipient@example.org", PATIENCE);
    }

    /** This server with other addresses. */
    public ConformanceTarget with(String sender, String recipient) {
        return new ConformanceTarget(address, lmtp, sender, recipient, patience);
    }

    RawSmtpClient connect() {
        return RawSmtpClient.connect(address).setTimeout(patience);
    }

    /** The word that says hello and asks for the extensions. */
    String hello() {
        return lmtp ? "LHLO" : "EHLO";
    }
}
