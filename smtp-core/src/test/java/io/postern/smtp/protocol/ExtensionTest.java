package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.lmtp;
import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Reply;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Extensions that are for some clients only, and those that say for whom a client speaks. */
class ExtensionTest {

    private static final EngineExtension XFOO = new EngineExtension(
            Optional.of(new ExtensionVerb("XFOO", "XFOO word")),
            Optional.of("XFOO bar"),
            Set.of("XMAIL"),
            Set.of("XRCPT"));
    private static final ForwardedClient FORWARDED = new ForwardedClient(Map.of("NAME", "origin.example"));

    static Stream<EngineHarness> dialects() {
        return Stream.of(smtp(), lmtp());
    }

    private static EngineHarness xfoo(EngineHarness harness) {
        return harness.extension(XFOO)
                .extensionAnswers("XFOO other", ClientOverride.NONE)
                .extensionAnswers("XFOO user", ClientOverride.NONE.withLogin(Optional.of("user")))
                .extensionAnswers("XFOO from", FORWARDED);
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void anExtensionThatIsNotForTheClientIsNeitherAnnouncedNorAnswered(EngineHarness harness) {
        RecordingOutput output = harness.withheld(XFOO).afterEhlo().plays("""
                C: XFOO word
                S: 550 5.7.0 Error: insufficient authorization
                C: MAIL FROM:<a@client.example> XMAIL
                S: 555 5.5.4 ...
                C: MAIL FROM:<a@client.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<b@postern.example> XRCPT=1
                S: 555 5.5.4 ...
                """);
        assertThat(output.questions()).noneMatch(question -> question.startsWith("XFOO"));
    }

    @Test
    void theLineOfAnExtensionStandsInTheReplyToEhloOfThoseWhomItIsForOnly() {
        assertThat(smtp().extension(XFOO).begin().feed("EHLO c<CR><LF>").output.sentLines())
                .contains("250 XFOO bar");
        assertThat(smtp().withheld(XFOO).begin().feed("EHLO c<CR><LF>").output.sentLines())
                .noneMatch(line -> line.contains("XFOO"))
                .endsWith("250 HELP");
    }

    @Test
    void aClientThatSaidHeloGetsNoMoreOfAnExtensionThanOthers() {
        smtp().withheld(XFOO).afterHelo().plays("""
                C: MAIL FROM:<a@client.example> XMAIL
                S: 555 5.5.4 ...
                C: XFOO
                S: 550 5.7.0 ...
                """);
        smtp().extension(XFOO).afterHelo().plays("""
                C: MAIL FROM:<a@client.example> XMAIL
                S: 250 2.1.0 OK
                """);
    }

    @Test
    void whoTriesAnExtensionThatIsNotForHimMakesMistakes() {
        smtp().withheld(XFOO).budgets(9, 3).afterEhlo().plays("""
                C: XFOO
                S: 550 5.7.0 ...
                C: XFOO
                S: 550 5.7.0 ...
                C: XFOO
                S: 421 4.7.0 Too many errors, closing connection
                """);
    }

    @Test
    void aSessionThatBeginsAnewIsGreetedAndAwaitsAHello() {
        RecordingOutput output = xfoo(smtp()).plays("""
                S: 220 ...
                C: HELO client.example
                S: 250 ...
                C: XFOO other
                S: 220 mx.postern.example ESMTP Postern
                C: MAIL FROM:<a@client.example>
                S: 503 5.5.1 Error: send HELO or EHLO first
                C: XFOO other
                S: 220 mx.postern.example ESMTP Postern
                C: HELO again.example
                S: 250 ...
                C: MAIL FROM:<a@client.example>
                S: 250 2.1.0 OK
                """);
        assertThat(output.questions()).filteredOn("CONNECT"::equals).hasSize(3);
    }

    @Test
    void overLmtpASessionBeginsAnewAsWell() {
        xfoo(lmtp()).afterEhlo().plays("""
                C: XFOO other
                S: 220 ...
                C: MAIL FROM:<a@client.example>
                S: 503 5.5.1 Error: send LHLO first
                """);
    }

    @Test
    void theApplicationMayRefuseTheNewClient() {
        EngineHarness harness =
                xfoo(smtp()).answers("CONNECT", Reply.of(220, "mx")).afterEhlo();
        EngineHarness.Run run = harness.begin();
        harness.answers("CONNECT", Reply.of(554, "5.7.1", "Not you"));
        run.feed("XFOO other<CR><LF>NOOP<CR><LF>XFOO other<CR><LF>QUIT<CR><LF>");
        assertThat(run.output.sentLines())
                .containsExactly(
                        "554 Not you",
                        "503 5.5.1 Error: connection refused, send QUIT",
                        "503 5.5.1 Error: connection refused, send QUIT",
                        "221 2.0.0 Bye");

        EngineHarness closing = xfoo(smtp()).afterEhlo();
        EngineHarness.Run closed = closing.begin();
        closing.answers("CONNECT", Reply.of(421, "4.7.0", "Not now"));
        closed.feed("XFOO other<CR><LF>NOOP<CR><LF>");
        assertThat(closed.output.sentLines()).containsExactly("421 Not now");
        assertThat(closed.output.isClosed()).isTrue();
    }

    @Test
    void aNewBeginningDropsTheTransactionAndTheAnnouncedExtensions() {
        xfoo(smtp()).afterRcpt().plays("""
                C: XFOO other
                S: 220 ...
                C: HELO client.example
                S: 250 ...
                C: DATA
                S: 503 5.5.1 Error: need MAIL command
                C: MAIL FROM:<a@client.example> SIZE=1
                S: 555 5.5.4 ...
                """);
    }

    @Test
    void aNewBeginningTakesAwayWhatAuthGaveAndMayGiveIt() {
        xfoo(smtp().auth("PLAIN").authRequired()).afterEhlo().plays("""
                C: AUTH PLAIN AGEAYg==
                S: 235 2.7.0 ...
                C: XFOO other
                S: 220 ...
                C: HELO client.example
                S: 250 ...
                C: MAIL FROM:<a@client.example>
                S: 530 5.7.0 Authentication required
                C: XFOO user
                S: 220 ...
                C: HELO client.example
                S: 250 ...
                C: MAIL FROM:<a@client.example>
                S: 250 2.1.0 OK
                """);
    }

    @Test
    void aNewBeginningKeepsTls() {
        EngineHarness.Run run =
                xfoo(smtp().startTls(StartTls.REQUIRED).encrypted()).afterEhlo().begin();
        run.feed("XFOO other<CR><LF>EHLO c<CR><LF>");
        assertThat(run.output.sentLines()).contains("250 XFOO bar").noneMatch(line -> line.contains("STARTTLS"));
    }

    @Test
    void whereTlsIsRequiredNoExtensionIsUsedBeforeIt() {
        xfoo(smtp().startTls(StartTls.REQUIRED)).afterEhlo().plays("""
                C: XFOO other
                S: 530 5.7.0 Must issue a STARTTLS command first
                """);
    }

    @Test
    void whatWasForwardedIsKeptUntilTheEndOfTheTransaction() {
        EngineHarness.Run run = xfoo(smtp()).afterEhlo().begin();
        run.feed("XFOO from<CR><LF>");
        assertThat(run.output.sentLines()).containsExactly("250 2.0.0 OK");
        for (String line : new String[] {"NOOP", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"}) {
            run.feed(line + "<CR><LF>");
            assertThat(run.engine.forwarded()).as(line).contains(FORWARDED);
        }
        run.feed(".<CR><LF>");
        assertThat(run.engine.forwarded()).isEmpty();
    }

    @Test
    void whatWasForwardedIsKeptUntilTheLastChunk() {
        EngineHarness.Run run = xfoo(lmtp()).afterEhlo().begin();
        run.feed("XFOO from<CR><LF>MAIL FROM:<a@b.example><CR><LF>RCPT TO:<c@d.example><CR><LF>BDAT 1<CR><LF>x");
        assertThat(run.engine.forwarded()).contains(FORWARDED);
        run.feed("BDAT 0 LAST<CR><LF>");
        assertThat(run.engine.forwarded()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "HELO c", "EHLO c", "XFOO other"})
    void whatWasForwardedIsForgottenWithTheTransaction(String command) {
        EngineHarness.Run run = xfoo(smtp()).afterEhlo().begin();
        run.feed("XFOO from<CR><LF>");
        assertThat(run.engine.forwarded()).contains(FORWARDED);
        run.feed(command + "<CR><LF>");
        assertThat(run.engine.forwarded()).isEmpty();
    }

    @Test
    void whatWasForwardedBeforeStartTlsIsForgotten() {
        EngineHarness.Run run =
                xfoo(smtp().startTls(StartTls.OFFERED)).afterEhlo().begin();
        run.feed("XFOO from<CR><LF>STARTTLS<CR><LF>");
        run.output.handshake();
        run.settle();
        assertThat(run.engine.forwarded()).isEmpty();
    }

    @Test
    void onlyTheVerbOfAnExtensionIsAnsweredWithAnotherClient() {
        EngineHarness.Run run = smtp().afterEhlo().begin(true);
        assertThatIllegalStateException().isThrownBy(() -> run.engine.restart(false));
        run.engine.receive("NOOP\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, 6);
        assertThat(run.engine.awaitsAnswer()).isTrue();
        assertThatIllegalStateException().isThrownBy(() -> run.engine.restart(true));
        assertThatIllegalStateException().isThrownBy(() -> run.engine.answer(FORWARDED));
    }
}
