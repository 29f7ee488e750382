package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Covers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A message in which another is hidden behind what some servers take for the end of a message. */
class SmugglingTest {

    private static final List<String> LINE_ENDS = List.of("<CR>", "<LF>", "<CR><LF>", "<CR><CR><LF>");

    private static final String HIDDEN =
            "MAIL FROM:<evil@b.example><CR><LF>RCPT TO:<victim@b.example><CR><LF>DATA<CR><LF>"
                    + "hidden<CR><LF>.<CR><LF>";

    /** All that stand around a dot, but those in which CR LF . CR LF is. */
    static Stream<String> fakeEnds() {
        List<String> before = new ArrayList<>(LINE_ENDS);
        before.addAll(List.of("<CR><LF><NUL>", "<LF><CR>"));
        List<String> behind = new ArrayList<>(LINE_ENDS);
        behind.addAll(List.of("<NUL><CR><LF>", "<LF><CR>"));
        return before.stream()
                .flatMap(first -> behind.stream().map(second -> first + "." + second))
                .filter(end -> !end.contains("<CR><LF>.<CR><LF>"));
    }

    @Test
    void thereAreMoreThanTwentyOfThem() {
        assertThat(fakeEnds()).hasSize(34).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("fakeEnds")
    @Covers({"RFC 5321 §4.1.1.4", "RFC 5321 §4.5.2", "RFC 5321 §2.3.8"})
    void itIsOneMessageOverDataInEveryPolicy(String fakeEnd) {
        for (BareNewlines policy : BareNewlines.values()) {
            for (EngineHarness harness : List.of(smtp(), lmtp())) {
                // what is hidden ends the message, so that a server that sees the end earlier runs commands
                RecordingOutput output = harness.bareNewlines(policy)
                        .afterRcpt()
                        .plays("""
                        C: DATA
                        S: 354 ...
                        c: shown%s%s
                        S: %s
                        """.formatted(fakeEnd, HIDDEN, verdict(policy, fakeEnd)));
                assertThat(output.questions())
                        .as(policy + ": " + fakeEnd)
                        .containsExactly("DATA sender@client.example -> one@postern.example");
                assertThat(output.messages()).hasSize(isAccepted(policy, fakeEnd) ? 1 : 0);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("fakeEnds")
    @Covers("RFC 3030 §2")
    void itIsOneMessageOverBdatInEveryPolicy(String fakeEnd) {
        String message = "shown" + fakeEnd + HIDDEN;
        for (BareNewlines policy : BareNewlines.values()) {
            RecordingOutput output = smtp().bareNewlines(policy).afterRcpt().plays("""
                    C: BDAT %d LAST
                    c: %s
                    S: %s
                    """.formatted(
                            Transcript.octets(message).length, message, verdict(policy, fakeEnd)));
            assertThat(output.questions()).containsExactly("DATA sender@client.example -> one@postern.example");
        }
    }

    private static boolean isAccepted(BareNewlines policy, String fakeEnd) {
        return policy != BareNewlines.REJECT || fakeEnd.replace("<CR><LF>", "").matches("(<NUL>)?\\.(<NUL>)?");
    }

    private static String verdict(BareNewlines policy, String fakeEnd) {
        return isAccepted(policy, fakeEnd) ? "250 2.6.0 ..." : "554 5.6.0 ...";
    }
}
