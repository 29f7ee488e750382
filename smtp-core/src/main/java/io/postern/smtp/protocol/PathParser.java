package io.postern.smtp.protocol;

import java.nio.charset.StandardCharsets;

/**
 * Takes the argument of MAIL and RCPT apart: {@code FROM:<path> parameters} (RFC 5321 §4.1.2). It looks at the octets, so that
 * only the address and the parameters become text.
 */
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
     * @param line holds the argument from {@code from} to {@code to}, without spaces around it, in UTF-8
     * @param keyword {@code FROM:} or {@code TO:}, which the client may write in any case
     * @param malformed what is wrong when the path is there but not well formed
     */
    static Parsed<Path> parse(byte[] line, int from, int to, String keyword, Violation malformed) {
        if (!startsWith(line, from, to, keyword)) {
            return Parsed.wrong(Violation.SYNTAX);
        }
        int path = skipSpaces(line, from + keyword.length(), to);
        if (path == to) {
            return Parsed.wrong(Violation.SYNTAX);
        }
        boolean bracketed = line[path] == '<';
        int end = bracketed ? closingBracket(line, path + 1, to) : indexOf(' ', line, path, to);
        if (bracketed && end == to) {
            return Parsed.wrong(malformed);
        }
        int behind = bracketed ? end + 1 : end;
        if (behind < to && line[behind] != ' ') {
            return Parsed.wrong(malformed);
        }
        int start = bracketed ? behindSourceRoute(line, path + 1, end) : path;
        if (start < 0) {
            return Parsed.wrong(malformed);
        }
        return Parsed.ok(new Path(text(line, start, end), text(line, skipSpaces(line, behind, to), to)));
    }

    private static boolean startsWith(byte[] line, int from, int to, String keyword) {
        if (to - from < keyword.length()) {
            return false;
        }
        for (int i = 0; i < keyword.length(); i++) {
            if (toUpperCase(line[from + i]) != keyword.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int toUpperCase(byte octet) {
        return octet >= 'a' && octet <= 'z' ? octet - ('a' - 'A') : octet;
    }

    /** What stands in a region, read as UTF-8. */
    static String text(byte[] line, int from, int to) {
        return from == to ? "" : new String(line, from, to - from, StandardCharsets.UTF_8);
    }

    /** Where the first octet stands that is no space, or {@code to}. */
    static int skipSpaces(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] == ' ') {
            i++;
        }
        return i;
    }

    /** Where {@code wanted} stands, or {@code to}. */
    static int indexOf(char wanted, byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] != wanted) {
            i++;
        }
        return i;
    }

    /** Where the {@code >} stands that ends a path, or {@code to}; one in a quoted string does not end it. */
    private static int closingBracket(byte[] line, int from, int to) {
        boolean quoted = false;
        for (int i = from; i < to; i++) {
            byte c = line[i];
            if (c == '\\' && quoted) {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '>' && !quoted) {
                return i;
            }
        }
        return to;
    }

    /** RFC 5321 §4.1.1.3: a source route is accepted and ignored. */
    private static int behindSourceRoute(byte[] line, int from, int end) {
        if (from == end || line[from] != '@') {
            return from;
        }
        int colon = indexOf(':', line, from, end);
        if (colon + 1 >= end) {
            return -1;
        }
        for (String hop : text(line, from, colon).split(",", -1)) {
            if (hop.length() < 2 || hop.charAt(0) != '@' || hop.indexOf('@', 1) > 0) {
                return -1;
            }
        }
        return colon + 1;
    }
}
