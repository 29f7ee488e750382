package io.postern.smtp.sasl;

import java.text.Normalizer;
import java.util.Optional;

/**
 * SASLprep (RFC 4013): makes one string of all the ways to type the same name or password. Code points that Unicode 3.2 did
 * not know are let through, as in a query (RFC 3454 §7): a password of today may have them.
 */
final class SaslPrep {

    private SaslPrep() {}

    /** The prepared text; empty when it has prohibited characters or nothing is left. */
    static Optional<String> prepare(String text) {
        if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            return Optional.of(text).filter(ascii -> !ascii.isEmpty());
        }
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints()
                .filter(c -> !isMappedToNothing(c))
                .map(c -> isNonAsciiSpace(c) ? ' ' : c)
                .forEach(mapped::appendCodePoint);
        String normal = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
        boolean allowed =
                !normal.isEmpty() && normal.codePoints().noneMatch(SaslPrep::isProhibited) && hasOneDirection(normal);
        return allowed ? Optional.of(normal) : Optional.empty();
    }

    /**
     * The prepared password.
     *
     * @throws IllegalArgumentException when it is empty or has prohibited characters; the message does not tell which
     */
    static String password(String password) {
        return prepare(password)
                .orElseThrow(() -> new IllegalArgumentException(
                        "password is empty or has characters that SASLprep prohibits (RFC 4013 §2.3)"));
    }

    // RFC 3454 table B.1
    private static boolean isMappedToNothing(int c) {
        return switch (c) {
            case 0x00AD, 0x034F, 0x1806, 0x180B, 0x180C, 0x180D, 0x200C, 0x200D, 0x2060, 0xFEFF -> true;
            default -> c >= 0xFE00 && c <= 0xFE0F;
        };
    }

    // RFC 3454 table C.1.2
    private static boolean isNonAsciiSpace(int c) {
        return switch (c) {
            case 0x00A0, 0x1680, 0x202F, 0x205F, 0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200B;
        };
    }

    // RFC 4013 §2.3
    private static boolean isProhibited(int c) {
        return isNonAsciiSpace(c)
                || Character.isISOControl(c)
                || isNonAsciiControl(c)
                || Character.getType(c) == Character.PRIVATE_USE
                || isNonCharacter(c)
                || (c >= 0xD800 && c <= 0xDFFF)
                || (c >= 0xFFF9 && c <= 0xFFFD)
                || (c >= 0x2FF0 && c <= 0x2FFB)
                || changesDisplay(c)
                || isTag(c);
    }

    // RFC 3454 table C.2.2
    private static boolean isNonAsciiControl(int c) {
        return switch (c) {
            case 0x06DD, 0x070F, 0x180E, 0x200C, 0x200D, 0x2028, 0x2029, 0xFEFF -> true;
            default -> (c >= 0x2060 && c <= 0x2063) || (c >= 0x206A && c <= 0x206F) || (c >= 0x1D173 && c <= 0x1D17A);
        };
    }

    // RFC 3454 table C.4
    private static boolean isNonCharacter(int c) {
        return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
    }

    // RFC 3454 table C.8
    private static boolean changesDisplay(int c) {
        return c == 0x0340 || c == 0x0341 || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E);
    }

    // RFC 3454 table C.9
    private static boolean isTag(int c) {
        return c == 0xE0001 || (c >= 0xE0020 && c <= 0xE007F);
    }

    // RFC 3454 §6: with a right-to-left character there is no left-to-right one, and it stands at both ends
    private static boolean hasOneDirection(String text) {
        if (text.codePoints().noneMatch(SaslPrep::isRightToLeft)) {
            return true;
        }
        return text.codePoints()
                        .noneMatch(c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT)
                && isRightToLeft(text.codePointAt(0))
                && isRightToLeft(text.codePointBefore(text.length()));
    }

    private static boolean isRightToLeft(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
