package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Gathers what {@link Covers} says into {@code docs/rfc-coverage.md}, section by section. Every section that the engine
 * implements stands here; one without a test fails, and so does one that a test names and that does not stand here.
 */
class RfcCoverageTest {

    private static final Path PAGE = Path.of("..", "docs", "rfc-coverage.md");

    private static final String SECTIONS = """
            RFC 5321 §2.2.2  Definition and registration of extensions
            RFC 5321 §2.3.8  Lines
            RFC 5321 §2.4  General syntax principles
            RFC 5321 §3.1  Session initiation
            RFC 5321 §3.3  Mail transactions
            RFC 5321 §3.5.1  Commands for debugging addresses
            RFC 5321 §3.8  Terminating sessions and connections
            RFC 5321 §4.1.1.1  EHLO or HELO
            RFC 5321 §4.1.1.2  MAIL
            RFC 5321 §4.1.1.3  RCPT
            RFC 5321 §4.1.1.4  DATA
            RFC 5321 §4.1.1.5  RSET
            RFC 5321 §4.1.1.6  VRFY
            RFC 5321 §4.1.1.7  EXPN
            RFC 5321 §4.1.1.8  HELP
            RFC 5321 §4.1.1.9  NOOP
            RFC 5321 §4.1.1.10  QUIT
            RFC 5321 §4.1.1.11  Parameters of MAIL and RCPT
            RFC 5321 §4.1.2  Syntax of command arguments
            RFC 5321 §4.1.3  Address literals
            RFC 5321 §4.1.4  Order of commands
            RFC 5321 §4.2  Replies
            RFC 5321 §4.2.1  Severities and theory of replies
            RFC 5321 §4.2.4  Reply code 500 and 502
            RFC 5321 §4.5.1  Minimum implementation: postmaster
            RFC 5321 §4.5.2  Transparency
            RFC 5321 §4.5.3.1.1  Limits: local part
            RFC 5321 §4.5.3.1.2  Limits: domain
            RFC 5321 §4.5.3.1.3  Limits: path
            RFC 5321 §4.5.3.1.4  Limits: command line
            RFC 5321 §4.5.3.1.5  Limits: reply line
            RFC 5321 §4.5.3.1.6  Limits: text line
            RFC 5321 §4.5.3.1.7  Limits: message content
            RFC 5321 §4.5.3.1.8  Limits: recipients buffer
            RFC 5321 §4.5.3.1.10  Limits: too many recipients
            RFC 5321 §4.5.5  Messages with a null reverse path
            RFC 5321 §6.3  Loop detection
            RFC 5321 §7.8  Resistance to attacks
            RFC 1870 §3  SIZE: the extension
            RFC 1870 §4  SIZE: in the reply to EHLO
            RFC 1870 §6.1  SIZE: server action on MAIL
            RFC 1870 §6.3  SIZE: messages larger than declared
            RFC 2033 §4.1  LMTP: LHLO in place of HELO and EHLO
            RFC 2033 §4.2  LMTP: one reply for each recipient
            RFC 2034 §3  ENHANCEDSTATUSCODES: the extension
            RFC 2034 §4  ENHANCEDSTATUSCODES: in replies
            RFC 2920 §3  PIPELINING: the extension
            RFC 2920 §3.1  PIPELINING: groups of commands and replies
            RFC 3030 §2  CHUNKING
            RFC 3030 §3  BINARYMIME
            RFC 3207 §4  STARTTLS: the command
            RFC 3207 §4.1  STARTTLS: after the handshake, when it is not good enough
            RFC 3207 §4.2  STARTTLS: what the handshake makes forgotten
            RFC 3207 §6  STARTTLS: security considerations
            RFC 3461 §4  DSN: the extension, xtext
            RFC 3461 §4.1  DSN: NOTIFY
            RFC 3461 §4.2  DSN: ORCPT
            RFC 3461 §4.3  DSN: RET
            RFC 3461 §4.4  DSN: ENVID
            RFC 4954 §3  AUTH: the extension
            RFC 4954 §4  AUTH: the command
            RFC 4954 §5  AUTH: the parameter of MAIL
            RFC 4954 §6  AUTH: status codes
            RFC 4954 §9  AUTH: security considerations
            RFC 6152 §2  8BITMIME: the extension
            RFC 6152 §3  8BITMIME: the BODY parameter
            RFC 6531 §3.1  SMTPUTF8: the extension
            RFC 6531 §3.2  SMTPUTF8: use
            RFC 6531 §3.3  SMTPUTF8: addresses
            RFC 6531 §3.7.4.1  SMTPUTF8: replies
            RFC 6531 §3.7.4.2  SMTPUTF8: VRFY and EXPN
            RFC 8314 §3.3  Implicit TLS
            RFC 9422 §4  LIMITS: RCPTMAX
            draft-hall-prdr-00 §4.1  PRDR: in the reply to EHLO
            draft-hall-prdr-00 §4.2  PRDR: the parameter of MAIL
            draft-hall-prdr-00 §4.5  PRDR: one reply for each recipient
            """;

    @Test
    void thePageTellsWhichTestCoversWhichSection() throws IOException {
        Map<String, Set<String>> tests = new LinkedHashMap<>();
        SECTIONS.lines().forEach(line -> tests.put(line.split("  ")[0], new TreeSet<>()));
        new ClassFileImporter()
                .importPath(Path.of("target", "test-classes"))
                .forEach(type -> type.getMethods().forEach(method -> note(method, tests)));
        assertThat(tests)
                .allSatisfy(
                        (section, methods) -> assertThat(methods).as(section).isNotEmpty());

        String page = page(tests);
        if (Boolean.getBoolean("postern.updateDocs")) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE)
                .as(
                        "docs/rfc-coverage.md is out of date; run: mvn test -pl smtp-core -Dtest=RfcCoverageTest -Dpostern.updateDocs=true")
                .exists()
                .content()
                .isEqualTo(page);
    }

    private static void note(JavaMethod method, Map<String, Set<String>> tests) {
        if (!method.isAnnotatedWith(Covers.class)) {
            return;
        }
        for (String section : method.getAnnotationOfType(Covers.class).value()) {
            assertThat(tests).as(method.getFullName()).containsKey(section);
            tests.get(section).add(method.getOwner().getSimpleName() + "." + method.getName());
        }
    }

    private static String page(Map<String, Set<String>> tests) {
        StringBuilder page = new StringBuilder("""
                # RFC coverage

                The sections of the RFCs that the engine implements, and the tests of smtp-core that show each to hold.
                Generated from `@Covers` by `RfcCoverageTest`, which fails when this page is out of date; to bring it up to date:

                ```sh
                mvn test -pl smtp-core -Dtest=RfcCoverageTest -Dpostern.updateDocs=true
                ```

                | section | what | tests |
                |---|---|---|
                """);
        SECTIONS.lines().forEach(line -> {
            String[] section = line.split("  ");
            page.append("| ")
                    .append(section[0])
                    .append(" | ")
                    .append(section[1])
                    .append(" | `")
                    .append(String.join("`<br>`", tests.get(section[0])))
                    .append("` |\n");
        });
        return page.toString();
    }
}
