package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.protocol.Verb;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;

/** What an extension must look like to be added to a server. */
final class ExtensionRules {

    private ExtensionRules() {}

    /** @throws IllegalArgumentException when the extension is malformed or takes what another has */
    static void check(Extension extension, Collection<Extension> others) {
        extension.verb().ifPresent(verb -> {
            // RFC 5321 §2.2.1 asks for verbs of letters; 8 of them are the longest in use
            if (!verb.matches("[A-Z][A-Z0-9]{2,31}")) {
                throw new IllegalArgumentException(
                        "verb is \"" + verb + "\"; allowed are 3 to 32 capital letters and digits");
            }
            boolean taken =
                    Arrays.stream(Verb.values()).anyMatch(known -> known.name().equals(verb))
                            || others.stream().map(Extension::verb).anyMatch(Optional.of(verb)::equals);
            if (taken) {
                throw new IllegalArgumentException("verb is \"" + verb + "\", which the server has already");
            }
        });
        extension.ehloLine().ifPresent(line -> {
            if (!line.matches("[A-Za-z0-9][A-Za-z0-9-]*( [!-~]+)*")) {
                throw new IllegalArgumentException("ehloLine is \"" + line
                        + "\"; expected is a keyword and its parameters, separated by one space (RFC 5321 §4.1.1.1)");
            }
        });
        extension.mailParameters().forEach(keyword -> checkParameter("mailParameters", keyword));
        extension.rcptParameters().forEach(keyword -> checkParameter("rcptParameters", keyword));
    }

    private static void checkParameter(String property, String keyword) {
        if (!keyword.matches("[A-Z0-9][A-Z0-9-]*")) {
            throw new IllegalArgumentException(property + " has \"" + keyword
                    + "\"; allowed are capital letters, digits and hyphens (RFC 5321 §4.1.2)");
        }
    }
}
