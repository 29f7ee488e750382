package io.postern.smtp.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A line of a {@link Dialogue}.
 *
 * @param number where in the script it stands, the first is 1
 * @param text what stands behind {@code C:} or {@code S:}
 */
record DialogueLine(int number, Kind kind, String text) {

    /** What a line is about. */
    enum Kind {
        /** The client sends octets. */
        SAID(true),
        /** The client makes the TLS handshake. */
        TLS(true),
        /** The client says that nothing more will come. */
        END(true),
        /** The client drops the connection. */
        RESET(true),
        /** The server gives a whole reply, which is known by its code. */
        REPLY(false),
        /** The server gives one line of a reply. */
        REPLY_LINE(false),
        /** The server gives any number of further lines of the same reply. */
        REST_OF_REPLY(false),
        /** The server closes the connection. */
        CLOSED(false);

        private final boolean client;

        Kind(boolean client) {
            this.client = client;
        }

        /** Whether it is the client who acts. */
        boolean isClient() {
            return client;
        }
    }

    private static final Map<String, Kind> SIGNS = Map.of("<tls>", Kind.TLS, "<end>", Kind.END, "<reset>", Kind.RESET);
    private static final Map<String, Kind> EXPECTED = Map.of("...", Kind.REST_OF_REPLY, "<closed>", Kind.CLOSED);
    private static final Pattern CODE = Pattern.compile("[2-5x][0-9x][0-9x]");

    /** Reads a line that has neither blanks around it nor a comment in it. */
    static DialogueLine parse(int number, String line) {
        boolean client = line.startsWith("C:");
        if (!client && !line.startsWith("S:")) {
            throw new IllegalArgumentException(
                    "line " + number + " is \"" + line + "\"; a line of a dialogue begins with C: or S:");
        }
        String text = line.startsWith(" ", 2) ? line.substring(3) : line.substring(2);
        Kind kind = client ? SIGNS.getOrDefault(text, Kind.SAID) : EXPECTED.getOrDefault(text, reply(text));
        DialogueLine parsed = new DialogueLine(number, kind, text);
        if (kind == Kind.SAID) {
            parsed.octets(); // says what is wrong with it
        }
        return parsed;
    }

    private static Kind reply(String text) {
        return CODE.matcher(text).matches() ? Kind.REPLY : Kind.REPLY_LINE;
    }

    /** The octets that the client sends, CR LF included. */
    byte[] octets() {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c != '\\') {
                octets.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            } else if (i == text.length()) {
                return octets.toByteArray(); // CR LF is left out
            } else {
                char escaped = text.charAt(i++);
                switch (escaped) {
                    case 'r' -> octets.write('\r');
                    case 'n' -> octets.write('\n');
                    case 't' -> octets.write('\t');
                    case '\\' -> octets.write('\\');
                    case 'x' -> {
                        octets.write(octet(i));
                        i += 2;
                    }
                    default -> throw unknown("\\" + escaped);
                }
            }
        }
        octets.write('\r');
        octets.write('\n');
        return octets.toByteArray();
    }

    private int octet(int at) {
        String digits = text.substring(at, Math.min(text.length(), at + 2));
        try {
            return HexFormat.of().parseHex(digits)[0] & 0xFF;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw unknown("\\x" + digits);
        }
    }

    private IllegalArgumentException unknown(String escape) {
        return new IllegalArgumentException("line " + number + " has \"" + escape
                + "\" in it; allowed are \\r, \\n, \\t, \\\\, \\xHH, and \\ at the end");
    }

    /** Whether a reply with this code is what is expected. */
    boolean allows(int code) {
        return String.valueOf(code).matches(text.replace('x', '.'));
    }

    /** Whether this line of a reply is what is expected. */
    boolean allows(String line) {
        StringBuilder pattern = new StringBuilder();
        for (String literal : text.split("\\*", -1)) {
            pattern.append(pattern.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
        }
        return line.matches(pattern.toString());
    }
}
