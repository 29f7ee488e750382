package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import org.junit.jupiter.api.Test;

class GreetingTest {

    @Test
    @Covers({"RFC 5321 §3.1", "RFC 2034 §4"})
    void theServerSpeaksFirstAndWithoutEnhancedCode() {
        smtp().plays("""
                S: 220 mx.postern.example ESMTP Postern
                C: QUIT
                S: 221 2.0.0 Bye
                """);
    }

    @Test
    @Covers("RFC 5321 §3.1")
    void aRefusedClientMayOnlyQuit() {
        RecordingOutput output = smtp().answers("CONNECT", Reply.of(554, "5.7.1", "No service for you"))
                .plays("""
                S: 554 No service for you
                C: EHLO client.example
                S: 503 ...
                C: MAIL FROM:<a@b.example>
                S: 503 5.5.1 Error: connection refused, send QUIT
                C: NONSENSE
                S: 503 5.5.1 Error: connection refused, send QUIT
                C: NOOP
                S: 503 5.5.1 Error: connection refused, send QUIT
                C: QUIT
                S: 221 2.0.0 Bye
                """);
        assertThat(output.isClosed()).isTrue();
    }

    @Test
    @Covers("RFC 5321 §3.1")
    void aRefusedClientOfLmtpMayOnlyQuit() {
        lmtp().answers("CONNECT", Reply.of(554, "5.7.1", "No service for you")).plays("""
                S: 554 No service for you
                C: HELO client.example
                S: 503 5.5.1 Error: connection refused, send QUIT
                C: LHLO client.example
                S: 503 ...
                """);
    }

    @Test
    void octetsAfterABdatToARefusedClientAreNoCommands() {
        smtp().answers("CONNECT", Reply.of(554, "No service")).plays("""
                S: 554 No service
                C: BDAT 6
                c: QUIT<CR><LF>
                S: 503 5.5.1 Error: connection refused, send QUIT
                C: QUIT
                S: 221 2.0.0 Bye
                """);
    }

    @Test
    @Covers("RFC 5321 §3.8")
    void a421InPlaceOfTheGreetingClosesTheConnection() {
        RecordingOutput output =
                smtp().answers("CONNECT", Replies.SHUTTING_DOWN).plays("""
                S: 421 Service shutting down, closing connection
                C: EHLO client.example
                """);
        assertThat(output.isClosed()).isTrue();
        assertThat(output.questions()).containsExactly("CONNECT");
    }

    @Test
    @Covers("RFC 2034 §4")
    void whatEndsTheSessionInPlaceOfTheGreetingHasNoEnhancedCode() {
        EngineHarness.Run run = new EngineHarness.Run(smtp().settings(), new RecordingOutput(smtp(), true));
        run.engine.start(false);
        run.engine.terminate(Replies.SHUTTING_DOWN);
        assertThat(run.output.sent()).isEqualTo("421 Service shutting down, closing connection\r\n");
    }

    @Test
    void nothingIsReadBeforeTheGreetingIsDecided() {
        EngineHarness.Run run = new EngineHarness.Run(smtp().settings(), new RecordingOutput(smtp(), true));
        run.engine.start(false);
        assertThat(run.engine.wantsInput()).isFalse();
        assertThat(run.engine.awaitsAnswer()).isTrue();
        run.settle();
        assertThat(run.engine.wantsInput()).isTrue();
        assertThat(run.engine.phase()).isEqualTo(Phase.CONNECTED);
    }
}
