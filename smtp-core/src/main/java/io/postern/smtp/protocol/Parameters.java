package io.postern.smtp.protocol;

import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of MAIL and RCPT one by one (RFC 5321 §4.1.2, esmtp-param). */
final class Parameters {

    /** Takes one parameter; it says what is wrong with it, if anything. */
    interface Taker {
        /**
         * @param keyword in upper case
         * @param value what stands behind the {@code =}, or null when there is none
         */
        Optional<Violation> take(String keyword, @Nullable String value);
    }

    private Parameters() {}

    /** Hands every parameter in {@code text} to {@code taker}, up to the first that is wrong. */
    static Optional<Violation> read(String text, Taker taker) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Set<String> seen = new HashSet<>();
        for (String parameter : text.split(" +")) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? null : parameter.substring(equals + 1);
            if (!isKeyword(name) || (value != null && !isValue(value))) {
                return Optional.of(Violation.BAD_PARAMETER);
            }
            String keyword = name.toUpperCase(Locale.ROOT);
            if (!seen.add(keyword)) {
                return Optional.of(Violation.DUPLICATE_PARAMETER);
            }
            Optional<Violation> wrong = taker.take(keyword, value);
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        return Optional.empty();
    }

    // esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    private static boolean isKeyword(String keyword) {
        for (int i = 0; i < keyword.length(); i++) {
            char c = keyword.charAt(i);
            if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0))) {
                return false;
            }
        }
        return !keyword.isEmpty();
    }

    /** Whether there is no UTF-8 in a text: only a transaction with SMTPUTF8 may have it (RFC 6531 §3.3). */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    // esmtp-value = 1*(%d33-60 / %d62-126), and UTF-8 by RFC 6531 §3.3
    private static boolean isValue(String value) {
        return !value.isEmpty() && value.indexOf('=') < 0;
    }
}
