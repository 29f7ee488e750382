package io.postern.smtp.testkit;

import java.util.List;

/**
 * One reply as it came over the wire (RFC 5321 §4.2).
 *
 * @param code the three digits that each of its lines begins with
 * @param lines what stands behind the code and its separator, at least one line, without line ends
 */
public record WireReply(int code, List<String> lines) {

    public WireReply {
        lines = List.copyOf(lines);
    }

    /** This reply, or an {@link AssertionError} that shows it when it has another code. */
    public WireReply expect(int expected) {
        if (code != expected) {
            throw new AssertionError("expected a reply " + expected + ", but got:\n" + this);
        }
        return this;
    }

    /** The lines joined by {@code \n}. */
    public String text() {
        return String.join("\n", lines);
    }

    /** The reply as it was on the wire, its line ends shown as line ends. */
    @Override
    public String toString() {
        StringBuilder wire = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            boolean last = i == lines.size() - 1;
            wire.append(code).append(last ? ' ' : '-').append(lines.get(i)).append(last ? "" : "\n");
        }
        return wire.toString();
    }
}
