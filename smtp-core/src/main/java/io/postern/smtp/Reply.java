package io.postern.smtp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One SMTP reply: a code, an enhanced code and one or more lines of text (RFC 5321 §4.2, RFC 2034).
 *
 * <p>A reply is checked when it is made, so nothing that a handler puts into it can break the dialogue: a line with CR,
 * LF or another control character is refused here. On the wire the enhanced code stands in front of every line; a reply
 * without one gets the general code of its class ({@code 2.0.0}, {@code 4.0.0}, {@code 5.0.0}). Characters outside ASCII
 * go out as {@code ?} except where the client asked for SMTPUTF8, and lines that would be over 512 octets (RFC 5321
 * §4.5.3.1.5) are continued on the next.
 *
 * @param code the reply code, 200 to 599
 * @param enhancedCode the enhanced code of the same class, if any
 * @param lines the text, at least one line, each without code and line end
 */
public record Reply(int code, Optional<EnhancedCode> enhancedCode, List<String> lines) implements ExtensionAnswer {

    private static final int MIN_CODE = 200;
    private static final int MAX_CODE = 599;
    private static final Reply OK = Reply.of(250, "2.0.0", "OK");

    /**
     * @throws IllegalArgumentException when the code is out of range, the enhanced code is of another class, there is no
     *     line, or a line holds a control character
     */
    public Reply {
        if (code < MIN_CODE || code > MAX_CODE) {
            throw new IllegalArgumentException(
                    "reply code is " + code + "; allowed is " + MIN_CODE + " to " + MAX_CODE + " (RFC 5321 §4.2)");
        }
        int status = code / 100;
        enhancedCode.ifPresent(enhanced -> {
            if (enhanced.status() != status) {
                throw new IllegalArgumentException("enhanced code is " + enhanced + "; with reply code " + status
                        + "xx it must begin with " + status + " (RFC 2034 §4)");
            }
        });
        lines = List.copyOf(lines);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("a reply needs at least one line of text");
        }
        lines.forEach(Reply::checkLine);
    }

    /** {@code 250 2.0.0 OK}. */
    public static Reply ok() {
        return OK;
    }

    /**
     * A reply with the text of one line, or of several when {@code text} is split by {@code \n}. A text that begins with
     * an enhanced code of the same class, as in {@code "5.1.1 no such user"}, gives the reply that code.
     */
    public static Reply of(int code, String text) {
        Optional<EnhancedCode> enhanced = EnhancedCode.find(text).filter(found -> found.status() == code / 100);
        String rest = enhanced.map(
                        found -> text.substring(found.toString().length()).stripLeading())
                .orElse(text);
        return new Reply(code, enhanced, List.of(rest.split("\n", -1)));
    }

    /** A reply with an enhanced code, such as {@code of(550, "5.1.1", "no such user")}. */
    public static Reply of(int code, String enhancedCode, String text) {
        return new Reply(code, Optional.of(EnhancedCode.parse(enhancedCode)), List.of(text.split("\n", -1)));
    }

    /**
     * Reads a reply as aiosmtpd handlers write it: {@code "250 OK"}, {@code "550 5.1.1 no such user"}. Several lines are
     * split by {@code \r\n} or {@code \n}, each with the same code, all but the last with a hyphen behind it.
     *
     * @throws IllegalArgumentException when {@code text} is not a reply
     */
    public static Reply parse(String text) {
        String[] wire = text.split("\r?\n", -1);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < wire.length; i++) {
            String separator = i == wire.length - 1 ? "( .*)?" : "-.*";
            if (!wire[i].matches("[2-5][0-9][0-9]" + separator) || !wire[i].startsWith(wire[0].substring(0, 3))) {
                throw new IllegalArgumentException("reply is \"" + printable(text)
                        + "\"; expected three digits, a space and text, such as \"250 OK\" (RFC 5321 §4.2)");
            }
            lines.add(wire[i].length() < 4 ? "" : wire[i].substring(4));
        }
        int code = Integer.parseInt(wire[0].substring(0, 3));
        Optional<EnhancedCode> enhanced = EnhancedCode.find(lines.get(0)).filter(found -> found.status() == code / 100);
        enhanced.ifPresent(found -> lines.replaceAll(line -> withoutCode(line, found.toString())));
        return new Reply(code, enhanced, lines);
    }

    private static String withoutCode(String line, String enhanced) {
        return line.equals(enhanced) || line.startsWith(enhanced + " ")
                ? line.substring(enhanced.length()).stripLeading()
                : line;
    }

    /**
     * The one of several answers to a message that a client may read in place of all, so that nothing is lost in silence: one
     * that refuses for now if there is any, since the client then tries again; else one that refuses for good, which
     * the sender is told; else the first.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Reply worstOf(List<Reply> replies) {
        return replies.stream()
                .filter(Reply::isTransient)
                .findFirst()
                .or(() -> replies.stream().filter(Reply::isPermanent).findFirst())
                .or(() -> replies.stream().findFirst())
                .orElseThrow(() -> new IllegalArgumentException("replies is empty; at least one is needed"));
    }

    /** Whether the reply says yes (2xx). */
    public boolean isPositive() {
        return code < 300;
    }

    /** Whether the reply refuses for now, and the client may try again later (4xx). */
    public boolean isTransient() {
        return code >= 400 && code < 500;
    }

    /** Whether the reply refuses for good (5xx). */
    public boolean isPermanent() {
        return code >= 500;
    }

    /** The lines of text joined by {@code \n}, without code and enhanced code. */
    public String text() {
        return String.join("\n", lines);
    }

    // C0, DEL and C1: none of them may reach a client or a log, whoever put it there
    private static void checkLine(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (Character.isISOControl(line.charAt(i))) {
                throw new IllegalArgumentException("reply text is \"" + printable(line)
                        + "\"; control characters are not allowed in it (RFC 5321 §4.2)");
            }
        }
    }

    private static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.chars()
                .forEach(c -> printable.append(
                        Character.isISOControl(c) ? String.format("\\u%04x", c) : Character.toString(c)));
        return printable.toString();
    }

    /** The reply as it goes over the wire, without the last line end. */
    @Override
    public String toString() {
        StringBuilder wire = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            wire.append(i == 0 ? "" : "\r\n").append(code).append(i == lines.size() - 1 ? ' ' : '-');
            enhancedCode.ifPresent(enhanced -> wire.append(enhanced).append(' '));
            wire.append(lines.get(i));
        }
        return wire.toString();
    }
}
