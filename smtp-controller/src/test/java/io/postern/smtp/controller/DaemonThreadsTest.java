package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A controller that runs keeps no JVM alive. */
class DaemonThreadsTest {

    @Test
    void everyThreadOfARunningServerIsADaemon() throws Exception {
        try (SmtpController controller =
                SmtpControllerTest.patient(SmtpController.create(new Recording(), SmtpControllerTest.options()))) {
            controller.start();
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
                assertThat(VertxThreads.alive()).isNotEmpty().allMatch(Thread::isDaemon);
            }
        }
    }

    @Test
    void theJvmExitsWhenMainEndsAlthoughTheServerRuns(@TempDir Path directory) throws Exception {
        File output = directory.resolve("output").toFile();
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        try {
            assertThat(program.waitFor(60, TimeUnit.SECONDS)).as("has ended").isTrue();
            assertThat(output).content().contains("main ends");
            assertThat(program.exitValue()).isZero();
        } finally {
            program.destroyForcibly();
        }
    }

    /** Starts a server, and forgets it. */
    static final class Main {

        private Main() {}

        public static void main(String[] args) throws Exception {
            SmtpController controller =
                    SmtpControllerTest.patient(SmtpController.create(new Recording(), SmtpControllerTest.options()));
            controller.start();
            try (Client client = new Client(controller)) {
                System.out.println(client.line() + ", main ends");
            }
        }
    }
}
