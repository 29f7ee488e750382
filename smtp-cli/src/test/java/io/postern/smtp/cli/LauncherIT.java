package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The {@code postern} script, with a jar that it need not build. */
@Timeout(120)
class LauncherIT {

    @TempDir
    private Path root;

    @BeforeEach
    void copyWhatItRuns() throws IOException {
        Path jar = Path.of("smtp-cli", "target", "postern.jar");
        Files.createDirectories(root.resolve(jar).getParent());
        Files.copy(Path.of("..", "postern"), root.resolve("postern"));
        Files.copy(Path.of("..").resolve(jar), root.resolve(jar));
    }

    private PosternProcess launch(String javaOptions, String... arguments) throws IOException {
        List<String> environment = List.of(
                "/usr/bin/env",
                "JAVA_HOME=" + System.getProperty("java.home"),
                "JDK_JAVA_OPTIONS=" + javaOptions,
                root.resolve("postern").toString());
        return PosternProcess.runCommand(
                Stream.concat(environment.stream(), Stream.of(arguments)).toList());
    }

    private String sourceOfItsClasses() throws IOException, InterruptedException {
        Path classes = root.resolve("classes");
        try (PosternProcess postern = launch("-Xlog:class+load:file=" + classes, "-l", "127.0.0.1:0")) {
            PosternProcess.client(postern.awaitListening()).close();
            postern.terminate();
            assertThat(postern.awaitExit()).isZero();
        }
        try (Stream<String> lines = Files.lines(classes)) {
            return lines.filter(line -> line.contains(Postern.class.getName() + " source: "))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void startsFromAnArchiveThatItMadeBefore() throws Exception {
        assertThat(sourceOfItsClasses()).endsWith("shared objects file (top)");
        try (Stream<Path> files = Files.list(root.resolve("smtp-cli").resolve("target"))) {
            assertThat(files.map(Path::getFileName).map(Path::toString))
                    .containsOnlyOnce("postern-" + Runtime.version().feature() + ".jsa")
                    .noneMatch(name -> name.endsWith(".new"));
        }
    }

    @Test
    void startsAndSaysNothingOfAnArchiveOfAnotherJava() throws Exception {
        Path archive = root.resolve("smtp-cli")
                .resolve("target")
                .resolve("postern-" + Runtime.version().feature() + ".jsa");
        Files.writeString(archive, "not an archive");
        try (PosternProcess postern = launch("", "--version")) {
            assertThat(postern.readLine()).startsWith("postern ");
            assertThat(postern.awaitExit()).isZero();
        }
    }

    @Test
    void aJavaHomeWithoutJavaIsToldInOneLine() throws Exception {
        try (PosternProcess postern = PosternProcess.runCommand(List.of(
                "/usr/bin/env", "JAVA_HOME=" + root, root.resolve("postern").toString()))) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors())
                    .isEqualTo("postern: JAVA_HOME is %s, but there is no bin/java in it%n".formatted(root));
        }
    }
}
