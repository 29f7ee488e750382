package io.postern.smtp;

/** The grammar of address literals such as {@code [192.0.2.1]} and {@code [IPv6:2001:db8::1]} (RFC 5321 §4.1.3). */
final class AddressLiteral {

    private static final String IPV6_TAG = "IPv6:";
    private static final int IPV6_GROUPS = 8;

    private AddressLiteral() {}

    /** Whether {@code text} from {@code from} to its end is a literal with its brackets. */
    static boolean isValid(String text, int from) {
        if (!text.startsWith("[", from) || !text.endsWith("]")) {
            return false;
        }
        String content = text.substring(from + 1, text.length() - 1);
        if (content.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length())) {
            return isIpv6(content.substring(IPV6_TAG.length()));
        }
        return isIpv4(content) || isGeneral(content);
    }

    private static boolean isIpv4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            if (!part.matches("[0-9]{1,3}") || Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }

    private static boolean isIpv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            return groups(text, true) == IPV6_GROUPS;
        }
        int before = groups(text.substring(0, gap), false);
        int behind = groups(text.substring(gap + 2), true);
        // "::" stands for two groups at the least (RFC 5321 §4.1.3)
        return before >= 0 && behind >= 0 && before + behind <= IPV6_GROUPS - 2;
    }

    /** How many groups of 16 bits {@code text} holds, -1 when it is malformed; an IPv4 address at the end counts two. */
    private static int groups(String text, boolean isEnd) {
        if (text.isEmpty()) {
            return 0;
        }
        String[] parts = text.split(":", -1);
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            if (isEnd && i == parts.length - 1 && isIpv4(parts[i])) {
                count += 2;
            } else if (parts[i].matches("[0-9A-Fa-f]{1,4}")) {
                count++;
            } else {
                return -1;
            }
        }
        return count;
    }

    // General-address-literal = Standardized-tag ":" 1*dcontent
    private static boolean isGeneral(String text) {
        return text.matches("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?:[!-Z^-~]+");
    }
}
