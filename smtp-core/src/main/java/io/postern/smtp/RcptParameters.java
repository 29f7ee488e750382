package io.postern.smtp;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a RCPT command, checked and typed.
 *
 * @param notifyOn when the sender wants a notice (RFC 3461 §4.1): absent if the client did not say, empty for {@code NEVER}
 * @param originalRecipient the {@code ORCPT} (RFC 3461 §4.2)
 * @param text all parameters as the client sent them, separated by a space
 */
public record RcptParameters(
        Optional<Set<DsnNotify>> notifyOn, Optional<OriginalRecipient> originalRecipient, String text) {

    /** A RCPT command without parameters. */
    public static final RcptParameters NONE = new RcptParameters(Optional.empty(), Optional.empty(), "");

    /** The parameters one by one as the client sent them, such as {@code NOTIFY=NEVER}; upper and lower case are kept. */
    public List<String> options() {
        return ParameterText.options(text);
    }

    /**
     * The value of a parameter as the client sent it, empty text where it has none. This is how the parameters of an
     * {@link Extension} are read.
     *
     * @param keyword the name, in any case
     */
    public Optional<String> value(String keyword) {
        return ParameterText.value(text, keyword);
    }
}
