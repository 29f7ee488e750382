package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** aiosmtpd as next hop. */
class AiosmtpdIT {

    /** Where Debian puts its packages for Python; another python3 on the PATH does not see them. */
    private static final String PYTHON = "/usr/bin/python3";

    @TempDir
    Path directory;

    @Test
    void itPrintsWhatTheClientSent() throws Exception {
        Path output = directory.resolve("aiosmtpd.log");
        if (!Files.isExecutable(Path.of(PYTHON))
                || Program.start(output, List.of(PYTHON, "-c", "import aiosmtpd"))
                                .waitFor()
                        != 0) {
            Program.missing("aiosmtpd is not installed");
        }
        int hop = Program.freePort();
        Process aiosmtpd = Program.start(
                output,
                List.of(
                        PYTHON,
                        "-u",
                        "-m",
                        "aiosmtpd",
                        "-n",
                        "-l",
                        "127.0.0.1:" + hop,
                        "-c",
                        "aiosmtpd.handlers.Debugging",
                        "stdout"));
        try (RelayFixture fixture = new RelayFixture()) {
            Program.awaitListening(hop, aiosmtpd, output);
            int port = fixture.front(RelayFixture.to(hop));
            try (RawSmtpClient client = RelayFixture.dataTo(port)) {
                client.send("Subject: dots\r\n\r\n..one\r\n...two\r\nend\r\n.\r\n")
                        .expect(250);
                // and once more, over the same connection
                client.command("MAIL FROM:<>").expect(250);
                client.command("RCPT TO:<other@example.test>").expect(250);
                client.command("DATA").expect(354);
                client.send("Subject: second\r\n\r\n.\r\n").expect(250);
            }
        } finally {
            aiosmtpd.destroy();
            assertThat(aiosmtpd.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Files.readString(output))
                .contains("Received: from client.example.test")
                .contains("\nSubject: dots\n")
                .contains("\n.one\n..two\nend\n")
                .contains("\nSubject: second\n");
    }
}
