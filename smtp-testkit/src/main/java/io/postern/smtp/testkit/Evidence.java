package io.postern.smtp.testkit;

import io.postern.smtp.testkit.Transcript.Line;
import io.postern.smtp.testkit.Transcript.Side;
import java.util.List;
import java.util.function.Predicate;

/** What sessions tell about why a message has not come. */
final class Evidence {

    /** How many sessions are shown, the last ones. */
    private static final int MAX_SESSIONS = 3;
    /** How many lines of a session are shown, the last ones. */
    private static final int MAX_LINES = 40;

    private Evidence() {}

    /**
     * Shows the last sessions that have not ended, in which the server refused something, or that brought no message.
     *
     * @param domain sessions in which it does not occur are left out, if there are others
     * @return nothing, or lines that each begin with a line end
     */
    static String in(List<Transcript> sessions, String domain) {
        List<Transcript> suspect =
                sessions.stream().filter(session -> !isSuccess(session)).toList();
        List<Transcript> own = suspect.stream()
                .filter(session -> has(session, line -> line.text().contains(domain)))
                .toList();
        List<Transcript> shown = own.isEmpty() ? suspect : own;
        StringBuilder text = new StringBuilder();
        shown.stream().skip(Math.max(0, shown.size() - MAX_SESSIONS)).forEach(session -> show(session, text));
        return text.toString();
    }

    private static boolean isSuccess(Transcript session) {
        return has(session, line -> line.side() == Side.EVENT && line.text().equals(Transcript.DISCONNECTED))
                && has(session, line -> line.side() == Side.EVENT && line.text().startsWith(Transcript.MESSAGE))
                && !has(session, line -> line.side() == Side.SERVER && isRefusal(line.text()));
    }

    private static boolean isRefusal(String reply) {
        return reply.startsWith("4") || reply.startsWith("5"); // RFC 5321 §4.2.1
    }

    private static boolean has(Transcript session, Predicate<Line> line) {
        return session.lines().stream().anyMatch(line);
    }

    private static void show(Transcript session, StringBuilder text) {
        List<Line> lines = session.lines();
        int hidden = Math.max(0, lines.size() - MAX_LINES);
        text.append("\na session");
        if (hidden > 0) {
            text.append(", without its first ").append(hidden).append(" lines");
        }
        text.append(':');
        lines.stream().skip(hidden).forEach(line -> text.append("\n  ").append(line));
        if (session.omitted() > 0) {
            text.append("\n  -- ").append(session.omitted()).append(" more lines");
        }
    }
}
