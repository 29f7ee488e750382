package io.postern.smtp.testkit.tap;

import io.postern.smtp.Envelope;
import io.postern.smtp.Session;
import io.postern.smtp.protocol.Output;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A step of a session at which a fault may come.
 *
 * @param step as {@link Output#holdsUp} names it, or {@link #BODY}
 * @param opensMessage whether the step is the command that begins a message
 * @param argument what stands behind the verb, for MAIL and RCPT the address
 * @param octets how much of the message has come
 */
record Occasion(Session session, String step, boolean opensMessage, String argument, Envelope envelope, long octets) {

    /** Content of a message has come. */
    static final String BODY = "BODY";

    // behind FROM: or TO: and a source route (RFC 5321 §4.1.1.2 and 3)
    private static final Pattern PATH =
            Pattern.compile("(?i)(?:FROM|TO):\\s*<(?:@[^:<>]*:)?(.*?)>(?:\\s.*)?", Pattern.DOTALL);

    static Occasion of(Session session, String step, boolean opensMessage, String line, Envelope envelope) {
        return new Occasion(session, step, opensMessage, argument(step, line), envelope, 0);
    }

    private static String argument(String step, String line) {
        if (step.equals("AUTH")) {
            return line.split(" ", 2)[0]; // what follows may be a secret
        }
        Matcher path = PATH.matcher(line);
        return (step.equals("MAIL") || step.equals("RCPT")) && path.matches() ? path.group(1) : line;
    }

    boolean concerns(String domain) {
        return step.equals("RCPT")
                ? isOf(argument, domain)
                : envelope.recipients().stream().anyMatch(recipient -> isOf(recipient.address(), domain));
    }

    private static boolean isOf(String address, String domain) {
        return address.substring(address.lastIndexOf('@') + 1).equalsIgnoreCase(domain);
    }
}
