package io.postern.smtp;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The positive reply to EHLO or LHLO: the server's name and one line for each service extension (RFC 5321 §4.1.1.1).
 * {@link SmtpHandler#handleEhlo} gets the planned one and may give back a changed one. An extension whose line was taken
 * out is off for the session: its parameters are refused like unknown ones.
 */
public final class EhloReply {

    private final String hostName;
    private final List<String> lines;
    private final Reply reply;

    private EhloReply(String hostName, List<String> lines) {
        this.hostName = hostName;
        this.lines = lines;
        List<String> all = new ArrayList<>();
        all.add(hostName);
        all.addAll(lines);
        this.reply = new Reply(250, Optional.empty(), all);
    }

    /**
     * @param hostName the server's name, the first line of the reply
     * @param lines the extensions, each a keyword with its parameters
     */
    public static EhloReply of(String hostName, List<String> lines) {
        return new EhloReply(hostName, List.copyOf(lines));
    }

    /** The server's name. */
    public String hostName() {
        return hostName;
    }

    /** The extensions, each a keyword with its parameters, such as {@code SIZE 33554432}. */
    public List<String> lines() {
        return lines;
    }

    /** Whether there is a line with this keyword, in any case. */
    public boolean has(String keyword) {
        return line(keyword).isPresent();
    }

    /** The whole line that begins with this keyword, in any case. */
    public Optional<String> line(String keyword) {
        return lines.stream()
                .filter(line -> keywordOf(line).equals(upper(keyword)))
                .findFirst();
    }

    /** This reply with one more line; a line with the same keyword is replaced where it stands. */
    public EhloReply with(String line) {
        List<String> changed = new ArrayList<>(lines);
        for (int i = 0; i < changed.size(); i++) {
            if (keywordOf(changed.get(i)).equals(keywordOf(line))) {
                changed.set(i, line);
                return of(hostName, changed);
            }
        }
        changed.add(line);
        return of(hostName, changed);
    }

    /** This reply without the line of this keyword, in any case. */
    public EhloReply without(String keyword) {
        return of(
                hostName,
                lines.stream()
                        .filter(line -> !keywordOf(line).equals(upper(keyword)))
                        .toList());
    }

    /** The reply with its code, 250. */
    public Reply toReply() {
        return reply;
    }

    private static String keywordOf(String line) {
        int space = line.indexOf(' ');
        return upper(space < 0 ? line : line.substring(0, space));
    }

    private static String upper(String keyword) {
        return keyword.toUpperCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return reply.toString();
    }
}
