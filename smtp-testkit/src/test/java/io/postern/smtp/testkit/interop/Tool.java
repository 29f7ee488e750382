package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs by others that tests run. */
final class Tool {

    private static final long TIMEOUT_SECONDS = 120;

    private Tool() {}

    /**
     * The path of a program. Where it is missing the test is skipped, or fails when the environment has {@code CI=true},
     * so that the machine that counts cannot skip it.
     */
    static String find(String program) {
        // where administrators' programs are, which the PATH of others need not have
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin" + File.pathSeparator
                + "/sbin";
        return Stream.of(path.split(File.pathSeparator))
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseGet(() -> {
                    missing(program + " is not on the PATH");
                    return program;
                });
    }

    /** Skips the test, or fails it when the environment has {@code CI=true}. */
    static void missing(String what) {
        if ("true".equals(System.getenv("CI"))) {
            fail(what + ", but CI must not skip this test");
        }
        abort(what);
    }

    /** Runs a program, which must end well within two minutes. @return what it printed */
    static String run(List<String> command) {
        return run(command, Redirect.from(new File("/dev/null")), Map.of());
    }

    /** Like {@link #run(List)}, with input and more of an environment. */
    static String run(List<String> command, Redirect input, Map<String, String> environment) {
        try {
            Path output = Files.createTempFile("tool", ".log");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .redirectInput(input)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                if (!ended) {
                    process.destroyForcibly();
                }
                String printed = new String(Files.readAllBytes(output), StandardCharsets.ISO_8859_1);
                assertThat(ended)
                        .as("%s within %s s; it printed:%n%s", command, TIMEOUT_SECONDS, printed)
                        .isTrue();
                assertThat(process.exitValue())
                        .as("exit of %s, which printed:%n%s", command, printed)
                        .isZero();
                return printed;
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + command, e);
        }
    }
}
