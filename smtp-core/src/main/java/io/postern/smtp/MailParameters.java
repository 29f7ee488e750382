package io.postern.smtp;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The parameters of a MAIL command, checked and typed.
 *
 * @param size the size that the client declared, in octets (RFC 1870)
 * @param body the kind of body (RFC 6152, RFC 3030)
 * @param smtpUtf8 whether addresses and headers may hold UTF-8 (RFC 6531)
 * @param prdr whether each recipient is to have a reply of its own to the message (draft-hall-prdr-00)
 * @param ret what a failure notice should bring back (RFC 3461)
 * @param envelopeId the {@code ENVID}, its xtext decoded (RFC 3461)
 * @param submitter the {@code AUTH} parameter, its xtext decoded: who submitted the message, {@code <>} if the client does
 *     not know (RFC 4954 §5)
 * @param text all parameters as the client sent them, separated by a space
 */
public record MailParameters(
        OptionalLong size,
        BodyType body,
        boolean smtpUtf8,
        boolean prdr,
        Optional<DsnReturn> ret,
        Optional<String> envelopeId,
        Optional<String> submitter,
        String text) {

    /** A MAIL command without parameters. */
    public static final MailParameters NONE = new MailParameters(
            OptionalLong.empty(),
            BodyType.SEVENBIT,
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            "");

    /** The parameters one by one as the client sent them, such as {@code SIZE=1000}; upper and lower case are kept. */
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
