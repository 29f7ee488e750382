package io.postern.smtp;

import java.util.Optional;

/**
 * An enhanced mail system status code, such as {@code 5.1.1} (RFC 3463).
 *
 * @param status 2 for success, 4 for a failure that may pass, 5 for one that will not
 * @param subject what the code is about, 0 to 999
 * @param detail the condition, 0 to 999
 */
public record EnhancedCode(int status, int subject, int detail) {

    // RFC 3463 §2: subject = 1*3digit, detail = 1*3digit
    private static final int MAX_PART = 999;

    public EnhancedCode {
        if (status != 2 && status != 4 && status != 5) {
            throw new IllegalArgumentException("status is " + status + "; allowed are 2, 4 and 5 (RFC 3463 §2)");
        }
        checkPart("subject", subject);
        checkPart("detail", detail);
    }

    /**
     * Reads a code as it stands in a reply.
     *
     * @throws IllegalArgumentException when {@code text} is not of the form {@code status.subject.detail}
     */
    public static EnhancedCode parse(String text) {
        return find(text)
                .filter(code -> code.toString().length() == text.length())
                .orElseThrow(() -> new IllegalArgumentException(
                        "enhanced code is \"" + text + "\"; expected three numbers such as 5.1.1 (RFC 3463 §2)"));
    }

    /** The code that {@code text} begins with, when one stands there and a space or the end follows it. */
    static Optional<EnhancedCode> find(String text) {
        int space = text.indexOf(' ');
        String[] parts = (space < 0 ? text : text.substring(0, space)).split("\\.", -1);
        if (parts.length != 3 || !parts[0].matches("[245]") || !isNumber(parts[1]) || !isNumber(parts[2])) {
            return Optional.empty();
        }
        return Optional.of(
                new EnhancedCode(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2])));
    }

    private static boolean isNumber(String part) {
        // no leading zeros, RFC 3463 §2
        return part.matches("0|[1-9][0-9]{0,2}");
    }

    private static void checkPart(String name, int value) {
        if (value < 0 || value > MAX_PART) {
            throw new IllegalArgumentException(
                    name + " is " + value + "; allowed is 0 to " + MAX_PART + " (RFC 3463 §2)");
        }
    }

    @Override
    public String toString() {
        return status + "." + subject + "." + detail;
    }
}
