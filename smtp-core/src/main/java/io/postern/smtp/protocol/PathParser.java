package io.postern.smtp.protocol;

/** Takes the argument of MAIL and RCPT apart: {@code FROM:<path> parameters} (RFC 5321 §4.1.2). */
final class PathParser {

    /**
     * @param address what stands in the path, without angle brackets and source route
     * @param parameters what stands behind the path, without spaces around it
     */
    record Path(String address, String parameters) {}

    private PathParser() {}

    /**
     * Reads a path and what follows it. As other servers do, it takes a space in front of the path and a path without
     * angle brackets, though RFC 5321 has neither.
     *
     * @param keyword {@code FROM:} or {@code TO:}
     * @param malformed what is wrong when the path is there but not well formed
     */
    static Parsed<Path> parse(String argument, String keyword, Violation malformed) {
        if (!argument.regionMatches(true, 0, keyword, 0, keyword.length())) {
            return Parsed.wrong(Violation.SYNTAX);
        }
        int from = skipSpaces(argument, keyword.length());
        if (from == argument.length()) {
            return Parsed.wrong(Violation.SYNTAX);
        }
        boolean bracketed = argument.charAt(from) == '<';
        int end = bracketed ? closingBracket(argument, from + 1) : nextSpace(argument, from);
        if (end < 0) {
            return Parsed.wrong(malformed);
        }
        int behind = bracketed ? end + 1 : end;
        if (behind < argument.length() && argument.charAt(behind) != ' ') {
            return Parsed.wrong(malformed);
        }
        int start = bracketed ? behindSourceRoute(argument, from + 1, end) : from;
        if (start < 0) {
            return Parsed.wrong(malformed);
        }
        String parameters =
                behind == argument.length() ? "" : argument.substring(behind).trim();
        return Parsed.ok(new Path(argument.substring(start, end), parameters));
    }

    private static int skipSpaces(String text, int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) == ' ') {
            i++;
        }
        return i;
    }

    private static int nextSpace(String text, int from) {
        int space = text.indexOf(' ', from);
        return space < 0 ? text.length() : space;
    }

    /** The index of the {@code >} that ends a path; one in a quoted string does not. */
    private static int closingBracket(String text, int from) {
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && quoted) {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '>' && !quoted) {
                return i;
            }
        }
        return -1;
    }

    /** RFC 5321 §4.1.1.3: a source route is accepted and ignored. */
    private static int behindSourceRoute(String text, int from, int end) {
        if (text.charAt(from) != '@') {
            return from;
        }
        int colon = text.indexOf(':', from);
        if (colon < 0 || colon + 1 >= end) {
            return -1;
        }
        for (String hop : text.substring(from, colon).split(",", -1)) {
            if (hop.length() < 2 || hop.charAt(0) != '@' || hop.indexOf('@', 1) > 0) {
                return -1;
            }
        }
        return colon + 1;
    }
}
