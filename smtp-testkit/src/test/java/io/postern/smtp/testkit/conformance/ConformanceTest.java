package io.postern.smtp.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.testkit.conformance.ConformanceReport.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the suite is run, whatever the server is like. */
class ConformanceTest {

    /** A server that offers STARTTLS, says too much behind it, and knows nothing else. */
    private static void serve(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                serve(client);
            } catch (IOException e) {
                // the client is gone, or the test is over
            }
        }
    }

    private static void serve(Socket client) throws IOException {
        BufferedReader input =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        OutputStream output = client.getOutputStream();
        say(output, "220 broken");
        String line;
        while ((line = input.readLine()) != null) {
            if (line.startsWith("EHLO")) {
                say(output, "250-broken\r\n250 STARTTLS");
            } else {
                say(output, line.equals("STARTTLS") ? "220 go ahead\r\n250 and more" : "500 what");
            }
        }
    }

    private static void say(OutputStream output, String reply) throws IOException {
        output.write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
        output.flush();
    }

    @Test
    void aServerThatTalksIntoTheHandshakeFailsThatCaseAndTheOthersAreRun() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(server), "broken server");
            thread.setDaemon(true);
            thread.start();
            ConformanceReport report = Conformance.run(new ConformanceTarget(
                    server.getLocalSocketAddress(),
                    false,
                    "sender@example.org",
                    "recipient@example.org",
                    Duration.ofSeconds(10)));

            assertThat(report.results()).hasSameSizeAs(Conformance.cases(false));
            assertThat(report.failures())
                    .extracting(result -> result.testCase().name())
                    .contains("behind STARTTLS the session begins anew, without STARTTLS");
            assertThat(report.isConformant()).isFalse();
            assertThat(report.results())
                    .extracting(ConformanceReport.Result::outcome)
                    .contains(Outcome.PASSED);
        }
    }

    @Test
    void argumentsNameTheServer() {
        assertThat(Conformance.target("127.0.0.1", "25").lmtp()).isFalse();
        ConformanceTarget target = Conformance.target("127.0.0.1", "24", "lmtp", "a@b.example", "c@d.example");
        assertThat(target.lmtp()).isTrue();
        assertThat(target.recipient()).isEqualTo("c@d.example");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ':',
            value = {
                "127.0.0.1 : 1 arguments; allowed are 2, 3 or 5",
                "127.0.0.1 smtp : PORT is smtp; allowed is 1 to 65535",
                "127.0.0.1 99999 : PORT is 99999; allowed is 1 to 65535",
                "127.0.0.1 24 LMTP : the protocol is LMTP; allowed are smtp and lmtp",
            })
    void argumentsThatMakeNoSenseAreRefused(String arguments, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conformance.target(arguments.split(" ")))
                .withMessage(message);
    }
}
