package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.postern.smtp.SmtpServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server whose process has no descriptor left accepts nobody for a while, and is none the worse for it. */
@Timeout(120)
class DescriptorsIT {

    private static final int DESCRIPTORS = 256;
    private static final int CLIENTS = 300;

    @TempDir
    Path directory;

    /** What the processors have worked for the server. */
    private static Duration work(ServerProcess server) {
        return ProcessHandle.of(server.pid())
                .orElseThrow()
                .info()
                .totalCpuDuration()
                .orElseThrow();
    }

    @Test
    void whoeverWasAcceptedIsServedAndTheOthersAreWhenTheyCanBe() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "Linux only");
        Path log = directory.resolve("log");
        String[] limited = {"sh", "-c", "ulimit -n " + DESCRIPTORS + " && exec \"$@\" 2> " + log, "sh"};
        try (ServerProcess server = ServerProcess.start(new SmtpServerOptions(), ServerProcess.UNLIMITED, limited);
                WireClient early = new WireClient(server.port())) {
            assertThat(early.reply()).startsWith("220");
            try (Crowd crowd = new Crowd(CLIENTS, server.port())) {
                crowd.awaitConnected(); // by the kernel; the server can not accept all of them
                int open = 0;
                for (int seen = -1; seen != open; ) {
                    seen = open;
                    // as long as it accepts some more, and a second longer: it has to come to rest
                    crowd.readFor(Duration.ofSeconds(1));
                    open = server.measure().connections();
                }
                assertThat(open).isPositive().isLessThan(DESCRIPTORS);

                Duration before = work(server);
                long logged = Files.size(log);
                Duration window = Duration.ofSeconds(4);
                crowd.readFor(window);
                Duration worked = work(server).minus(before);
                System.out.printf(
                        "%d connections with %d descriptors: worked %d ms of %d ms, logged %d octets%n",
                        open, DESCRIPTORS, worked.toMillis(), window.toMillis(), Files.size(log) - logged);
                assertThat(worked).as("it does not spin").isLessThan(window.dividedBy(2));
                assertThat(Files.size(log) - logged)
                        .as("it does not flood the log, in which there is:%n%s", tail(log))
                        .isLessThan(100_000);

                for (String line : List.of("EHLO client.example", "MAIL FROM:<a@client.example>", "RSET")) {
                    assertThat(early.command(line)).startsWith("250");
                }
            }
            // all of them have gone
            try (WireClient late = new WireClient(server.port())) {
                assertThat(late.reply()).startsWith("220");
                assertThat(late.command("QUIT")).startsWith("221");
            }
            assertThat(early.command("QUIT")).startsWith("221");
        }
    }

    private static String tail(Path log) throws Exception {
        String all = Files.readString(log);
        return all.substring(Math.max(0, all.length() - 3_000));
    }
}
