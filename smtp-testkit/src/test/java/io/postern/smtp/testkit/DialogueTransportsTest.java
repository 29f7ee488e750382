package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.postern.smtp.SmtpServerOptions;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The same scripts in memory, on TCP, on a Unix socket and with a server that is only known by host and port. */
class DialogueTransportsTest {

    private static final TestCertificate CERTIFICATE = TestCertificate.create();

    private static final Dialogue DATA = Dialogue.parse("""
            S: 220 mx.example.test *
            C: EHLO client.example
            S: 250-mx.example.test
            S: ...
            C: MAIL FROM:<a@b.example>
            C: RCPT TO:<c@d.example>
            C: DATA
            S: 250
            S: 250
            S: 354
            C: H\\xc3\\xa9
            C: ..
            C: .
            S: 250
            C: QUIT
            S: 221
            S: <closed>
            """);

    private static final Dialogue BDAT_LMTP = Dialogue.parse("""
            S: 220
            C: LHLO client.example
            S: 250
            C: MAIL FROM:<a@b.example> BODY=BINARYMIME
            C: RCPT TO:<c@d.example>
            C: RCPT TO:<e@d.example>
            C: BDAT 2
            C: a\\r\\
            C: BDAT 4 LAST
            C: \\n\\x00b\\n\\
            S: 250
            S: 250
            S: 250
            S: 250
            S: 250
            S: 250
            C: QUIT
            S: 221
            S: <closed>
            """);

    private static final Dialogue STARTTLS = Dialogue.parse("""
            S: 220
            C: EHLO client.example
            S: 250-mx.example.test
            S: ...
            C: STARTTLS
            S: 220
            C: <tls>
            C: EHLO client.example
            S: 250
            C: MAIL FROM:<a@b.example>
            C: RCPT TO:<c@d.example>
            C: BDAT 3 LAST
            C: a\\r\\n\\
            S: 250
            S: 250
            S: 250
            C: QUIT
            S: 221
            """).encrypted(CERTIFICATE.sslContext());

    enum Transport {
        MEMORY,
        TCP,
        UNIX,
        ANY_HOST
    }

    @TempDir
    Path directory;

    private interface Led {
        void lead(Supplier<RawSmtpClient> connect);
    }

    private void with(Transport transport, RecordingHandler handler, SmtpServerOptions options, Led led) {
        if (transport == Transport.MEMORY) {
            try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler, options)) {
                led.lead(tester::connect);
            }
            return;
        }
        if (transport == Transport.UNIX) {
            options.setUnixSocket(directory.resolve("smtp").toString());
        }
        try (TestSmtpServer server = TestSmtpServer.start(handler, options)) {
            led.lead(
                    transport == Transport.ANY_HOST
                            ? () -> RawSmtpClient.connect("localhost", server.port())
                            : server::connect);
        }
    }

    static Stream<Arguments> transportsAndDialects() {
        return Stream.of(Transport.values())
                .flatMap(transport -> Stream.of(false, true).map(lmtp -> arguments(transport, lmtp)));
    }

    @ParameterizedTest
    @MethodSource("transportsAndDialects")
    void aScriptHoldsWhereverItIsCut(Transport transport, boolean lmtp) {
        RecordingHandler handler = new RecordingHandler();
        Dialogue dialogue = lmtp ? BDAT_LMTP : DATA;

        with(transport, handler, TestSmtpServer.defaultOptions().setLmtp(lmtp), dialogue::withEveryCut);

        assertThat(handler.messages())
                .hasSize(dialogue.octets() - 1)
                .extracting(ReceivedMessage::text)
                .containsOnly(lmtp ? "a\r\n\0b\n" : "H\u00e9\r\n.\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void startTlsIsPartOfAScript(Transport transport) {
        RecordingHandler handler = new RecordingHandler();

        with(transport, handler, TestSmtpServer.defaultOptions().setTls(CERTIFICATE.serverOptions()), connect -> {
            STARTTLS.withCuts(connect);
            STARTTLS.cut(STARTTLS.octets() - 8).with(connect.get());
        });

        assertThat(handler.messages()).hasSize(5).allMatch(ReceivedMessage::ssl);
    }

    @ParameterizedTest
    @EnumSource
    void theClientMayEndOrVanishInTheMiddle(Transport transport) {
        RecordingHandler handler = new RecordingHandler();
        Dialogue ends = Dialogue.parse("S: 220\nC: NOOP\nC: <end>\nS: 250\nS: <closed>\n");
        Dialogue vanishes = Dialogue.parse("S: 220\nC: NOOP\nC: <reset>\n");

        with(transport, handler, TestSmtpServer.defaultOptions(), connect -> {
            ends.with(connect.get());
            vanishes.with(connect.get());
        });

        // the server has been closed, which waits for its sessions
        assertThat(handler.events()).filteredOn("DISCONNECT"::equals).hasSize(2);
    }
}
