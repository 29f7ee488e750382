package io.postern.smtp.testkit;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A dialogue as text, which can be led with any server:
 *
 * <pre>{@code
 * Dialogue.parse("""
 *         S: 220 *
 *         C: EHLO client.example
 *         S: 250
 *         C: MAIL FROM:<a@b.example>
 *         S: 250 2.1.0 *
 *         C: QUIT
 *         S: 221
 *         S: <closed>
 *         """).with(server.connect());
 * }</pre>
 *
 * <p>{@code C:} is sent, with CR LF behind it. In it {@code \r}, {@code \n}, {@code \t}, {@code \\} and {@code \xHH} stand for
 * an octet; a {@code \} at the end leaves CR LF out. All {@code C:} lines without an {@code S:} between them go out
 * in one write. {@code C: <tls>} makes the TLS handshake, {@code C: <end>} says that nothing more will be sent, and
 * {@code C: <reset>} drops the connection.
 *
 * <p>{@code S:} is expected. Three digits alone stand for a whole reply with that code, however many lines it has; an
 * {@code x} among them is any digit, so that {@code 5xx} is a refusal and {@code xxx} any reply. Anything else is one line, in which {@code *} stands for any
 * text; {@code S: ...} is any number of further lines of the same reply. {@code S: <closed>} expects the server to close.
 *
 * <p>Empty lines, and those that begin with {@code #}, are for the reader.
 */
public final class Dialogue {

    private static final String REST_OF_REPLY = "...";
    /** How much of a line is shown in the transcript of a failure. */
    private static final int SHOWN = 200;

    private static final String CLOSED = "<closed>";

    private record Step(int line, boolean client, String text) {}

    private final List<Step> steps;

    private Dialogue(List<Step> steps) {
        this.steps = steps;
    }

    /**
     * Reads a script.
     *
     * @throws IllegalArgumentException when a line is neither {@code C:} nor {@code S:}; it says which
     */
    public static Dialogue parse(String script) {
        List<Step> steps = new ArrayList<>();
        int number = 0;
        for (String line : script.split("\n", -1)) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            if (!stripped.startsWith("C:") && !stripped.startsWith("S:")) {
                throw new IllegalArgumentException(
                        "line " + number + " is \"" + line + "\"; a line of a dialogue begins with C: or S:");
            }
            String text = stripped.substring(2);
            steps.add(new Step(number, stripped.startsWith("C:"), text.startsWith(" ") ? text.substring(1) : text));
        }
        return new Dialogue(List.copyOf(steps));
    }

    /** Leads the dialogue over a connection, and closes it. @throws AssertionError when the server says something else */
    public void with(RawSmtpClient client) {
        with(client, null);
    }

    /**
     * Like {@link #with(RawSmtpClient)}, for a dialogue in which {@code C: <tls>} stands.
     *
     * @param tls trusts the server's certificate
     */
    public void with(RawSmtpClient client, @Nullable SSLContext tls) {
        new Run(client, tls, 0).lead();
    }

    /**
     * Leads the dialogue several times, each with a connection of its own: whole, with each of what the client sends cut in
     * pieces of one octet, of two, and of three. What the server says must not differ.
     */
    public void withCuts(Supplier<RawSmtpClient> connect) {
        for (int piece = 0; piece <= 3; piece++) {
            new Run(connect.get(), null, piece).lead();
        }
    }

    /** The octets that a client's line stands for. */
    static byte[] octets(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        boolean lineEnd = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                octets.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            } else if (i + 1 == text.length()) {
                lineEnd = false;
            } else {
                char escaped = text.charAt(++i);
                switch (escaped) {
                    case 'r' -> octets.write('\r');
                    case 'n' -> octets.write('\n');
                    case 't' -> octets.write('\t');
                    case '\\' -> octets.write('\\');
                    case 'x' -> {
                        octets.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                        i += 2;
                    }
                    default -> throw new IllegalArgumentException("\\" + escaped + " stands for nothing in: " + text);
                }
            }
        }
        if (lineEnd) {
            octets.write('\r');
            octets.write('\n');
        }
        return octets.toByteArray();
    }

    /** One time that the dialogue is led. */
    private final class Run {

        private final RawSmtpClient client;
        private final @Nullable SSLContext tls;
        private final int piece;
        private final StringBuilder transcript = new StringBuilder();
        private final List<String> unread = new ArrayList<>(); // lines of the reply that is compared
        private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();

        Run(RawSmtpClient client, @Nullable SSLContext tls, int piece) {
            this.client = client;
            this.tls = tls;
            this.piece = piece;
        }

        void lead() {
            try (client) {
                for (Step step : steps) {
                    if (step.client()) {
                        say(step);
                    } else {
                        send();
                        hear(step);
                    }
                }
                send();
            }
        }

        private void say(Step step) {
            switch (step.text()) {
                case "<tls>" -> {
                    send();
                    if (tls == null) {
                        throw new IllegalStateException("the dialogue has <tls>, and no SSLContext was given");
                    }
                    client.startTls(tls);
                }
                case "<end>" -> {
                    send();
                    client.shutdownOutput();
                }
                case "<reset>" -> {
                    send();
                    client.reset();
                }
                default -> unsent.writeBytes(octets(step.text()));
            }
            note("C: " + step.text());
        }

        private void note(String line) {
            boolean isLong = line.length() > SHOWN;
            transcript.append(isLong ? line.substring(0, SHOWN) + "..." : line).append('\n');
        }

        private void send() {
            byte[] octets = unsent.toByteArray();
            unsent.reset();
            if (octets.length == 0) {
                return;
            }
            if (piece == 0) {
                client.send(octets);
            } else {
                client.sendInPieces(octets, piece);
            }
        }

        private void hear(Step step) {
            String expected = step.text();
            if (expected.equals(CLOSED)) {
                String more = client.readToEnd();
                require(step, unread.isEmpty() && more.isEmpty(), unread + more);
            } else if (expected.equals(REST_OF_REPLY)) {
                unread.clear();
            } else if (expected.matches("[2-5x][0-9x][0-9x]")) {
                require(step, unread.isEmpty(), unread.toString());
                WireReply reply = read(step);
                String code = String.valueOf(reply.code());
                require(step, code.matches(expected.replace("x", ".")), reply.toString());
            } else {
                if (unread.isEmpty()) {
                    unread.addAll(List.of(read(step).toString().split("\n", -1)));
                }
                String line = unread.remove(0);
                require(step, matches(expected, line), line);
            }
        }

        private WireReply read(Step step) {
            try {
                WireReply reply = client.readReply();
                reply.toString()
                        .lines()
                        .forEach(line -> transcript.append("S: ").append(line).append('\n'));
                return reply;
            } catch (UncheckedIOException e) {
                throw new AssertionError(
                        "line " + step.line() + ": expected \"" + step.text() + "\", but " + e.getMessage()
                                + "; so far:\n" + transcript,
                        e);
            }
        }

        private void require(Step step, boolean met, String got) {
            if (!met) {
                throw new AssertionError("line " + step.line() + ": expected \"" + step.text() + "\", but got \"" + got
                        + "\"; so far:\n" + transcript);
            }
        }
    }

    private static boolean matches(String expected, String line) {
        StringBuilder pattern = new StringBuilder();
        for (String literal : expected.split("\\*", -1)) {
            pattern.append(pattern.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
        }
        return line.matches(pattern.toString());
    }
}
