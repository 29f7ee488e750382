package io.postern.smtp.testkit.tap;

import io.postern.smtp.testkit.Transcript;
import io.postern.smtp.testkit.Transcript.Line;
import io.postern.smtp.testkit.Transcript.Side;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Keeps what is said in a session, to a bound. Written on the event loop, read by tests. */
final class SessionLog {

    private final String session;
    private final List<Line> lines = new ArrayList<>();
    private final InstantSource clock;
    private int omitted;

    SessionLog(String session, InstantSource clock) {
        this.session = session;
        this.clock = clock;
    }

    String session() {
        return session;
    }

    void add(Side side, String text) {
        Instant now = clock.instant();
        text.lines().forEach(line -> add(new Line(side, now, shortened(line))));
    }

    private synchronized void add(Line line) {
        if (lines.size() < Transcript.MAX_LINES) {
            lines.add(line);
        } else {
            omitted++;
        }
    }

    private static String shortened(String line) {
        return line.length() <= Transcript.MAX_LINE_LENGTH
                ? line
                : line.substring(0, Transcript.MAX_LINE_LENGTH) + "... (" + line.length() + " characters)";
    }

    synchronized Transcript transcript() {
        return new Transcript(lines, omitted);
    }
}
