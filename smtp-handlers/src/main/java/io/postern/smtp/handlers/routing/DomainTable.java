package io.postern.smtp.handlers.routing;

import io.postern.smtp.Mailbox;
import java.net.IDN;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Something for each of many domains: for {@code example.org} itself, or with {@code *.example.org} for all that is below
 * it. The longest match counts. Upper and lower case are the same, and so are a name in Unicode and its {@code xn--} form.
 */
final class DomainTable<T> {

    private static final String WILDCARD = "*.";

    private final Map<String, T> exact = new HashMap<>();
    /** By what stands behind the star. */
    private final Map<String, T> below = new HashMap<>();

    /**
     * @param pattern a domain, an address literal with its brackets, or {@code *.} and a domain
     * @throws IllegalArgumentException when it is none of these, or was put in before
     */
    void put(String pattern, T value) {
        boolean wildcard = pattern.startsWith(WILDCARD);
        String domain = wildcard ? pattern.substring(WILDCARD.length()) : pattern;
        if (Mailbox.parse("x@" + domain).isEmpty() || (wildcard && domain.startsWith("["))) {
            throw new IllegalArgumentException(
                    "domain is \"" + pattern + "\"; expected is one such as example.org or *.example.org");
        }
        if ((wildcard ? below : exact).putIfAbsent(normal(domain), value) != null) {
            throw new IllegalArgumentException("domain is \"" + pattern + "\", which is there already");
        }
    }

    Optional<T> find(String domain) {
        String name = normal(domain);
        T found = exact.get(name);
        int dot = name.startsWith("[") ? -1 : name.indexOf('.');
        while (found == null && dot >= 0) {
            found = below.get(name.substring(dot + 1));
            dot = name.indexOf('.', dot + 1);
        }
        return Optional.ofNullable(found);
    }

    static String normal(String domain) {
        String name = domain;
        if (!domain.startsWith("[")) {
            try {
                name = IDN.toASCII(domain, IDN.ALLOW_UNASSIGNED);
            } catch (IllegalArgumentException e) {
                name = domain; // none that DNS could know
            }
        }
        return name.toLowerCase(Locale.ROOT);
    }
}
