package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Covers;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ends that a client does not ask for: the server stops, the time is up, the connection is gone. */
class EndOfSessionTest {

    private static final String RECIPIENTS =
            "EHLO c<CR><LF>MAIL FROM:<a@b.example><CR><LF>RCPT TO:<a@b.example><CR><LF>";

    /** What leads to each phase in which a session can stay. */
    private static EngineHarness.Run at(Phase phase, boolean later) {
        EngineHarness harness =
                smtp().startTls(StartTls.OFFERED).auth("LOGIN").answers("SECURED", Replies.LACK_OF_SECURITY);
        if (phase == Phase.REFUSED) {
            harness.answers("CONNECT", Reply.of(554, "No service"));
        }
        EngineHarness.Run run = harness.begin(later);
        run.feed(
                switch (phase) {
                    case GREETING, REFUSED, CONNECTED -> "";
                    case READY -> "EHLO c<CR><LF>";
                    case TLS, INSECURE -> "EHLO c<CR><LF>STARTTLS<CR><LF>";
                    case EXCHANGE -> "EHLO c<CR><LF>AUTH LOGIN<CR><LF>";
                    case SENDER -> "EHLO c<CR><LF>MAIL FROM:<a@b.example><CR><LF>";
                    case RECIPIENTS -> RECIPIENTS;
                    case BODY -> RECIPIENTS + "DATA<CR><LF>half";
                    case CHUNKS -> RECIPIENTS + "BDAT 4<CR><LF>half";
                    case CLOSED -> "QUIT<CR><LF>";
                });
        if (phase == Phase.INSECURE) {
            run.output.handshake();
            run.settle();
        }
        run.output.forget();
        return run;
    }

    static Stream<Phase> phases() {
        return Stream.of(Phase.values())
                .filter(phase -> phase != Phase.GREETING && phase != Phase.TLS && phase != Phase.CLOSED);
    }

    @ParameterizedTest
    @MethodSource("phases")
    @Covers("RFC 5321 §3.8")
    void aSessionThatIsTerminatedHasTheReplyAndNothingElse(Phase phase) {
        EngineHarness.Run run = at(phase, false);
        assertThat(run.engine.phase()).isEqualTo(phase);
        run.engine.terminate(Replies.CLIENT_TIMEOUT);
        assertEnded(run, phase, "Timeout exceeded, closing connection");
        run.engine.terminate(Replies.CLIENT_TIMEOUT);
        run.engine.disconnected();
        run.engine.stop();
        assertThat(run.output.sentLines()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("phases")
    void aSessionWhoseClientIsGoneSaysNothing(Phase phase) {
        EngineHarness.Run run = at(phase, false);
        run.engine.disconnected();
        assertThat(run.output.sent()).isEmpty();
        assertThat(run.engine.phase()).isEqualTo(Phase.CLOSED);
        assertThat(run.output.failures()).isEqualTo(phase == Phase.BODY || phase == Phase.CHUNKS ? 1 : 0);
        run.engine.stop();
        run.engine.terminate(Replies.CLIENT_TIMEOUT);
        assertThat(run.output.sent()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("phases")
    @Covers("RFC 5321 §3.8")
    void aServerThatStopsEndsWhatIsIdleAtOnceAndLetsTransactionsFinish(Phase phase) {
        EngineHarness.Run run = at(phase, false);
        run.engine.stop();
        if (!phase.inTransaction()) {
            assertEnded(run, phase, "Service shutting down, closing connection");
            return;
        }
        assertThat(run.output.sent()).isEmpty();
        run.feed(
                switch (phase) {
                    case SENDER -> "RCPT TO:<a@b.example><CR><LF>DATA<CR><LF>.<CR><LF>NOOP<CR><LF>";
                    case RECIPIENTS -> "DATA<CR><LF>.<CR><LF>NOOP<CR><LF>";
                    case BODY -> "<CR><LF>.<CR><LF>NOOP<CR><LF>";
                    default -> "BDAT 0 LAST<CR><LF>NOOP<CR><LF>";
                });
        assertThat(run.output.sentLines())
                .endsWith("250 2.6.0 Message accepted for delivery", Replies.SHUTTING_DOWN.toString());
        assertThat(run.output.messages()).hasSize(1);
        assertThat(run.output.isClosed()).isTrue();
    }

    private static void assertEnded(EngineHarness.Run run, Phase phase, String text) {
        assertThat(run.output.sentLines()).hasSize(1);
        assertThat(run.output.sentLines().get(0)).startsWith("421 ").endsWith(text);
        assertThat(run.output.isClosed()).isTrue();
        assertThat(run.output.failures()).isEqualTo(phase == Phase.BODY || phase == Phase.CHUNKS ? 1 : 0);
        assertThat(run.engine.phase()).isEqualTo(Phase.CLOSED);
        assertThat(run.engine.wantsInput()).isFalse();
        assertThat(run.engine.wantsTurn()).isFalse();
        assertThat(run.engine.awaitsAnswer()).isFalse();
    }

    @Test
    void aServerThatStopsBeforeTheGreetingIsDecidedClosesBehindIt() {
        EngineHarness.Run run = new EngineHarness.Run(smtp().settings(), new RecordingOutput(smtp(), true));
        run.engine.start(false);
        run.engine.stop();
        assertThat(run.output.sent()).isEmpty();
        run.settle();
        assertThat(run.output.sentLines()).hasSize(2).last().asString().startsWith("421 4.3.2");
    }

    @Test
    void aServerThatStopsWaitsForAnAnswerThatIsOwed() {
        EngineHarness.Run run = smtp().afterEhlo().begin(true);
        run.deliver("NOOP<CR><LF>");
        run.engine.stop();
        assertThat(run.output.sent()).isEmpty();
        run.settle();
        assertThat(run.output.sentLines()).containsExactly("250 2.0.0 OK", Replies.SHUTTING_DOWN.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOOP", "MAIL FROM:<a@b.example>", "QUIT", "EHLO c", "RSET", "VRFY a"})
    void whatEndsTheSessionWhileAnAnswerIsOwedMakesThatUnwanted(String command) {
        EngineHarness.Run run = smtp().afterEhlo().begin(true);
        run.deliver(command + "<CR><LF>NOOP<CR><LF>");
        assertThat(run.engine.awaitsAnswer()).isTrue();
        run.engine.terminate(Replies.SHUTTING_DOWN);
        assertThat(run.engine.awaitsAnswer()).isFalse();
        assertThatThrownBy(() -> run.engine.answer(Replies.OK)).isInstanceOf(IllegalStateException.class);
        assertThat(run.output.sentLines()).containsExactly(Replies.SHUTTING_DOWN.toString());
    }

    @Test
    void aWholeMessageWhoseAnswerIsOwedFailsWhenTheSessionEnds() {
        EngineHarness.Run run = smtp().afterRcpt().begin(true);
        run.feed("DATA<CR><LF>");
        run.deliver(".<CR><LF>");
        assertThat(run.output.messages()).containsExactly("");
        run.engine.disconnected();
        assertThat(run.output.failures()).isOne();
        assertThatThrownBy(() -> run.engine.bodyAnswer(Replies.OK)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA<CR><LF>", "BDAT 4 LAST<CR><LF>"})
    void aSessionMayBeEndedFromInsideAMessage(String command) {
        for (boolean told : new boolean[] {true, false}) {
            RecordingOutput recorded = new RecordingOutput(smtp(), false);
            SmtpEngine[] engine = new SmtpEngine[1];
            Output ending = (Output) java.lang.reflect.Proxy.newProxyInstance(
                    Output.class.getClassLoader(), new Class<?>[] {Output.class}, (proxy, method, arguments) -> {
                        Object result = method.invoke(recorded, arguments);
                        if (method.getName().equals("body")) {
                            if (told) {
                                engine[0].terminate(Replies.SHUTTING_DOWN);
                            } else {
                                engine[0].disconnected();
                            }
                        }
                        return result;
                    });
            engine[0] = new SmtpEngine(smtp().settings(), ending);
            recorded.attach(engine[0]);
            engine[0].start(false);
            byte[] octets = Transcript.octets(RECIPIENTS + command + "ab<CR><LF>.<CR><LF>NOOP<CR><LF>");
            engine[0].receive(octets, 0, octets.length);
            assertThat(recorded.failures()).isOne();
            assertThat(recorded.messages()).isEmpty();
            assertThat(recorded.questions()).noneMatch(question -> question.startsWith("NOOP"));
            assertThat(engine[0].awaitsAnswer()).isFalse();
            assertThat(recorded.isClosed()).isTrue();
        }
    }

    @Test
    void aSessionThatYieldedMayBeEnded() {
        EngineHarness.Run run = smtp().begin();
        byte[] octets = "NOOP\r\n".repeat(100).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        run.engine.receive(octets, 0, octets.length);
        assertThat(run.engine.wantsTurn()).isTrue();
        run.engine.terminate(Replies.SHUTTING_DOWN);
        assertThat(run.engine.wantsTurn()).isFalse();
        assertThat(run.output.sentLines()).hasSize(1 + 64 + 1);
    }
}
