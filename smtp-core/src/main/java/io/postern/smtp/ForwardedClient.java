package io.postern.smtp;

import java.util.Map;
import java.util.Optional;

/**
 * Where the next message comes from, as the mail server says that hands it on (Postfix's XFORWARD). It is there for logs
 * and trace fields; it decides about nothing, and {@link Session#peer()} stays what it was. Kept until the end of the next
 * transaction.
 *
 * <p>As the answer of an {@link Extension} it is recorded and the client reads {@code 250}.
 *
 * @param attributes the values by their names in capital letters; one that is not available is missing
 */
public record ForwardedClient(Map<String, String> attributes) implements ExtensionAnswer {

    public ForwardedClient {
        attributes = Map.copyOf(attributes);
    }

    /** The name of the host that the message came from. */
    public Optional<String> name() {
        return value("NAME");
    }

    /** The address of that host, an IP address in most cases; empty for a message that begins at the mail server. */
    public Optional<String> address() {
        return value("ADDR");
    }

    /** The port of that host, in digits. */
    public Optional<String> port() {
        return value("PORT");
    }

    /** The protocol that the message came by, such as {@code ESMTP}. */
    public Optional<String> protocol() {
        return value("PROTO");
    }

    /** What that host called itself. */
    public Optional<String> hello() {
        return value("HELO");
    }

    /** What the mail server calls the message in its own log. */
    public Optional<String> ident() {
        return value("IDENT");
    }

    /** {@code LOCAL} for a message that begins at the mail server, or {@code REMOTE}. */
    public Optional<String> source() {
        return value("SOURCE");
    }

    private Optional<String> value(String attribute) {
        return Optional.ofNullable(attributes.get(attribute));
    }
}
