package io.postern.smtp;

import java.util.List;
import java.util.Optional;

/** Reads the parameters of MAIL and RCPT out of the text in which the client sent them. */
final class ParameterText {

    private ParameterText() {}

    static List<String> options(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" +"));
    }

    static Optional<String> value(String text, String keyword) {
        return options(text).stream()
                .filter(option -> keyword.equalsIgnoreCase(keyword(option)))
                .findFirst()
                .map(option -> option.length() > keyword.length() ? option.substring(keyword.length() + 1) : "");
    }

    private static String keyword(String option) {
        int equals = option.indexOf('=');
        return equals < 0 ? option : option.substring(0, equals);
    }
}
