package io.postern.smtp.testkit.conformance;

import static io.postern.smtp.testkit.conformance.ConformanceCase.must;
import static io.postern.smtp.testkit.conformance.ConformanceCase.should;

import java.util.List;

/** How a session of SMTP begins and ends, and what may be said in it when. */
final class SessionCases {

    private SessionCases() {}

    static List<ConformanceCase> all() {
        return List.of(
                must("the server speaks first", "RFC 5321 §3.1", """
                        S: 220
                        """),
                must("HELO is answered with one line", "RFC 5321 §4.1.1.1", """
                        S: 220
                        C: HELO conformance.example
                        S: 250 *
                        """),
                must("a HELO without a name is refused", "RFC 5321 §4.1.1.1", """
                        S: 220
                        C: HELO
                        S: 5xx
                        """),
                must("EHLO may be said again and ends the transaction", "RFC 5321 §4.1.4", """
                        S: 220
                        C: EHLO conformance.example
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 250
                        C: EHLO conformance.example
                        S: 250
                        C: RCPT TO:<TO>
                        S: 503
                        """),
                should("MAIL before EHLO is out of order", "RFC 5321 §4.1.4", """
                        S: 220
                        C: MAIL FROM:<FROM>
                        S: 503
                        """),
                must("NOOP, RSET and QUIT need no hello", "RFC 5321 §4.1.4", """
                        S: 220
                        C: NOOP
                        S: 250
                        C: RSET
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """),
                must("LHLO is no command of SMTP", "RFC 2033 §4.1", """
                        S: 220
                        C: LHLO conformance.example
                        S: 5xx
                        """));
    }
}
