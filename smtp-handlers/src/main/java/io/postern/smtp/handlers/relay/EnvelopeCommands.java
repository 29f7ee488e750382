package io.postern.smtp.handlers.relay;

import io.postern.smtp.BodyType;
import io.postern.smtp.MailParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import java.util.List;
import java.util.Optional;

/**
 * MAIL and RCPT for the next hop: with the parameters that it offers, in the client's spelling. What of them it does not
 * offer is left out where that does no harm, and refuses the sender where it does.
 */
final class EnvelopeCommands {

    // RFC 3461 §5.2.2: to a next hop without DSN a message goes without them
    private static final List<String> DSN_OF_MAIL = List.of("RET", "ENVID");
    private static final List<String> DSN_OF_RCPT = List.of("NOTIFY", "ORCPT");

    private EnvelopeCommands() {}

    /** Why this next hop cannot take a message of this sender, if so. */
    static Optional<Reply> refusal(Sender sender, HopCapabilities hop) {
        MailParameters parameters = sender.parameters();
        if (parameters.smtpUtf8() && !hop.has("SMTPUTF8")) {
            return Optional.of(HopReplies.NO_SMTPUTF8);
        }
        if (parameters.body() == BodyType.EIGHTBITMIME && !hop.has("8BITMIME")) {
            return Optional.of(HopReplies.NO_8BITMIME);
        }
        if (parameters.body() == BodyType.BINARYMIME && !hop.binaryMime()) {
            return Optional.of(HopReplies.NO_BINARYMIME);
        }
        long size = parameters.size().orElse(0);
        return hop.sizeLimit().orElse(Long.MAX_VALUE) < size ? Optional.of(Replies.SIZE_TOO_LARGE) : Optional.empty();
    }

    static String mail(Sender sender, HopCapabilities hop) {
        MailParameters parameters = sender.parameters();
        StringBuilder command =
                new StringBuilder("MAIL FROM:<").append(sender.address()).append('>');
        if (hop.has("SIZE")) {
            parameters.size().ifPresent(size -> command.append(" SIZE=").append(size));
        }
        if (parameters.body() != BodyType.SEVENBIT) {
            command.append(" BODY=").append(parameters.body().keyword());
        }
        if (parameters.smtpUtf8()) {
            command.append(" SMTPUTF8");
        }
        if (hop.has("DSN")) {
            DSN_OF_MAIL.forEach(keyword -> append(command, keyword, parameters.value(keyword)));
        }
        return command.toString();
    }

    static String rcpt(Recipient recipient, HopCapabilities hop) {
        StringBuilder command =
                new StringBuilder("RCPT TO:<").append(recipient.address()).append('>');
        if (hop.has("DSN")) {
            DSN_OF_RCPT.forEach(
                    keyword -> append(command, keyword, recipient.parameters().value(keyword)));
        }
        return command.toString();
    }

    private static void append(StringBuilder command, String keyword, Optional<String> value) {
        value.ifPresent(text -> command.append(' ').append(keyword).append('=').append(text));
    }
}
