package io.postern.smtp.handlers.relay;

import io.postern.smtp.EnhancedCode;
import io.postern.smtp.Reply;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Makes replies of what the next hop sends, over any cut of it. What it keeps is bounded, and what it gives may be shown to
 * a client: control characters and malformed UTF-8 are replaced.
 */
final class ReplyParser {

    /** In octets; RFC 5321 §4.5.3.1.5 allows 512, and there are servers that say more. */
    static final int MAX_LINE = 2_048;
    /** Far more than the extensions that any server has. */
    static final int MAX_LINES = 100;

    private static final int CODE_LENGTH = 3;

    private final Queue<Reply> replies = new ArrayDeque<>();
    private final List<String> texts = new ArrayList<>();
    private byte[] line = new byte[128];
    private int length;
    private int code;

    /**
     * Takes what has come; whole replies are then to be had from {@link #next}.
     *
     * @throws HopFailure when it is no reply; what comes then is of no use any more
     */
    void feed(Buffer received) {
        for (int i = 0; i < received.length(); i++) {
            byte octet = received.getByte(i);
            if (octet == '\n') {
                endLine();
            } else if (length == MAX_LINE) {
                throw nonsense("a line of more than " + MAX_LINE + " octets");
            } else {
                if (length == line.length) {
                    line = Arrays.copyOf(line, 2 * length);
                }
                line[length++] = octet;
            }
        }
    }

    /** The next whole reply, if there is one. */
    @Nullable
    Reply next() {
        return replies.poll();
    }

    /** Whether nothing waits, not even the beginning of a reply. */
    boolean isEmpty() {
        return replies.isEmpty() && texts.isEmpty() && length == 0;
    }

    private void endLine() {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        length = 0;
        int lineCode = code(end);
        boolean last = end == CODE_LENGTH || line[CODE_LENGTH] == ' ';
        if (lineCode < 0 || (!last && line[CODE_LENGTH] != '-') || (!texts.isEmpty() && lineCode != code)) {
            throw nonsense("a line that is none of a reply");
        }
        if (texts.size() == MAX_LINES) {
            throw nonsense("a reply of more than " + MAX_LINES + " lines");
        }
        code = lineCode;
        texts.add(end <= CODE_LENGTH ? "" : printable(CODE_LENGTH + 1, end));
        if (last) {
            replies.add(reply());
            texts.clear();
        }
    }

    /** The code that the line begins with, -1 if there is none (RFC 5321 §4.2). */
    private int code(int end) {
        if (end < CODE_LENGTH || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2])) {
            return -1;
        }
        return 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
    }

    private static boolean isDigit(byte octet) {
        return octet >= '0' && octet <= '9';
    }

    private String printable(int from, int to) {
        StringBuilder text = new StringBuilder(new String(line, from, to - from, StandardCharsets.UTF_8));
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                text.setCharAt(i, '?');
            }
        }
        return text.toString();
    }

    private Reply reply() {
        Reply first = Reply.of(code, texts.get(0));
        List<String> lines = new ArrayList<>(first.lines());
        Optional<EnhancedCode> enhanced = first.enhancedCode();
        String prefix = enhanced.map(EnhancedCode::toString).orElse("");
        for (String text : texts.subList(1, texts.size())) {
            // RFC 2034 §4: the code stands in each line
            boolean prefixed = !prefix.isEmpty() && (text.equals(prefix) || text.startsWith(prefix + " "));
            lines.add(prefixed ? text.substring(prefix.length()).stripLeading() : text);
        }
        return new Reply(code, enhanced, lines);
    }

    private static HopFailure nonsense(String what) {
        return new HopFailure(HopReplies.NONSENSE, "the next hop sent " + what);
    }
}
