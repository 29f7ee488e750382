package io.postern.smtp.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dialogue as text, a line each:
 *
 * <pre>
 *   C: MAIL FROM:&lt;a@b.example&gt;     the client sends the line and CR LF
 *   c: .&lt;CR&gt;                       the client sends what stands here and no line end
 *   S: 250 2.1.0 OK                  the server says exactly this
 *   S: 501 5.5.4 ...                 the server says a line that begins so
 *   ! stop                           something else happens, see {@link Event}
 * </pre>
 *
 * <p>In what the client sends, {@code <CR>}, {@code <LF>}, {@code <NUL>}, {@code <xFF>} are octets and {@code {a*500}} is
 * a character that many times.
 */
record Transcript(List<Step> steps) {

    /** What happens in a dialogue besides input. */
    enum Event {
        STOP,
        TIMEOUT,
        DISCONNECT,
        HANDSHAKE
    }

    sealed interface Step {}

    static final class Client implements Step {
        private final byte[] octets;

        Client(byte[] octets) {
            this.octets = octets;
        }

        byte[] octets() {
            return octets;
        }
    }

    record Server(List<String> lines) implements Step {}

    record Happens(Event event) implements Step {}

    private static final Pattern TOKEN = Pattern.compile("<(CR|LF|NUL|x[0-9A-F]{2})>|\\{(.)\\*(\\d+)}");

    /** Lines of one kind that follow each other are one step. */
    static Transcript of(String text) {
        List<Step> steps = new ArrayList<>();
        ByteArrayOutputStream client = new ByteArrayOutputStream();
        List<String> server = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String rest = line.length() > 3 ? line.substring(3) : "";
            boolean fromClient = line.startsWith("C:") || line.startsWith("c:");
            if (!fromClient && client.size() > 0) {
                steps.add(new Client(client.toByteArray()));
                client.reset();
            }
            if (!line.startsWith("S:") && !server.isEmpty()) {
                steps.add(new Server(List.copyOf(server)));
                server.clear();
            }
            if (fromClient) {
                client.writeBytes(octets(rest));
                client.writeBytes(line.startsWith("C") ? new byte[] {'\r', '\n'} : new byte[0]);
            } else if (line.startsWith("S:")) {
                server.add(rest);
            } else if (line.startsWith("! ")) {
                steps.add(new Happens(Event.valueOf(line.substring(2).toUpperCase(java.util.Locale.ROOT))));
            } else if (!line.isBlank()) {
                throw new IllegalArgumentException(
                        "line \"" + line + "\" of a transcript begins neither with C:, c:, S: nor !");
            }
        }
        if (client.size() > 0) {
            steps.add(new Client(client.toByteArray()));
        }
        if (!server.isEmpty()) {
            steps.add(new Server(List.copyOf(server)));
        }
        return new Transcript(List.copyOf(steps));
    }

    /** The octets that {@code text} stands for. */
    static byte[] octets(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        Matcher token = TOKEN.matcher(text);
        int from = 0;
        while (token.find()) {
            octets.writeBytes(text.substring(from, token.start()).getBytes(StandardCharsets.UTF_8));
            String name = token.group(1);
            if (name == null) {
                octets.writeBytes(
                        token.group(2).repeat(Integer.parseInt(token.group(3))).getBytes(StandardCharsets.UTF_8));
            } else {
                octets.write(
                        switch (name) {
                            case "CR" -> '\r';
                            case "LF" -> '\n';
                            case "NUL" -> 0;
                            default -> Integer.parseInt(name.substring(1), 16);
                        });
            }
            from = token.end();
        }
        octets.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
        return octets.toByteArray();
    }

    /** The same dialogue, in which the client says all of its part in one piece unless something happens in between. */
    Transcript pipelined() {
        List<Step> merged = new ArrayList<>();
        ByteArrayOutputStream client = new ByteArrayOutputStream();
        for (Step step : steps) {
            if (step instanceof Client said) {
                client.writeBytes(said.octets());
            } else if (step instanceof Happens) {
                merged.add(new Client(client.toByteArray()));
                client.reset();
                merged.add(step);
            }
        }
        merged.add(new Client(client.toByteArray()));
        return new Transcript(List.copyOf(merged));
    }

    /** All lines that the server says. */
    List<String> serverLines() {
        return steps.stream()
                .flatMap(step ->
                        step instanceof Server server ? server.lines().stream() : java.util.stream.Stream.<String>of())
                .toList();
    }

    /** How many octets the client sends. */
    int clientOctets() {
        return steps.stream()
                .mapToInt(step -> step instanceof Client client ? client.octets().length : 0)
                .sum();
    }
}
