package io.postern.smtp.protocol;

import io.postern.smtp.BodyType;
import io.postern.smtp.DsnReturn;
import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.Sender;
import io.postern.smtp.Xtext;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads the argument of MAIL (RFC 5321 §4.1.1.2). */
final class MailCommand implements Parameters.Taker {

    /** RFC 3461 §4.4: at most 100 characters. */
    private static final int MAX_ENVELOPE_ID = 100;
    /** RFC 1870 §5: up to 20 digits. */
    private static final int MAX_SIZE_DIGITS = 20;
    /** With 18 digits or fewer a number fits into a long. */
    private static final int MAX_LONG_DIGITS = 18;

    private static final Parsed<MailParameters> NO_PARAMETERS = Parsed.ok(MailParameters.NONE);

    private final Capabilities capabilities;
    private final long messageSize;
    private OptionalLong size = OptionalLong.empty();
    private BodyType body = BodyType.SEVENBIT;
    private boolean smtpUtf8;
    private boolean prdr;
    private Optional<DsnReturn> ret = Optional.empty();
    private Optional<String> envelopeId = Optional.empty();
    private Optional<String> submitter = Optional.empty();

    private MailCommand(Capabilities capabilities, EngineSettings settings) {
        this.capabilities = capabilities;
        this.messageSize = settings.limits().messageSize();
    }

    static Parsed<Sender> parse(CommandLines line, Capabilities capabilities, EngineSettings settings) {
        Parsed<PathParser.Path> path = line.path("FROM:", Violation.MALFORMED_SENDER);
        return path.isOk() ? sender(path.value(), capabilities, settings) : Parsed.wrong(path.violation());
    }

    private static Parsed<Sender> sender(PathParser.Path path, Capabilities capabilities, EngineSettings settings) {
        Optional<Mailbox> mailbox = Mailbox.parse(path.address());
        boolean valid = mailbox.isPresent()
                ? isSender(mailbox.get(), settings.limits())
                : path.address().isEmpty();
        if (!valid) {
            return Parsed.wrong(Violation.MALFORMED_SENDER);
        }
        Parsed<MailParameters> parameters = parameters(path.parameters(), capabilities, settings);
        if (!parameters.isOk()) {
            return Parsed.wrong(parameters.violation());
        }
        boolean needsUtf8 = mailbox.isPresent() && !mailbox.get().isAscii();
        return needsUtf8 && !parameters.value().smtpUtf8()
                ? Parsed.wrong(Violation.SMTPUTF8_NEEDED)
                : Parsed.ok(new Sender(mailbox, parameters.value()));
    }

    // postmaster alone is a recipient only
    private static boolean isSender(Mailbox mailbox, Limits limits) {
        return mailbox.address().indexOf('@') >= 0 && fits(mailbox, limits);
    }

    /** Whether the local part is within the limit for it. */
    static boolean fits(Mailbox mailbox, Limits limits) {
        return limits.localPart() == 0 || mailbox.localPartOctets() <= limits.localPart();
    }

    private static Parsed<MailParameters> parameters(String text, Capabilities capabilities, EngineSettings settings) {
        if (text.isEmpty()) {
            return NO_PARAMETERS;
        }
        MailCommand command = new MailCommand(capabilities, settings);
        return Parameters.read(text, command)
                .<Parsed<MailParameters>>map(Parsed::wrong)
                .orElseGet(() -> command.smtpUtf8 || Parameters.isAscii(text)
                        ? Parsed.ok(command.parameters(text))
                        : Parsed.wrong(Violation.BAD_PARAMETER));
    }

    private MailParameters parameters(String text) {
        return new MailParameters(size, body, smtpUtf8, prdr, ret, envelopeId, submitter, text);
    }

    @Override
    public Optional<Violation> take(String keyword, @Nullable String value) {
        return switch (keyword) {
            case "SIZE" -> when(Capability.SIZE, () -> size(value));
            case "BODY" -> when(Capability.EIGHTBITMIME, () -> body(value));
            case "SMTPUTF8" -> when(Capability.SMTPUTF8, () -> smtpUtf8(value));
            case "PRDR" -> when(Capability.PRDR, () -> prdr(value));
            case "RET" -> when(Capability.DSN, () -> ret(value));
            case "ENVID" -> when(Capability.DSN, () -> envelopeId(value));
            case "AUTH" -> when(Capability.AUTH, () -> submitter(value));
            default ->
                capabilities.hasMailParameter(keyword)
                        ? Optional.empty()
                        : Optional.of(Violation.MAIL_PARAMETER_UNKNOWN);
        };
    }

    private Optional<Violation> when(Capability offered, Supplier<Optional<Violation>> read) {
        return capabilities.has(offered) ? read.get() : Optional.of(Violation.MAIL_PARAMETER_UNKNOWN);
    }

    private Optional<Violation> size(@Nullable String value) {
        if (value == null
                || value.isEmpty()
                || value.length() > MAX_SIZE_DIGITS
                || value.chars().anyMatch(c -> c < '0' || c > '9')) {
            return Optional.of(Violation.BAD_PARAMETER);
        }
        String digits = value.replaceFirst("^0+(?=.)", "");
        long declared = digits.length() > MAX_LONG_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
        size = OptionalLong.of(declared);
        return declared > messageSize ? Optional.of(Violation.SIZE_TOO_LARGE) : Optional.empty();
    }

    private Optional<Violation> body(@Nullable String value) {
        for (BodyType type : BodyType.values()) {
            boolean offered = type != BodyType.BINARYMIME || capabilities.has(Capability.BINARYMIME);
            if (type.keyword().equalsIgnoreCase(value) && offered) {
                body = type;
                return Optional.empty();
            }
        }
        return Optional.of(Violation.BAD_PARAMETER);
    }

    private Optional<Violation> smtpUtf8(@Nullable String value) {
        smtpUtf8 = true;
        return value == null ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
    }

    private Optional<Violation> prdr(@Nullable String value) {
        prdr = true;
        return value == null ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
    }

    private Optional<Violation> ret(@Nullable String value) {
        for (DsnReturn known : DsnReturn.values()) {
            if (known.name().equalsIgnoreCase(value)) {
                ret = Optional.of(known);
                return Optional.empty();
            }
        }
        return Optional.of(Violation.BAD_PARAMETER);
    }

    // RFC 4954 §5: "<>" or a mailbox in xtext
    private Optional<Violation> submitter(@Nullable String value) {
        submitter = value == null
                ? Optional.empty()
                : Xtext.decode(value)
                        .filter(decoded ->
                                decoded.equals("<>") || Mailbox.parse(decoded).isPresent());
        return submitter.isPresent() ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
    }

    private Optional<Violation> envelopeId(@Nullable String value) {
        if (value == null || value.length() > MAX_ENVELOPE_ID || !Parameters.isAscii(value)) {
            return Optional.of(Violation.BAD_PARAMETER);
        }
        envelopeId = Xtext.decode(value);
        return envelopeId.isPresent() ? Optional.empty() : Optional.of(Violation.BAD_PARAMETER);
    }
}
