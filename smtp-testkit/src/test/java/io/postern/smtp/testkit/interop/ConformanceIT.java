package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.conformance.Conformance;
import io.postern.smtp.testkit.conformance.ConformanceReport;
import io.postern.smtp.testkit.conformance.ConformanceReport.Outcome;
import io.postern.smtp.testkit.conformance.ConformanceTarget;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The conformance suite passes with our servers, and shows that it can fail with others. */
@Timeout(120)
class ConformanceIT {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path directory;

    private static ConformanceTarget smtp(int port) {
        return ConformanceTarget.smtp(new InetSocketAddress(LOOPBACK, port));
    }

    /** One of ours that offers all that there are cases for, AUTH too. */
    private TestSmtpServer ours(boolean lmtp) {
        RecordingHandler handler = new RecordingHandler();
        SmtpServerOptions options = TestSmtpServer.defaultOptions()
                .setTls(TlsFiles.in(directory).server())
                .setLmtp(lmtp);
        return TestSmtpServer.start(
                handler,
                options,
                server ->
                        SaslMechanism.passwords(handler.inbox().authenticator()).forEach(server::addMechanism));
    }

    @Test
    void ourSmtpPassesAllOfIt() {
        try (TestSmtpServer server = ours(false)) {
            assertAllPassed(Conformance.run(smtp(server.port())));
        }
    }

    @Test
    void ourLmtpPassesAllOfIt() {
        try (TestSmtpServer server = ours(true)) {
            assertAllPassed(Conformance.run(ConformanceTarget.lmtp(new InetSocketAddress(LOOPBACK, server.port()))));
        }
    }

    private static void assertAllPassed(ConformanceReport report) {
        report.assertPassed();
        assertThat(report.results())
                .allSatisfy(result -> assertThat(result.outcome()).isEqualTo(Outcome.PASSED));
    }

    @Test
    void smtpSinkFailsSomeOfIt() throws Exception {
        int port = Started.freePort();
        try (Started sink =
                new Started(List.of(Tool.find("smtp-sink"), "-u", "nobody", "127.0.0.1:" + port, "10"), port)) {
            assertThat(failures(sink.port()))
                    .contains("a HELO without a name is refused", "an unknown parameter is refused");
        }
    }

    @Test
    void aiosmtpdFailsSomeOfIt() throws Exception {
        int port = Started.freePort();
        List<String> command =
                List.of(Tool.find("aiosmtpd"), "-n", "-c", "aiosmtpd.handlers.Sink", "-l", "127.0.0.1:" + port);
        try (Started aiosmtpd = new Started(command, port)) {
            assertThat(failures(aiosmtpd.port())).contains("what is no address is refused");
        }
    }

    private static List<String> failures(int port) {
        ConformanceReport report = Conformance.run(smtp(port));
        return report.failures().stream()
                .map(result -> result.testCase().name())
                .toList();
    }
}
