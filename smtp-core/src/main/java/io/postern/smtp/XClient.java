package io.postern.smtp;

import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * XCLIENT, with which Postfix, nginx and test tools say for which client they speak (Postfix XCLIENT_README). The session
 * begins anew for that client, with a greeting, see {@link ClientOverride}; what is not said stays as an earlier XCLIENT
 * had it. It is offered to listed peers only; to others it is not announced, and they read {@code 550 5.7.0}.
 *
 * <pre>{@code
 * SmtpServer.create(vertx, handler, options).addExtension(new XClient(List.of("192.0.2.25"))).listen();
 * }</pre>
 *
 * <p>Who is listed may pretend to be anybody: any address, and with LOGIN any user. Limits on connections go by the
 * address of the connection, which XCLIENT does not change.
 */
public final class XClient extends AttributeExtension {

    private static final List<String> NAMES =
            List.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT");
    private static final String TEMPORARY_FAILURE = "[TEMPUNAVAIL]";
    private static final Set<String> PROTOCOLS = Set.of("SMTP", "ESMTP");

    /**
     * @param peers who may use it: addresses, networks such as {@code 192.0.2.0/24}, and the word {@code unix} for whoever
     *     may connect to a Unix socket. It is compared with {@link Session#originalPeer()}: behind a proxy that speaks the
     *     PROXY protocol, with the client of the proxy
     * @throws IllegalArgumentException when one is none of these
     */
    public XClient(List<String> peers) {
        super("XCLIENT", NAMES, peers);
    }

    @Override
    ExtensionAnswer answer(Session session, Map<String, Optional<String>> attributes) {
        ClientOverride client = session.clientOverride().orElse(ClientOverride.NONE);
        for (Map.Entry<String, Optional<String>> attribute : attributes.entrySet()) {
            client = with(client, attribute.getKey(), attribute.getValue());
        }
        return client;
    }

    /** @param value empty when it is not available */
    private static ClientOverride with(ClientOverride client, String name, Optional<String> value) {
        return switch (name) {
            case "NAME" -> client.withName(name(value), isTemporaryFailure(value));
            case "ADDR" -> client.withAddress(address(value));
            case "PORT" -> client.withPort(port(value));
            case "PROTO" -> client.withProtocol(protocol(value));
            case "HELO" -> client.withHello(value.map(Attributes::harmless));
            case "LOGIN" -> client.withLogin(value);
            case "DESTADDR" -> client.withLocalAddress(address(value));
            case "DESTPORT" -> client.withLocalPort(port(value));
            default -> throw Attributes.malformed();
        };
    }

    private static boolean isTemporaryFailure(Optional<String> value) {
        return value.filter(TEMPORARY_FAILURE::equalsIgnoreCase).isPresent();
    }

    private static Optional<String> name(Optional<String> value) {
        if (isTemporaryFailure(value)) {
            return Optional.empty();
        }
        value.filter(name -> !isHostName(name)).ifPresent(name -> {
            throw Attributes.malformed();
        });
        return value;
    }

    // Letters of any language, as names of the DNS are written in UTF-8 where the client sends them so
    private static boolean isHostName(String name) {
        return name.matches("[\\p{L}\\p{M}\\p{N}_-]+(\\.[\\p{L}\\p{M}\\p{N}_-]+)*\\.?")
                && !NetUtil.isValidIpV4Address(name);
    }

    private static String address(Optional<String> value) {
        if (value.isEmpty()) {
            return ClientOverride.UNKNOWN;
        }
        String address = Attributes.withoutTag(value.get());
        boolean valid = Attributes.isIpv6(value.get())
                ? address.matches("[0-9A-Fa-f:.]+") && NetUtil.isValidIpV6Address(address)
                : NetUtil.isValidIpV4Address(address);
        if (!valid) {
            throw Attributes.malformed();
        }
        return address;
    }

    private static OptionalInt port(Optional<String> value) {
        return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Attributes.port(value.get()));
    }

    private static String protocol(Optional<String> value) {
        return value.map(protocol -> protocol.toUpperCase(Locale.ROOT))
                .filter(PROTOCOLS::contains)
                .orElseThrow(Attributes::malformed);
    }
}
