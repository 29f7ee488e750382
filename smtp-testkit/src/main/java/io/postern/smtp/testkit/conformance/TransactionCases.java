package io.postern.smtp.testkit.conformance;

import static io.postern.smtp.testkit.conformance.ConformanceCase.must;
import static io.postern.smtp.testkit.conformance.ConformanceCase.should;

import java.util.List;

/** Commands, addresses and messages, the same in SMTP and LMTP. */
final class TransactionCases {

    private static final String HELLO = """
            S: 220
            C: HELLO
            S: 250
            """;

    private TransactionCases() {}

    static List<ConformanceCase> all() {
        return List.of(
                must("a message is accepted, and the next one too", "RFC 5321 §3.3", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<TO>
                        S: 250
                        C: DATA
                        S: 354
                        C: Subject: one
                        C:
                        C: text
                        C: .
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<TO>
                        S: 250
                        C: DATA
                        S: 354
                        C: .
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """),
                must("verbs and keywords are known in any case", "RFC 5321 §2.4", HELLO + """
                        C: mAiL fRoM:<FROM>
                        S: 250
                        C: rCpT tO:<TO>
                        S: 250
                        C: rSeT
                        S: 250
                        """),
                must("a recipient needs a sender first", "RFC 5321 §4.1.4", HELLO + """
                        C: RCPT TO:<TO>
                        S: 503
                        """),
                must("a second sender is out of order", "RFC 5321 §4.1.4", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 503
                        """),
                must("a message needs a recipient first", "RFC 5321 §4.1.4", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: DATA
                        S: 5xx
                        C: NOOP
                        S: 250
                        """),
                must("RSET ends the transaction", "RFC 5321 §4.1.1.5", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RSET
                        S: 250
                        C: RCPT TO:<TO>
                        S: 503
                        """),
                must("an unknown command is refused, and the session goes on", "RFC 5321 §4.2.4", HELLO + """
                        C: XYZZY
                        S: 5xx
                        C: NOOP
                        S: 250
                        """),
                must("the null sender is taken", "RFC 5321 §4.5.5", HELLO + """
                        C: MAIL FROM:<>
                        S: 250
                        """),
                must("Postmaster needs no domain", "RFC 5321 §4.5.1", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<Postmaster>
                        S: 250
                        """),
                must("a quoted local part is taken", "RFC 5321 §4.1.2", HELLO + """
                        C: MAIL FROM:<"with space"@example.org>
                        S: 250
                        """),
                must("what is no address is refused", "RFC 5321 §4.1.2", HELLO + """
                        C: MAIL FROM:<a@@example.org>
                        S: 5xx
                        C: MAIL FROM:<a b@example.org>
                        S: 5xx
                        C: MAIL FROM:<FROM>
                        S: 250
                        """),
                must("an unknown parameter is refused", "RFC 5321 §4.1.1.11", HELLO + """
                        C: MAIL FROM:<FROM> XYZZY=1
                        S: 5xx
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<TO> XYZZY=1
                        S: 5xx
                        """),
                should(
                        "a line of 10,000 octets is refused once, and the session goes on",
                        "RFC 5321 §4.5.3.1.4",
                        HELLO + "C: NOOP " + "x".repeat(10_000) + """

                        S: 500
                        C: NOOP
                        S: 250
                        """),
                must(
                        "dots are taken off, and only a line with a single one ends the message",
                        "RFC 5321 §4.5.2",
                        HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<TO>
                        S: 250
                        C: DATA
                        S: 354
                        C: ..
                        C: ...
                        C: .. x
                        C: .
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """),
                must("QUIT in mid-transaction is answered", "RFC 5321 §4.1.1.10", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """));
    }
}
