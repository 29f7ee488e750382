package io.postern.smtp;

import java.util.Locale;
import java.util.Optional;

/**
 * A mailbox, {@code local-part@domain} (RFC 5321 §4.1.2, RFC 6531 §3.3), or the one mailbox that may stand without a
 * domain, {@code postmaster} (RFC 5321 §4.5.1).
 *
 * <p>Two mailboxes are equal when their local parts are the same to the letter and their domains the same but for case
 * (RFC 5321 §2.4).
 */
public final class Mailbox {

    /** RFC 5321 §4.5.3.1.2: a domain has at most 255 octets. */
    public static final int MAX_DOMAIN = 255;
    /** RFC 5321 §4.5.3.1.3: a path has at most 256 octets, the angle brackets counted. */
    public static final int MAX_ADDRESS = 254;
    // RFC 1035 §2.3.4
    private static final int MAX_LABEL = 63;
    private static final String ATEXT_SPECIALS = "!#$%&'*+-/=?^_`{|}~";

    private final String address;
    private final int at;

    private Mailbox(String address, int at) {
        this.address = address;
        this.at = at;
    }

    /**
     * Reads an address as it stands between the angle brackets of a path, without a source route.
     *
     * @throws IllegalArgumentException when it is not a mailbox
     */
    public static Mailbox of(String address) {
        return parse(address)
                .orElseThrow(() -> new IllegalArgumentException(
                        "address is \"" + address + "\"; expected local-part@domain (RFC 5321 §4.1.2)"));
    }

    /** Like {@link #of(String)}, but empty when {@code address} is not a mailbox. */
    public static Optional<Mailbox> parse(String address) {
        if (address.equalsIgnoreCase("postmaster")) {
            return Optional.of(new Mailbox(address, -1));
        }
        int at = endOfLocalPart(address);
        if (at <= 0 || at >= address.length() || address.charAt(at) != '@') {
            return Optional.empty();
        }
        int end = address.length();
        if (octets(address, 0, end) > MAX_ADDRESS
                || octets(address, at + 1, end) > MAX_DOMAIN
                || !isDomain(address, at + 1)) {
            return Optional.empty();
        }
        return Optional.of(new Mailbox(address, at));
    }

    /** The whole address as the client wrote it, without angle brackets. */
    public String address() {
        return address;
    }

    /** The part before the {@code @}; for a quoted string what it stands for, without quotes and backslashes. */
    public String localPart() {
        String local = at < 0 ? address : address.substring(0, at);
        return local.startsWith("\"") ? unquote(local) : local;
    }

    /** The part behind the {@code @}, an address literal with its brackets; empty for {@code postmaster} alone. */
    public String domain() {
        return at < 0 ? "" : address.substring(at + 1);
    }

    /** Whether every character of the address is ASCII; if not, it may be used with SMTPUTF8 only. */
    public boolean isAscii() {
        return octets(address, 0, address.length()) == address.length();
    }

    /** The length of the part before the {@code @} in octets, as limited by RFC 5321 §4.5.3.1.1. */
    public int localPartOctets() {
        return octets(address, 0, at < 0 ? address.length() : at);
    }

    private static int octets(String text, int from, int to) {
        int octets = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            // half of a surrogate pair is two of its four octets
            octets += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return octets;
    }

    /** The index of the {@code @} behind a well-formed local part, or -1. */
    private static int endOfLocalPart(String address) {
        return address.startsWith("\"") ? endOfQuotedString(address) : endOfDotString(address);
    }

    // Dot-string = Atom *("." Atom)
    private static int endOfDotString(String address) {
        boolean atomEmpty = true;
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c == '@') {
                return atomEmpty ? -1 : i;
            }
            if (c == '.' ? atomEmpty : !isAtext(c)) {
                return -1;
            }
            atomEmpty = c == '.';
        }
        return -1;
    }

    // Quoted-string = DQUOTE *QcontentSMTP DQUOTE
    private static int endOfQuotedString(String address) {
        for (int i = 1; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\') {
                i++;
                // quoted-pairSMTP = %d92 %d32-126
                if (i == address.length() || !isPrintable(address.charAt(i)) || address.charAt(i) > 0x7E) {
                    return -1;
                }
            } else if (!isPrintable(c)) {
                return -1;
            }
        }
        return -1;
    }

    private static boolean isAtext(char c) {
        return isLetterOrDigit(c) || isUnicode(c) || ATEXT_SPECIALS.indexOf(c) >= 0;
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static boolean isPrintable(char c) {
        return (c >= ' ' && c <= '~') || isUnicode(c);
    }

    // RFC 6531 §3.3 adds UTF8-non-ascii; C1 controls are left out of it, and so is what stands for malformed input
    private static boolean isUnicode(char c) {
        return c >= 0xA0 && c != 0xFFFD;
    }

    private static boolean isDomain(String address, int from) {
        if (from < address.length() && address.charAt(from) == '[') {
            return AddressLiteral.isValid(address, from);
        }
        int label = 0;
        char previous = '.';
        for (int i = from; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c == '.') {
                if (label == 0 || previous == '-') {
                    return false;
                }
                label = 0;
            } else {
                // the underscore is not in RFC 5321's grammar, but in host names of real networks
                boolean allowed = isLetterOrDigit(c) || isUnicode(c) || c == '_' || (c == '-' && label > 0);
                if (!allowed || ++label > MAX_LABEL) {
                    return false;
                }
            }
            previous = c;
        }
        return label > 0 && previous != '-';
    }

    private static String unquote(String quoted) {
        StringBuilder content = new StringBuilder(quoted.length());
        for (int i = 1; i < quoted.length() - 1; i++) {
            if (quoted.charAt(i) == '\\') {
                i++;
            }
            content.append(quoted.charAt(i));
        }
        return content.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mailbox mailbox
                && localPart().equals(mailbox.localPart())
                && lowerCaseDomain().equals(mailbox.lowerCaseDomain());
    }

    @Override
    public int hashCode() {
        return 31 * localPart().hashCode() + lowerCaseDomain().hashCode();
    }

    private String lowerCaseDomain() {
        return domain().toLowerCase(Locale.ROOT);
    }

    /** The {@link #address() address}. */
    @Override
    public String toString() {
        return address;
    }
}
