package io.postern.smtp.testkit.conformance;

import static io.postern.smtp.testkit.conformance.ConformanceCase.must;

import java.util.List;

/** What is different in LMTP. */
final class LmtpCases {

    private LmtpCases() {}

    static List<ConformanceCase> all() {
        return List.of(
                must("the server speaks first", "RFC 5321 §3.1", """
                        S: 220
                        """),
                must("HELO and EHLO are no commands of LMTP", "RFC 2033 §4.1", """
                        S: 220
                        C: HELO conformance.example
                        S: 5xx
                        C: EHLO conformance.example
                        S: 5xx
                        """),
                must("each accepted recipient has a reply of its own", "RFC 2033 §4.2", """
                        S: 220
                        C: HELLO
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: RCPT TO:<TO>
                        S: 250
                        C: RCPT TO:<TO>
                        S: 250
                        C: DATA
                        S: 354
                        C: Subject: two
                        C:
                        C: .
                        S: 250
                        S: 250
                        C: NOOP
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """),
                must("without a recipient there is no message", "RFC 2033 §4.2", """
                        S: 220
                        C: HELLO
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: DATA
                        S: 503
                        """));
    }
}
