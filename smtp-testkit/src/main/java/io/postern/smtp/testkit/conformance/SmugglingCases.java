package io.postern.smtp.testkit.conformance;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.conformance.ConformanceCase.Level;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whatever looks like the end of a message and is none must not make a second message out of what stands behind it (RFC 5321
 * §2.3.8 and §4.1.1.4). A server may take such a message whole, refuse it, or close the connection.
 */
final class SmugglingCases {

    private static final Map<String, String> FALSE_ENDS = falseEnds();

    private SmugglingCases() {}

    private static Map<String, String> falseEnds() {
        Map<String, String> ends = new LinkedHashMap<>();
        ends.put("LF . LF", "\n.\n");
        ends.put("LF . CR LF", "\n.\r\n");
        ends.put("CR LF . LF", "\r\n.\n");
        ends.put("CR . CR", "\r.\r");
        ends.put("CR . CR LF", "\r.\r\n");
        ends.put("CR . LF", "\r.\n");
        ends.put("CR LF . CR", "\r\n.\r");
        ends.put("LF . CR", "\n.\r");
        ends.put("CR LF . CR CR LF", "\r\n.\r\r\n");
        ends.put("CR LF NUL . CR LF", "\r\n\0.\r\n");
        ends.put("CR LF . NUL CR LF", "\r\n.\0\r\n");
        return ends;
    }

    static List<ConformanceCase> all() {
        return FALSE_ENDS.entrySet().stream()
                .map(end -> new ConformanceCase(
                        end.getKey() + " does not end a message",
                        "RFC 5321 §2.3.8",
                        Level.MUST,
                        Set.of(),
                        (target, client) -> smuggle(target, client, end.getValue())))
                .toList();
    }

    private static void smuggle(ConformanceTarget target, RawSmtpClient client, String falseEnd) {
        client.expect(220);
        client.command(target.hello() + " conformance.example").expect(250);
        client.command("MAIL FROM:<" + target.sender() + ">").expect(250);
        client.command("RCPT TO:<" + target.recipient() + ">").expect(250);
        client.command("DATA").expect(354);
        client.send("Subject: one\r\n\r\ntext" + falseEnd + "MAIL FROM:<smuggled@example.org>\r\nRCPT TO:<"
                + target.recipient() + ">\r\nDATA\r\nSubject: two\r\n\r\n.\r\n");
        try {
            client.readReply();
            client.send("NOOP\r\nQUIT\r\n");
            client.expect(250);
            client.expect(221);
        } catch (UncheckedIOException closed) {
            return; // it wants nothing to do with us
        }
        String more = client.readToEnd();
        if (!more.isEmpty()) {
            throw new AssertionError(
                    "behind the end of the message the server answered more than NOOP and QUIT: " + more);
        }
    }
}
