package io.postern.smtp.handlers;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Writes what came from the network so that a terminal shows it and does not obey it. */
final class MessageText {

    // one write for many lines, and never a whole message once more in memory
    private static final int CHUNK = 8_192;

    private final PrintStream stream;
    private final StringBuilder pending = new StringBuilder(CHUNK);

    MessageText(PrintStream stream) {
        this.stream = stream;
    }

    /** Writes a message, with a line of ours between its headers and its body. */
    void content(byte[] content, String lastHeader) {
        boolean inHeaders = true;
        int from = 0;
        while (from < content.length) {
            int end = endOfLine(content, from);
            if (inHeaders && end == from) {
                line(lastHeader);
                inHeaders = false;
            }
            line(new String(content, from, end - from, StandardCharsets.UTF_8));
            from = end + lengthOfLineEnd(content, end);
        }
    }

    private static int endOfLine(byte[] content, int from) {
        int end = from;
        while (end < content.length && content[end] != '\r' && content[end] != '\n') {
            end++;
        }
        return end;
    }

    private static int lengthOfLineEnd(byte[] content, int end) {
        boolean crLf = end + 1 < content.length && content[end] == '\r' && content[end + 1] == '\n';
        return crLf ? 2 : 1;
    }

    void line(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) && c != '\t') {
                pending.append("\\x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 0xF, 16));
            } else {
                pending.append(c);
            }
            if (pending.length() >= CHUNK && !Character.isHighSurrogate(c)) {
                write();
            }
        }
        pending.append('\n');
    }

    private void write() {
        stream.print(pending);
        pending.setLength(0);
    }

    void flush() {
        write();
        stream.flush();
    }
}
