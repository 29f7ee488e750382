package io.postern.smtp.protocol;

import io.postern.smtp.DsnNotify;
import io.postern.smtp.Mailbox;
import io.postern.smtp.OriginalRecipient;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Xtext;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the argument of RCPT (RFC 5321 §4.1.1.3). */
final class RcptCommand implements Parameters.Taker {

    /** RFC 3461 §4.2: at most 500 characters. */
    private static final int MAX_ORIGINAL_RECIPIENT = 500;

    private static final Parsed<RcptParameters> NO_PARAMETERS = Parsed.ok(RcptParameters.NONE);

    private final Capabilities capabilities;
    private Optional<Set<DsnNotify>> notify = Optional.empty();
    private Optional<OriginalRecipient> originalRecipient = Optional.empty();

    private RcptCommand(Capabilities capabilities) {
        this.capabilities = capabilities;
    }

    /** @param smtpUtf8 whether the transaction was begun with SMTPUTF8 */
    static Parsed<Recipient> parse(
            CommandLines line, Capabilities capabilities, EngineSettings settings, boolean smtpUtf8) {
        Parsed<PathParser.Path> path = line.path("TO:", Violation.MALFORMED_RECIPIENT);
        return path.isOk() ? recipient(path.value(), capabilities, settings, smtpUtf8) : Parsed.wrong(path.violation());
    }

    private static Parsed<Recipient> recipient(
            PathParser.Path path, Capabilities capabilities, EngineSettings settings, boolean smtpUtf8) {
        Mailbox mailbox = Mailbox.parse(path.address()).orElse(null);
        if (mailbox == null || !MailCommand.fits(mailbox, settings.limits())) {
            return Parsed.wrong(Violation.MALFORMED_RECIPIENT);
        }
        if (!smtpUtf8 && !mailbox.isAscii()) {
            return Parsed.wrong(Violation.SMTPUTF8_NEEDED);
        }
        if (!smtpUtf8 && !Parameters.isAscii(path.parameters())) {
            return Parsed.wrong(Violation.BAD_PARAMETER);
        }
        Parsed<RcptParameters> parameters = parameters(path.parameters(), capabilities);
        return parameters.isOk()
                ? Parsed.ok(new Recipient(mailbox, parameters.value()))
                : Parsed.wrong(parameters.violation());
    }

    private static Parsed<RcptParameters> parameters(String text, Capabilities capabilities) {
        if (text.isEmpty()) {
            return NO_PARAMETERS;
        }
        RcptCommand command = new RcptCommand(capabilities);
        return Parameters.read(text, command)
                .<Parsed<RcptParameters>>map(Parsed::wrong)
                .orElseGet(() -> Parsed.ok(new RcptParameters(command.notify, command.originalRecipient, text)));
    }

    @Override
    public Optional<Violation> take(String keyword, @Nullable String value) {
        boolean dsn = capabilities.has(Capability.DSN);
        if (dsn && keyword.equals("NOTIFY")) {
            notify = value == null ? Optional.empty() : conditions(value);
            return notify.isPresent() ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
        }
        if (dsn && keyword.equals("ORCPT")) {
            originalRecipient = value == null ? Optional.empty() : originalRecipient(value);
            return originalRecipient.isPresent() ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
        }
        return capabilities.hasRcptParameter(keyword)
                ? Optional.empty()
                : Optional.of(Violation.RCPT_PARAMETER_UNKNOWN);
    }

    // notify-esmtp-value = "NEVER" / 1#notify-list-element
    private static Optional<Set<DsnNotify>> conditions(String value) {
        Set<DsnNotify> conditions = EnumSet.noneOf(DsnNotify.class);
        if (value.equalsIgnoreCase("NEVER")) {
            return Optional.of(Set.copyOf(conditions));
        }
        for (String name : value.toUpperCase(Locale.ROOT).split(",", -1)) {
            Optional<DsnNotify> condition = condition(name);
            if (condition.isEmpty() || !conditions.add(condition.get())) {
                return Optional.empty();
            }
        }
        return Optional.of(Set.copyOf(conditions));
    }

    private static Optional<DsnNotify> condition(String name) {
        for (DsnNotify condition : DsnNotify.values()) {
            if (condition.name().equals(name)) {
                return Optional.of(condition);
            }
        }
        return Optional.empty();
    }

    // original-recipient-address = addr-type ";" xtext
    private static Optional<OriginalRecipient> originalRecipient(String value) {
        int semicolon = value.indexOf(';');
        if (semicolon < 1 || value.length() > MAX_ORIGINAL_RECIPIENT || semicolon == value.length() - 1) {
            return Optional.empty();
        }
        String addressType = value.substring(0, semicolon);
        if (!addressType.matches("[A-Za-z0-9-]+")) {
            return Optional.empty();
        }
        return Xtext.decode(value.substring(semicolon + 1)).map(address -> new OriginalRecipient(addressType, address));
    }
}
