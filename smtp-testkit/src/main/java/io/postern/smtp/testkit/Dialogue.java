package io.postern.smtp.testkit;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A dialogue as text, which can be led with any server: one in memory ({@link SmtpHandlerTester#connect()}), one of the test
 * ({@link TestSmtpServer#connect()}), or any other ({@link RawSmtpClient#connect(String, int)}).
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
 * A reply of which lines have been expected must have no others.
 *
 * <p>Empty lines, and those that begin with {@code #}, are for the reader.
 */
public final class Dialogue {

    private static final String REST_OF_REPLY = "...";
    /** How much of a line is shown in the transcript of a failure. */
    private static final int SHOWN = 200;

    private static final String CLOSED = "<closed>";

    private static final String TLS = "<tls>";
    private static final String END = "<end>";
    private static final String RESET = "<reset>";
    /** What is done, and not said. */
    private static final Set<String> SIGNS = Set.of(TLS, END, RESET);

    private record Step(int line, boolean client, String text) {

        boolean isRest() {
            return !client && text.equals(REST_OF_REPLY);
        }

        /** Whether a whole reply is expected, by its code. */
        boolean isReply() {
            return !client && text.matches("[2-5x][0-9x][0-9x]");
        }

        /** Whether one line of a reply is expected. */
        boolean isLine() {
            return !client && !isRest() && !isReply() && !text.equals(CLOSED);
        }
    }

    private final List<Step> steps;
    private final @Nullable SSLContext tls;
    private final Cuts cuts;

    private Dialogue(List<Step> steps, @Nullable SSLContext tls, Cuts cuts) {
        this.steps = steps;
        this.tls = tls;
        this.cuts = cuts;
    }

    /**
     * Reads a script.
     *
     * @throws IllegalArgumentException when a line is neither {@code C:} nor {@code S:}, or means nothing where it stands; it
     *     says which
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
            Step step = new Step(number, stripped.startsWith("C:"), text.startsWith(" ") ? text.substring(1) : text);
            if (step.isRest()
                    && (steps.isEmpty() || !steps.get(steps.size() - 1).isLine())) {
                throw new IllegalArgumentException(
                        "line " + number + " is \"" + line + "\"; it stands behind a line of a reply");
            }
            steps.add(step);
        }
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("the dialogue is empty; allowed is one line or more");
        }
        return new Dialogue(List.copyOf(steps), null, Cuts.NONE);
    }

    /**
     * The same dialogue, for scripts with {@code C: <tls>} in them.
     *
     * @param trust trusts the server's certificate
     */
    public Dialogue encrypted(SSLContext trust) {
        return new Dialogue(steps, trust, cuts);
    }

    /**
     * The same dialogue with one cut: what the client says is sent in two writes where its first {@code octets} end, counted
     * over all that it says.
     *
     * @param octets from 1 to {@link #octets()} - 1; where a write ends anyway, there is no other cut
     */
    public Dialogue cut(int octets) {
        int last = octets() - 1;
        if (octets < 1 || octets > last) {
            throw new IllegalArgumentException("octets is " + octets + "; allowed is 1 to " + last);
        }
        return new Dialogue(steps, tls, Cuts.at(octets));
    }

    /**
     * The same dialogue with each write of the client cut in pieces.
     *
     * @param octets how many a piece has, 1 or more
     */
    public Dialogue pieces(int octets) {
        if (octets < 1) {
            throw new IllegalArgumentException("octets is " + octets + "; allowed is 1 or more");
        }
        return new Dialogue(steps, tls, Cuts.every(octets));
    }

    /** How many octets the client says, without those of TLS. */
    public int octets() {
        return steps.stream()
                .filter(step -> step.client() && !SIGNS.contains(step.text()))
                .mapToInt(step -> octets(step.text()).length)
                .sum();
    }

    /**
     * Leads the dialogue over a connection, and closes it.
     *
     * @return what was said, each line with {@code C:} or {@code S:} in front; long ones are cut short
     * @throws AssertionError when the server says something else
     */
    public String with(RawSmtpClient client) {
        return new Run(client).lead();
    }

    /**
     * Like {@link #with(RawSmtpClient)}, for a dialogue in which {@code C: <tls>} stands.
     *
     * @param trust trusts the server's certificate
     */
    public String with(RawSmtpClient client, SSLContext trust) {
        return encrypted(trust).with(client);
    }

    /**
     * Leads the dialogue several times, each with a connection of its own: whole, with each of what the client sends cut in
     * pieces of one octet, of two, and of three. What the server says must not differ from the script.
     */
    public void withCuts(Supplier<RawSmtpClient> connect) {
        with(connect.get());
        for (int octets = 1; octets <= 3; octets++) {
            pieces(octets).with(connect.get());
        }
    }

    /**
     * Leads the dialogue once for each place where what the client says can be {@linkplain #cut cut} in two, each time with a
     * connection of its own. In memory each piece is a read of the server; a system may put together again what a socket
     * sends.
     */
    public void withEveryCut(Supplier<RawSmtpClient> connect) {
        int octets = octets();
        for (int cut = 1; cut < octets; cut++) {
            try {
                cut(cut).with(connect.get());
            } catch (AssertionError e) {
                throw new AssertionError("cut behind " + cut + " octets, " + e.getMessage(), e);
            }
        }
    }

    /** The octets that a client's line stands for. */
    static byte[] octets(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        boolean lineEnd = true;
        int length = 1;
        for (int i = 0; i < text.length(); i += length) {
            int c = text.codePointAt(i);
            length = Character.charCount(c);
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

    /** Where what the client sends is cut. */
    private interface Cuts {

        Cuts NONE = sent -> Integer.MAX_VALUE;

        /** How many octets will have been sent when the next cut comes, where {@code sent} have been now. */
        int next(int sent);

        static Cuts at(int octets) {
            return sent -> sent < octets ? octets : Integer.MAX_VALUE;
        }

        static Cuts every(int octets) {
            return sent -> sent + octets;
        }
    }

    /** One time that the dialogue is led. */
    private final class Run {

        private final RawSmtpClient client;
        private final StringBuilder transcript = new StringBuilder();
        private final List<String> unread = new ArrayList<>(); // lines of the reply that is compared
        private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
        private int sent;

        Run(RawSmtpClient client) {
            this.client = client;
        }

        String lead() {
            try (client) {
                for (Step step : steps) {
                    if (step.client()) {
                        requireWholeReply("line " + step.line());
                        say(step);
                    } else {
                        send();
                        hear(step);
                    }
                }
                send();
                requireWholeReply("the end");
            }
            return transcript.toString();
        }

        private void requireWholeReply(String before) {
            if (!unread.isEmpty()) {
                throw new AssertionError("before " + before + ", the reply has more lines than were expected: " + unread
                        + "; so far:\n" + transcript);
            }
        }

        private void say(Step step) {
            switch (step.text()) {
                case TLS -> {
                    send();
                    if (tls == null) {
                        throw new IllegalStateException("the dialogue has <tls>, and no SSLContext was given");
                    }
                    client.startTls(tls);
                }
                case END -> {
                    send();
                    client.shutdownOutput();
                }
                case RESET -> {
                    send();
                    client.reset();
                }
                default -> unsent.writeBytes(octets(step.text()));
            }
            note("C: " + step.text());
        }

        private void note(String line) {
            boolean isLong = line.codePointCount(0, line.length()) > SHOWN;
            transcript
                    .append(isLong ? line.substring(0, line.offsetByCodePoints(0, SHOWN)) + "..." : line)
                    .append('\n');
        }

        private void send() {
            byte[] octets = unsent.toByteArray();
            unsent.reset();
            int from = 0;
            while (from < octets.length) {
                int to = Math.min(octets.length, cuts.next(sent) - sent + from);
                client.send(Arrays.copyOfRange(octets, from, to));
                sent += to - from;
                from = to;
            }
        }

        private void hear(Step step) {
            String expected = step.text();
            if (expected.equals(CLOSED)) {
                String more = client.readToEnd();
                require(step, unread.isEmpty() && more.isEmpty(), unread + more);
            } else if (step.isRest()) {
                unread.clear();
            } else if (step.isReply()) {
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
                reply.toString().lines().forEach(line -> note("S: " + line));
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
