package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The client swaks. Where it is missing the test is skipped, or fails when the environment has {@code CI=true}. */
final class Swaks {

    private static final Path PROGRAM = Path.of("/usr/bin/swaks");

    private Swaks() {}

    /** Sends a message, which must be accepted. @return what it prints, the whole dialogue */
    static String run(String address, String... options) throws Exception {
        if (!Files.isExecutable(PROGRAM)) {
            if ("true".equals(System.getenv("CI"))) {
                fail(PROGRAM + " is missing, but CI must not skip this test");
            }
            assumeTrue(false, PROGRAM + " is missing");
        }
        List<String> command = new ArrayList<>(List.of(
                PROGRAM.toString(),
                "--server",
                address,
                "--helo",
                "client.example",
                "--from",
                "anne@example.org",
                "--to",
                "bart@example.org"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String dialogue = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(dialogue).isZero();
        return dialogue;
    }
}
