package io.postern.smtp.protocol;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** The names that the engine uses itself, so that no extension can take them. */
public final class Reserved {

    private static final Set<String> MAIL_PARAMETERS =
            Set.of("SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH", "PRDR");
    private static final Set<String> RCPT_PARAMETERS = Set.of("NOTIFY", "ORCPT");

    private Reserved() {}

    /** Whether it is a verb of the engine. */
    public static boolean isVerb(String verb) {
        return Arrays.stream(Verb.values()).anyMatch(known -> known.name().equals(verb));
    }

    /** Whether a line in the reply to EHLO begins with it. */
    public static boolean isKeyword(String keyword) {
        return Arrays.stream(Capability.values())
                .anyMatch(known -> known.keyword().equals(keyword.toUpperCase(Locale.ROOT)));
    }

    /** Whether MAIL has a parameter of that name. */
    public static boolean isMailParameter(String keyword) {
        return MAIL_PARAMETERS.contains(keyword);
    }

    /** Whether RCPT has a parameter of that name. */
    public static boolean isRcptParameter(String keyword) {
        return RCPT_PARAMETERS.contains(keyword);
    }
}
