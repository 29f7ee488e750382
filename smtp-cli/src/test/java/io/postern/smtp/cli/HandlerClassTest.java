package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Classes as users bring them: compiled here, and loaded from a directory or a jar. */
class HandlerClassTest {

    @TempDir
    private Path directory;

    /** Compiles {@code my.Handler}, which is declared so. @return where it is */
    private Path compile(String declaration) throws IOException {
        return compile("Handler", declaration);
    }

    private Path compile(String name, String declaration) throws IOException {
        Path source = Files.createDirectories(directory.resolve("source")).resolve(name + ".java");
        Files.writeString(source, "package my; import io.postern.smtp.*; " + declaration);
        Path classes = Files.createDirectories(directory.resolve("classes"));
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        classes.toString(),
                        "-cp",
                        System.getProperty("java.class.path") + java.io.File.pathSeparator + classes,
                        source.toString());
        assertThat(failed).isZero();
        return classes;
    }

    private Path jar(Path classes) throws IOException {
        Path jar = directory.resolve("handler.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file);
                Stream<Path> found = Files.walk(classes)) {
            for (Path each : found.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                Files.copy(each, entries);
                entries.closeEntry();
            }
        }
        return jar;
    }

    private static SmtpHandler create(Path classPath, String... arguments) {
        return HandlerClass.create("my.Handler", List.of(classPath), List.of(arguments));
    }

    @Test
    void aClassIsFoundInADirectoryAndInAJar() throws IOException {
        Path classes = compile(
                "public class Handler implements SmtpHandler { public String toString() {" + " return \"mine\"; } }");
        assertThat(create(classes)).hasToString("mine");
        assertThat(create(jar(classes))).hasToString("mine");
    }

    @Test
    void theConstructorIsTheOneForSoManyStringsAndElseTheOneForAnyNumber() throws IOException {
        Path classes = compile("public class Handler implements SmtpHandler { final String made;"
                + " public Handler(String a, String b) { made = a + \" and \" + b; }"
                + " public Handler(String... all) { made = String.join(\"+\", all); }"
                + " public String toString() { return made; } }");
        assertThat(create(classes, "x", "y")).hasToString("x and y");
        assertThat(create(classes, "x", "y", "z")).hasToString("x+y+z");
        assertThat(create(classes)).hasToString("");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "public class Handler {} | does not implement io.postern.smtp.SmtpHandler",
                "public interface Handler extends SmtpHandler {} | is an interface",
                "public abstract class Handler implements SmtpHandler {} | is abstract",
                "class Handler implements SmtpHandler {} | is not public",
                "public class Handler implements SmtpHandler { Handler() {} } | "
                        + "has no public constructor that takes nothing; it has none at all",
                "public class Handler implements SmtpHandler { public Handler(String s) {} public Handler(int i, long l) {} } | "
                        + "has no public constructor that takes nothing; it has Handler(String), Handler(int, long)"
            })
    void aClassThatCannotBeAHandlerIsAMistakeInTheOptions(String declaration, String reason) throws IOException {
        Path classes = compile(declaration);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> create(classes))
                .withMessage("class my.Handler " + reason);
    }

    @Test
    void noCodeOfAClassRunsBeforeItIsKnownToBeAHandler() throws IOException {
        Path classes = compile("public class Handler { static { System.setProperty(\"my.handler.ran\", \"yes\"); } }");
        assertThatIllegalArgumentException().isThrownBy(() -> create(classes));
        assertThat(System.getProperty("my.handler.ran")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "public Handler() { throw new IllegalStateException(\"no directory\"); } | "
                        + "cannot create handler my.Handler: no directory",
                "public Handler() { throw new AssertionError(); } | cannot create handler my.Handler: AssertionError",
                "public Handler() throws Exception { throw new java.io.IOException(\"no key\"); } | "
                        + "cannot create handler my.Handler: no key",
                "static final int X = Integer.parseInt(\"x\"); | cannot initialize handler class my.Handler: "
                        + "For input string: \"x\"",
                "static { if (true) throw new AssertionError(\"no licence\"); } | "
                        + "cannot initialize handler class my.Handler: no licence",
                "static { if (true) throw new StackOverflowError(); } | "
                        + "cannot initialize handler class my.Handler: StackOverflowError"
            })
    void whatGoesWrongInAHandlerIsToldWithItsReason(String member, String message) throws IOException {
        Path classes = compile("public class Handler implements SmtpHandler { " + member + " }");
        assertThatThrownBy(() -> create(classes))
                .isInstanceOf(StartFailure.class)
                .hasMessage(message);
    }

    private void assertCannotLoad(Path classes, String reason) {
        assertThatThrownBy(() -> create(classes))
                .isInstanceOf(StartFailure.class)
                .hasMessageStartingWith("cannot load handler class my.Handler: " + reason);
    }

    @Test
    void aClassThatIsNotThereIsToldSo() {
        assertCannotLoad(directory, "it is neither on the class path nor in this program");
    }

    @Test
    void aClassThatItNeedsIsNamed() throws IOException {
        compile("Needed", "public class Needed implements SmtpHandler {}");
        Path classes = compile("public class Handler extends Needed {}");
        Files.delete(classes.resolve("my").resolve("Needed.class"));
        assertCannotLoad(classes, "a class that it needs is missing: my.Needed");
    }

    @Test
    void aClassThatItNeedsOnlyWhenItIsMadeIsNamed() throws IOException {
        compile("Needed", "public class Needed {}");
        Path classes = compile("public class Handler implements SmtpHandler { static final Object N = new Needed(); }");
        Files.delete(classes.resolve("my").resolve("Needed.class"));
        assertCannotLoad(classes, "a class that it needs is missing: my.Needed");
    }

    @Test
    void aClassForANewerJavaIsToldSo() throws IOException {
        Path classes = compile("public class Handler implements SmtpHandler {}");
        Path file = classes.resolve("my").resolve("Handler.class");
        byte[] octets = Files.readAllBytes(file);
        octets[7] = (byte) 200; // the version, JVMS §4.1
        Files.write(file, octets);
        assertCannotLoad(
                classes,
                "it, or a class that it needs, was compiled for a newer Java than "
                        + Runtime.version().feature());
    }

    @Test
    void aFileThatIsNoClassIsToldSo() throws IOException {
        Path classes = compile("public class Handler implements SmtpHandler {}");
        Files.writeString(classes.resolve("my").resolve("Handler.class"), "no class");
        assertCannotLoad(classes, "its file, or that of a class that it needs, is broken: ");
    }

    @Test
    void aJarThatIsMissingOrNoneIsToldSo() throws IOException {
        Path missing = directory.resolve("missing.jar");
        assertThatThrownBy(() -> create(missing)).hasMessage("no such file on the class path: " + missing);
        Path text = Files.writeString(directory.resolve("text.jar"), "no jar");
        assertThatThrownBy(() -> create(text))
                .isInstanceOf(StartFailure.class)
                .hasMessageStartingWith("cannot read " + text + " on the class path, which should be a jar: ");
    }
}
