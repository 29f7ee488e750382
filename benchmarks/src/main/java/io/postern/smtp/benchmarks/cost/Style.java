package io.postern.smtp.benchmarks.cost;

import java.util.List;

/** How a client sends a message of 1 KB. Each step is sent at once, and waits for the replies to it. */
enum Style {
    /** Each command when the one before was answered. */
    LOCKSTEP(List.of(
            new Step(Text.MAIL, 250), new Step(Text.RCPT, 250), new Step(Text.DATA, 354), new Step(Text.MESSAGE, 250))),

    /** The envelope at once (RFC 2920), and the message when it was asked for. */
    PIPELINED(List.of(new Step(Text.MAIL + Text.RCPT + Text.DATA, 250, 250, 354), new Step(Text.MESSAGE, 250)));

    /** What is sent at once, and the codes of the replies. */
    record Step(String text, List<Integer> replies) {
        Step(String text, Integer... replies) {
            this(text, List.of(replies));
        }
    }

    private static final class Text {
        static final String MAIL = "MAIL FROM:<sender@example.org>\r\n";
        static final String RCPT = "RCPT TO:<recipient@example.org>\r\n";
        static final String DATA = "DATA\r\n";
        static final String MESSAGE = "Subject: cost\r\n\r\n" + ("x".repeat(78) + "\r\n").repeat(12) + ".\r\n";
    }

    private final List<Step> steps;

    Style(List<Step> steps) {
        this.steps = steps;
    }

    List<Step> steps() {
        return steps;
    }
}
