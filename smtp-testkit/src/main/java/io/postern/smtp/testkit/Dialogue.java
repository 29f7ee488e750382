package io.postern.smtp.testkit;

import io.postern.smtp.testkit.DialogueLine.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
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
 * an octet; a {@code \} at the end leaves CR LF out. Blanks at the end of a line do not count, write {@code \x20}. All
 * {@code C:} lines without an {@code S:} between them go out in one write. {@code C: <tls>} makes the TLS handshake,
 * {@code C: <end>} says that nothing more will be sent, and {@code C: <reset>} drops the connection.
 *
 * <p>{@code S:} is expected. Three digits alone stand for a whole reply with that code, however many lines it has; an
 * {@code x} among them is any digit, so that {@code 5xx} is a refusal and {@code xxx} any reply. Anything else is one line,
 * in which {@code *} stands for any text; {@code S: ...} is any number of further lines of the same reply. {@code S: <closed>}
 * expects the server to close. A reply of which lines have been expected must have no others.
 *
 * <p>A dialogue may be led any number of times. When the server does something else, an {@link AssertionError} names the line
 * of the script and shows what was said until then.
 *
 * <p>Empty lines, and those that begin with {@code #}, are for the reader.
 */
public final class Dialogue {

    /** What {@link #withCuts} cuts a dialogue into. */
    private static final int LARGEST_PIECE = 3;

    private final List<DialogueLine> script;
    private final @Nullable SSLContext tls;
    private final Cuts cuts;

    private Dialogue(List<DialogueLine> script, @Nullable SSLContext tls, Cuts cuts) {
        this.script = script;
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
        List<DialogueLine> lines = new ArrayList<>();
        int number = 0;
        for (String text : script.split("\n", -1)) {
            number++;
            String stripped = text.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            DialogueLine line = DialogueLine.parse(number, stripped);
            if (line.kind() == Kind.REST_OF_REPLY
                    && (lines.isEmpty() || lines.get(lines.size() - 1).kind() != Kind.REPLY_LINE)) {
                throw new IllegalArgumentException(
                        "line " + number + " is \"" + stripped + "\"; it stands behind a line of a reply");
            }
            lines.add(line);
        }
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("the dialogue is empty; allowed is one line or more");
        }
        return new Dialogue(List.copyOf(lines), null, Cuts.NONE);
    }

    /**
     * The same dialogue, for scripts with {@code C: <tls>} in them.
     *
     * @param trust trusts the server's certificate
     */
    public Dialogue encrypted(SSLContext trust) {
        return new Dialogue(script, trust, cuts);
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
        return new Dialogue(script, tls, Cuts.at(octets));
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
        return new Dialogue(script, tls, Cuts.every(octets));
    }

    /** How many octets the client says, without those of TLS. */
    public int octets() {
        return script.stream()
                .filter(line -> line.kind() == Kind.SAID)
                .mapToInt(line -> line.octets().length)
                .sum();
    }

    /**
     * Leads the dialogue over a connection, and closes it.
     *
     * @return what was said, each line with {@code C:} or {@code S:} in front; long ones are cut short
     * @throws AssertionError when the server says something else, or the connection fails
     * @throws IllegalStateException when {@code C: <tls>} stands in the script, and it was not told whom to trust
     */
    public String with(RawSmtpClient client) {
        return new DialogueRun(client, tls, cuts).lead(script);
    }

    /**
     * Leads the dialogue four times, each with a connection of its own: whole, with each of what the client sends cut in
     * pieces of one octet, of two, and of three. What the server says must not differ from the script.
     *
     * @throws AssertionError when it does, which also says how it was cut
     */
    public void withCuts(Supplier<RawSmtpClient> connect) {
        with(connect.get());
        for (int octets = 1; octets <= LARGEST_PIECE; octets++) {
            pieces(octets).with(connect.get(), "cut in pieces of " + octets);
        }
    }

    /**
     * Leads the dialogue once for each place where what the client says can be {@linkplain #cut cut} in two, each time with a
     * connection of its own. In memory each piece is a read of the server; a system may put together again what a socket
     * sends. A client that says too little to be cut is led once.
     *
     * @throws AssertionError when the server says something else, which also says where it was cut
     */
    public void withEveryCut(Supplier<RawSmtpClient> connect) {
        int octets = octets();
        if (octets < 2) {
            with(connect.get());
        }
        for (int cut = 1; cut < octets; cut++) {
            cut(cut).with(connect.get(), "cut behind octet " + cut);
        }
    }

    private void with(RawSmtpClient client, String cut) {
        try {
            with(client);
        } catch (AssertionError e) {
            throw new AssertionError(cut + ", " + e.getMessage(), e);
        }
    }
}
