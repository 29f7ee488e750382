package io.postern.smtp.handlers.eventbus;

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
import java.util.Optional;

/** The values of mail in a frame; {@link ValueReader} is its mirror. */
final class ValueWriter {

    private final WireWriter wire;

    ValueWriter(WireWriter wire) {
        this.wire = wire;
    }

    void envelope(BusEnvelope envelope) {
        wire.text(envelope.id());
        session(envelope.session());
        wire.bool(envelope.answeredPerRecipient());
        wire.optional(envelope.sender(), this::sender);
        wire.list(envelope.recipients(), this::recipient);
    }

    void question(RecipientQuestion question) {
        session(question.session());
        wire.optional(question.sender(), this::sender);
        recipient(question.recipient());
    }

    void reply(Reply reply) {
        wire.number(reply.code());
        wire.optional(reply.enhancedCode(), this::enhancedCode);
        wire.list(reply.lines(), wire::text);
    }

    private void enhancedCode(EnhancedCode code) {
        wire.number(code.status());
        wire.number(code.subject());
        wire.number(code.detail());
    }

    private void session(BusSession session) {
        wire.text(session.id());
        wire.text(session.serverName());
        wire.bool(session.lmtp());
        address(session.peer());
        wire.optional(session.hostName(), wire::text);
        wire.optional(session.tls(), this::tls);
        wire.optional(session.authenticated(), this::identity);
    }

    private void address(SocketAddress address) {
        wire.bool(address.isDomainSocket());
        if (address.isDomainSocket()) {
            wire.text(address.path());
        } else {
            wire.text(address.host());
            wire.number(address.port());
        }
    }

    private void tls(BusTls tls) {
        wire.text(tls.protocol());
        wire.text(tls.cipherSuite());
        wire.optional(tls.clientName(), wire::text);
    }

    private void identity(Identity identity) {
        wire.text(identity.authenticationId());
        wire.text(identity.authorizationId());
    }

    private void sender(Sender sender) {
        MailParameters parameters = sender.parameters();
        wire.optional(sender.mailbox(), this::mailbox);
        wire.optional(
                parameters.size().isPresent() ? Optional.of(parameters.size().getAsLong()) : Optional.empty(),
                wire::longNumber);
        constant(parameters.body());
        wire.bool(parameters.smtpUtf8());
        wire.bool(parameters.prdr());
        wire.optional(parameters.ret(), this::constant);
        wire.optional(parameters.envelopeId(), wire::text);
        wire.optional(parameters.submitter(), wire::text);
        wire.text(parameters.text());
    }

    private void recipient(Recipient recipient) {
        RcptParameters parameters = recipient.parameters();
        mailbox(recipient.mailbox());
        wire.optional(
                parameters.notifyOn(),
                notices -> wire.list(notices.stream().sorted().toList(), this::constant));
        wire.optional(parameters.originalRecipient(), this::originalRecipient);
        wire.text(parameters.text());
    }

    private void originalRecipient(OriginalRecipient original) {
        wire.text(original.addressType());
        wire.text(original.address());
    }

    private void mailbox(Mailbox mailbox) {
        wire.text(mailbox.address());
    }

    private void constant(Enum<?> constant) {
        wire.text(constant.name());
    }
}
