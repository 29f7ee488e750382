package io.postern.smtp;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * XFORWARD, with which Postfix tells where a message comes from that it sends through a filter (Postfix XFORWARD_README).
 * The values add up over several commands, are read with {@link Session#forwardedClient()}, and are forgotten at the end
 * of the transaction that follows. They are for logs and trace fields: nothing that the server decides goes by them. It is
 * offered to listed peers only; to others it is not announced, and they read {@code 550 5.7.0}.
 */
public final class XForward extends AttributeExtension {

    private static final List<String> NAMES = List.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE");
    /** XFORWARD_README: the name of a protocol has up to 64 characters. */
    private static final int MAX_PROTOCOL = 64;

    private static final Set<String> SOURCES = Set.of("LOCAL", "REMOTE");

    /**
     * @param peers who may use it, as with {@link XClient#XClient}
     * @throws IllegalArgumentException when one is no address, no network, and not {@code unix}
     */
    public XForward(List<String> peers) {
        super("XFORWARD", NAMES, peers);
    }

    @Override
    ExtensionAnswer answer(Session session, Map<String, Optional<String>> attributes) {
        Map<String, String> known = new HashMap<>(
                session.forwardedClient().map(ForwardedClient::attributes).orElse(Map.of()));
        attributes.forEach((name, value) -> value.ifPresentOrElse(
                available -> known.put(name, checked(name, available)), () -> known.remove(name)));
        return new ForwardedClient(known);
    }

    private static String checked(String name, String value) {
        return switch (name) {
            case "ADDR" -> Attributes.harmless(Attributes.withoutTag(value)); // need not be an IP address
            case "PORT" -> Integer.toString(Attributes.port(value));
            case "PROTO" -> protocol(value);
            case "SOURCE" -> source(value.toUpperCase(Locale.ROOT));
            default -> Attributes.harmless(value);
        };
    }

    private static String protocol(String value) {
        if (value.length() > MAX_PROTOCOL) {
            throw Attributes.malformed();
        }
        return Attributes.harmless(value);
    }

    private static String source(String value) {
        if (!SOURCES.contains(value)) {
            throw Attributes.malformed();
        }
        return value;
    }
}
