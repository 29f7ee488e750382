package io.postern.smtp;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The attributes of XCLIENT and XFORWARD: names in any case, and values in xtext (Postfix XCLIENT_README). */
final class Attributes {

    /** XCLIENT_README note 1, XFORWARD_README note 1. A whole command is bound to the 512 octets of RFC 5321. */
    private static final int MAX_VALUE = 255;

    private static final String UNAVAILABLE = "[UNAVAILABLE]";
    private static final String IPV6_TAG = "IPv6:";

    private Attributes() {}

    /**
     * The attributes by their names in capital letters, in their order; empty values are those that are not available.
     *
     * @param known the names that there are
     * @throws SmtpException when there is none, one is unknown or malformed, or one is given twice
     */
    static Map<String, Optional<String>> read(String argument, List<String> known) {
        Map<String, Optional<String>> attributes = new LinkedHashMap<>();
        for (String attribute : argument.split(" +")) {
            int equals = attribute.indexOf('=');
            String name = attribute.substring(0, Math.max(equals, 0)).toUpperCase(Locale.ROOT);
            if (!known.contains(name)) {
                throw malformed();
            }
            if (attributes.putIfAbsent(name, value(attribute.substring(equals + 1))) != null) {
                throw new SmtpException(Replies.DUPLICATE_PARAMETER);
            }
        }
        return attributes;
    }

    private static Optional<String> value(String encoded) {
        if (encoded.isEmpty() || encoded.getBytes(StandardCharsets.UTF_8).length > MAX_VALUE) {
            throw malformed();
        }
        String value = Xtext.decode(encoded).orElseThrow(Attributes::malformed);
        return value.equalsIgnoreCase(UNAVAILABLE) ? Optional.empty() : Optional.of(value);
    }

    /** The number of a port. */
    static int port(String value) {
        int port = value.matches("[0-9]{1,5}") ? Integer.parseInt(value) : Integer.MAX_VALUE;
        if (port > 65_535) {
            throw malformed();
        }
        return port;
    }

    static boolean isIpv6(String value) {
        return value.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length());
    }

    /** An address without the tag that tells version 6 from version 4. */
    static String withoutTag(String value) {
        return isIpv6(value) ? value.substring(IPV6_TAG.length()) : value;
    }

    /** A value that may be put into a field of a message: what has a meaning there becomes {@code ?}, as with Postfix. */
    static String harmless(String value) {
        return value.replaceAll("[ <>()\\\\\";@]", "?");
    }

    static SmtpException malformed() {
        return new SmtpException(Replies.BAD_PARAMETER);
    }
}
