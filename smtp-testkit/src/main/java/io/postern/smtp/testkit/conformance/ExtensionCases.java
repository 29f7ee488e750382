package io.postern.smtp.testkit.conformance;

import static io.postern.smtp.testkit.conformance.ConformanceCase.must;
import static io.postern.smtp.testkit.conformance.ConformanceCase.should;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.conformance.ConformanceCase.Level;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What holds when the server offers an extension. */
final class ExtensionCases {

    private static final String HELLO = """
            S: 220
            C: HELLO
            S: 250
            """;
    private static final String TRANSACTION = HELLO + """
            C: MAIL FROM:<FROM>
            S: 250
            C: RCPT TO:<TO>
            S: 250
            """;

    private ExtensionCases() {}

    static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>(pipelining());
        cases.addAll(chunking());
        cases.addAll(startTls());
        cases.addAll(auth());
        cases.addAll(parameters());
        return cases;
    }

    private static List<ConformanceCase> pipelining() {
        return List.of(
                must("commands of one write are answered in order", "RFC 2920 §3.1", HELLO + """
                        C: MAIL FROM:<FROM>
                        C: RCPT TO:<TO>
                        C: DATA
                        S: 250
                        S: 250
                        S: 354
                        C: Subject: one
                        C:
                        C: .
                        C: NOOP
                        C: QUIT
                        S: 250
                        S: 250
                        S: 221
                        S: <closed>
                        """)
                        .needs("PIPELINING"),
                must("a group whose sender is refused is refused to its end", "RFC 2920 §3.1", HELLO + """
                        C: MAIL FROM:<a@@example.org>
                        C: RCPT TO:<TO>
                        C: DATA
                        S: 5xx
                        S: 5xx
                        S: 5xx
                        C: NOOP
                        S: 250
                        """)
                        .needs("PIPELINING"));
    }

    private static List<ConformanceCase> chunking() {
        return List.of(
                must("a message comes in chunks", "RFC 3030 §2", TRANSACTION + """
                        C: BDAT 14
                        C: Subject: one
                        S: 250
                        C: BDAT 8 LAST
                        C: \\r\\n.\\r\\n.\\r\\n\\
                        S: 250
                        C: NOOP
                        S: 250
                        C: QUIT
                        S: 221
                        S: <closed>
                        """)
                        .needs("CHUNKING"),
                must("the last chunk may be empty", "RFC 3030 §2", TRANSACTION + """
                        C: BDAT 14
                        C: Subject: one
                        S: 250
                        C: BDAT 0 LAST
                        S: 250
                        """)
                        .needs("CHUNKING"),
                must("the octets of a refused chunk are no commands", "RFC 3030 §2", HELLO + """
                        C: BDAT 12 LAST
                        C: NOOP
                        C: NOOP
                        S: 503
                        C: QUIT
                        S: 221
                        S: <closed>
                        """)
                        .needs("CHUNKING"),
                must("RSET drops the chunks before it", "RFC 3030 §2", TRANSACTION + """
                        C: BDAT 14
                        C: Subject: one
                        S: 250
                        C: RSET
                        S: 250
                        C: MAIL FROM:<FROM>
                        S: 250
                        """)
                        .needs("CHUNKING"));
    }

    private static List<ConformanceCase> startTls() {
        return List.of(
                must("behind STARTTLS the session begins anew, without STARTTLS", "RFC 3207 §4.2", HELLO + """
                        C: STARTTLS
                        S: 220
                        C: <tls>
                        C: RCPT TO:<TO>
                        S: 503
                        C: HELLO
                        S: 250
                        C: STARTTLS
                        S: 5xx
                        C: QUIT
                        S: 221
                        """)
                        .needs("STARTTLS"),
                must("STARTTLS takes no argument", "RFC 3207 §4", HELLO + """
                        C: STARTTLS now
                        S: 501
                        """).needs("STARTTLS"),
                new ConformanceCase(
                        "a command in the clear behind STARTTLS is not carried into TLS",
                        "RFC 3207 §4.2, CVE-2011-0411",
                        Level.MUST,
                        Set.of("STARTTLS"),
                        ExtensionCases::inject));
    }

    private static void inject(ConformanceTarget target, RawSmtpClient client) {
        client.expect(220);
        client.command(target.hello() + " conformance.example").expect(250);
        client.send("STARTTLS\r\nHELP\r\n");
        try {
            if (client.readReply().code() != 220) {
                return; // it has seen what was going on
            }
            client.startTls(AnyCertificate.CONTEXT);
            client.send("QUIT\r\n");
            client.expect(221);
        } catch (IllegalStateException | UncheckedIOException closed) {
            return;
        }
    }

    private static List<ConformanceCase> auth() {
        return List.of(
                must("an unknown mechanism is refused", "RFC 4954 §4", HELLO + """
                        C: AUTH XYZZY
                        S: 5xx
                        """)
                        .needs("AUTH"),
                must("a client may cancel", "RFC 4954 §4", HELLO + """
                        C: AUTH PLAIN
                        S: 334
                        C: *
                        S: 501
                        """).needs("AUTH"),
                must("what is not base64 is refused", "RFC 4954 §4", HELLO + """
                        C: AUTH PLAIN
                        S: 334
                        C: !!!
                        S: 501
                        """)
                        .needs("AUTH"));
    }

    private static List<ConformanceCase> parameters() {
        return List.of(
                must("a declared size beyond all bounds is refused", "RFC 1870 §6.1", HELLO + """
                        C: MAIL FROM:<FROM> SIZE=99999999999999999999
                        S: 5xx
                        C: MAIL FROM:<FROM> SIZE=100
                        S: 250
                        """)
                        .needs("SIZE"),
                must("BODY=8BITMIME is taken, and nothing unheard of", "RFC 6152 §3", HELLO + """
                        C: MAIL FROM:<FROM> BODY=XYZZY
                        S: 5xx
                        C: MAIL FROM:<FROM> BODY=8BITMIME
                        S: 250
                        """)
                        .needs("8BITMIME"),
                must("an address outside ASCII needs SMTPUTF8", "RFC 6531 §3.4", HELLO + """
                        C: MAIL FROM:<j\\xc3\\xbcrgen@example.org>
                        S: 5xx
                        C: MAIL FROM:<j\\xc3\\xbcrgen@example.org> SMTPUTF8
                        S: 250
                        """)
                        .needs("SMTPUTF8"),
                must("replies to MAIL and RCPT have an enhanced code", "RFC 2034 §4", HELLO + """
                        C: MAIL FROM:<FROM>
                        S: 250 2.*.* *
                        C: RCPT TO:<TO>
                        S: 250 2.*.* *
                        C: XYZZY
                        S: 5* 5.*.* *
                        """)
                        .needs("ENHANCEDSTATUSCODES"),
                should("DSN parameters are taken", "RFC 3461 §4", HELLO + """
                        C: MAIL FROM:<FROM> RET=HDRS ENVID=id
                        S: 250
                        C: RCPT TO:<TO> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@example.org
                        S: 250
                        """).needs("DSN"));
    }
}
