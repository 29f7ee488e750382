package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.BodyType;
import io.postern.smtp.DsnNotify;
import io.postern.smtp.DsnReturn;
import io.postern.smtp.EnhancedCode;
import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.OriginalRecipient;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.sasl.Identity;
import io.vertx.core.net.SocketAddress;
import java.util.OptionalLong;
import java.util.Set;

/** Reads what {@link ValueWriter} wrote. Each value checks itself: what cannot be is an {@link IllegalArgumentException}. */
final class ValueReader {

    private static final int MAX_PORT = 65_535;

    private final WireReader wire;

    ValueReader(WireReader wire) {
        this.wire = wire;
    }

    BusEnvelope envelope() {
        return new BusEnvelope(
                wire.text(), session(), wire.bool(), wire.optional(this::sender), wire.list(this::recipient));
    }

    RecipientQuestion question() {
        return new RecipientQuestion(session(), wire.optional(this::sender), recipient());
    }

    Reply reply() {
        return new Reply(wire.number(), wire.optional(this::enhancedCode), wire.list(wire::text));
    }

    private EnhancedCode enhancedCode() {
        return new EnhancedCode(wire.number(), wire.number(), wire.number());
    }

    private BusSession session() {
        return new BusSession(
                wire.text(),
                wire.text(),
                wire.bool(),
                address(),
                wire.optional(wire::text),
                wire.optional(this::tls),
                wire.optional(this::identity));
    }

    private SocketAddress address() {
        if (wire.bool()) {
            return SocketAddress.domainSocketAddress(wire.text());
        }
        String host = wire.text();
        int port = wire.number();
        if (port < 0 || port > MAX_PORT) {
            throw WireReader.malformed("port " + port);
        }
        return SocketAddress.inetSocketAddress(port, host);
    }

    private BusTls tls() {
        return new BusTls(wire.text(), wire.text(), wire.optional(wire::text));
    }

    private Identity identity() {
        return Identity.of(wire.text()).actingFor(wire.text());
    }

    private Sender sender() {
        return new Sender(wire.optional(this::mailbox), mailParameters());
    }

    private MailParameters mailParameters() {
        return new MailParameters(
                wire.optional(wire::longNumber).map(OptionalLong::of).orElse(OptionalLong.empty()),
                constant(BodyType.class),
                wire.bool(),
                wire.bool(),
                wire.optional(() -> constant(DsnReturn.class)),
                wire.optional(wire::text),
                wire.optional(wire::text),
                wire.text());
    }

    private Recipient recipient() {
        return new Recipient(mailbox(), rcptParameters());
    }

    private RcptParameters rcptParameters() {
        return new RcptParameters(
                wire.optional(() -> Set.copyOf(wire.list(() -> constant(DsnNotify.class)))),
                wire.optional(() -> new OriginalRecipient(wire.text(), wire.text())),
                wire.text());
    }

    private <E extends Enum<E>> E constant(Class<E> type) {
        return Enum.valueOf(type, wire.text());
    }

    private Mailbox mailbox() {
        return Mailbox.of(wire.text());
    }
}
