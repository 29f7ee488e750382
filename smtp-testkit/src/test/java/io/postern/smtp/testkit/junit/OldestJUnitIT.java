package io.postern.smtp.testkit.junit;

import static io.postern.smtp.testkit.Sending.message;
import static io.postern.smtp.testkit.Sending.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs tests that use the extension on the oldest JUnit that it works with, in a JVM with that one on its class path. */
class OldestJUnitIT {

    private static final Path OLDEST = Path.of("target", "oldest-junit");
    private static final long PATIENCE_IN_SECONDS = 60;

    static class PerClass {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @Test
        void hasAnInbox(TestSmtpServer server, Inbox inbox) {
            send(server, message("hi"), inbox.address("anne"));
            assertThat(inbox.await().mail().subject()).isEqualTo("hi");
        }

        @Test
        void failsForMailThatItHasNotLookedAt(TestSmtpServer server, Inbox inbox) {
            send(server, message("hi"), inbox.address("anne"));
        }

        @Nested
        class Inner {

            @Test
            void hasTheSameServer(TestSmtpServer server) {
                assertThat(server).isSameAs(SMTP.server());
            }
        }
    }

    static class PerMethod {

        @RegisterExtension
        final SmtpServerExtension smtp = new SmtpServerExtension();

        private static int port;

        @Test
        void hasItsOwn(TestSmtpServer server, Inbox inbox) {
            port = server.port();
            send(server, message("hi"), "anne@elsewhere.example");
            assertThat(inbox.await(1)).hasSize(1);
        }
    }

    /** In the other JVM. */
    static final class Run {

        private Run() {}

        public static void main(String... args) {
            SummaryGeneratingListener listener = new SummaryGeneratingListener();
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectClass(PerClass.class), selectClass(PerMethod.class))
                                    .build(),
                            listener);
            TestExecutionSummary summary = listener.getSummary();
            System.out.println(summary.getTestsSucceededCount() + " of " + summary.getTestsFoundCount());
            summary.getFailures().forEach(failure -> System.out.println(failure.getException()));
            System.out.println(isClosed(PerMethod.port) ? "closed" : "still open");
            System.out.println(Test.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath());
        }

        private static boolean isClosed(int port) {
            try {
                RawSmtpClient.connect("127.0.0.1", port).close();
                return false;
            } catch (UncheckedIOException e) {
                return true;
            }
        }
    }

    private static String classPath() throws IOException {
        try (Stream<Path> oldest = Files.list(OLDEST)) {
            Stream<String> others = Arrays.stream(
                            System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("junit-"));
            return Stream.concat(oldest.map(Path::toString), others).collect(Collectors.joining(File.pathSeparator));
        }
    }

    @Test
    void theExtensionDoesWhatItPromisesThere(@TempDir Path directory) throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath(),
                        Run.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_IN_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
        assertThat(lines).contains("3 of 4", "closed");
        assertThat(lines)
                .anySatisfy(
                        line -> assertThat(line)
                                .startsWith(
                                        "java.lang.AssertionError: messages that nobody looked at: [<app@example.org> to [anne@t"));
        assertThat(lines).last().asString().endsWith("junit-jupiter-api-5.10.2.jar");
        assertThat(process.exitValue()).isZero();
    }
}
