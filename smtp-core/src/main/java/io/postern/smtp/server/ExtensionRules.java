package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.protocol.Reserved;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

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
            checkFree("verb", verb, Reserved::isVerb, others, other -> other.verb().stream());
        });
        extension.ehloLine().ifPresent(line -> {
            if (!line.matches("[A-Za-z0-9][A-Za-z0-9-]*( [!-~]+)*")) {
                throw new IllegalArgumentException("ehloLine is \"" + line
                        + "\"; expected is a keyword and its parameters, separated by one space (RFC 5321 §4.1.1.1)");
            }
            checkFree(
                    "ehloLine",
                    keyword(line),
                    Reserved::isKeyword,
                    others,
                    other -> other.ehloLine().stream().map(ExtensionRules::keyword));
        });
        checkParameters("mailParameters", extension, others, Extension::mailParameters, Reserved::isMailParameter);
        checkParameters("rcptParameters", extension, others, Extension::rcptParameters, Reserved::isRcptParameter);
    }

    private static String keyword(String ehloLine) {
        return ehloLine.split(" ", 2)[0].toUpperCase(Locale.ROOT);
    }

    private static void checkParameters(
            String property,
            Extension extension,
            Collection<Extension> others,
            Function<Extension, Set<String>> parameters,
            Predicate<String> isReserved) {
        for (String keyword : parameters.apply(extension)) {
            if (!keyword.matches("[A-Z0-9][A-Z0-9-]*")) {
                throw new IllegalArgumentException(property + " has \"" + keyword
                        + "\"; allowed are capital letters, digits and hyphens (RFC 5321 §4.1.2)");
            }
            checkFree(property, keyword, isReserved, others, other -> parameters.apply(other).stream());
        }
    }

    private static void checkFree(
            String property,
            String name,
            Predicate<String> isReserved,
            Collection<Extension> others,
            Function<Extension, Stream<String>> names) {
        if (isReserved.test(name) || others.stream().flatMap(names).anyMatch(name::equals)) {
            throw new IllegalArgumentException(property + " has \"" + name + "\", which the server has already");
        }
    }
}
