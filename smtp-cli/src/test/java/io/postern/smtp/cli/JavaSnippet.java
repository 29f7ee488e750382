package io.postern.smtp.cli;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A fenced block of Java in a Markdown file. It may be whole classes, which are compiled as they stand; members, which are
 * put into an {@code SmtpHandler}; or statements, which are put into a method of one that has a {@code vertx}, a
 * {@code handler} and {@code options}.
 *
 * @param file where it stands
 * @param line the line of its first code
 * @param code what stands between the fences
 */
record JavaSnippet(Path file, int line, String code) {

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    // one for all, so that the class path is opened once
    private static final JavaFileManager FILES = COMPILER.getStandardFileManager(null, null, null);

    private static final Pattern WHOLE =
            Pattern.compile("^((public|abstract|final|sealed) )*(class|interface|record|enum) ", Pattern.MULTILINE);
    private static final Pattern MEMBERS =
            Pattern.compile("^(@Override|(public|protected|private) )", Pattern.MULTILINE);

    // on one line, so that the lines of the snippet keep their numbers
    private static final String IMPORTS = "import io.postern.smtp.*; import io.postern.smtp.controller.*;"
            + " import io.postern.smtp.handlers.*; import io.postern.smtp.handlers.relay.*; import io.postern.smtp.lmtp.*;"
            + " import io.vertx.core.*; import io.vertx.core.buffer.*;"
            + " import io.vertx.core.file.*; import io.vertx.core.json.*; import io.vertx.core.net.*;"
            + " import io.vertx.core.streams.*; import java.time.*; import java.util.*; ";
    private static final String CLASS =
            IMPORTS + "abstract class Snippet implements SmtpHandler { Vertx vertx; SmtpHandler handler;"
                    + " SmtpServerOptions options; ";

    /** All snippets of a file, from the top down. */
    static List<JavaSnippet> of(Path file) throws IOException {
        List<JavaSnippet> snippets = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).strip().equals("```java")) {
                int first = ++i;
                while (!lines.get(i).strip().equals("```")) {
                    i++;
                }
                snippets.add(new JavaSnippet(file, first + 1, String.join("\n", lines.subList(first, i))));
            }
        }
        return snippets;
    }

    /** Compiles it, as strictly as we do. @return what is wrong, each beginning with file and line */
    List<String> compile(Path output) {
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        boolean compiled = COMPILER.getTask(
                        new StringWriter(),
                        FILES,
                        found,
                        List.of(
                                "-d",
                                output.toString(),
                                "-proc:none",
                                "-Xlint:all,-processing,-classfile,-path,-options",
                                "-Werror"),
                        null,
                        List.of(new Source(file.toUri(), source())))
                .call();
        List<String> wrong = found.getDiagnostics().stream().map(this::told).toList();
        return compiled || !wrong.isEmpty() ? wrong : List.of(this + ": does not compile");
    }

    private String source() {
        String above = "\n".repeat(line - 1);
        if (WHOLE.matcher(code).find()) {
            return above + code;
        }
        if (MEMBERS.matcher(code).find()) {
            return above + CLASS + code + "\n}";
        }
        return above + CLASS + "void run() throws Exception { " + code + "\n}}";
    }

    private String told(Diagnostic<?> diagnostic) {
        return file + ":" + diagnostic.getLineNumber() + ": " + diagnostic.getMessage(Locale.ROOT);
    }

    @Override
    public String toString() {
        return file + ":" + line;
    }

    /** Source that may hold a public class of any name. */
    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(URI file, String text) {
            super(file, Kind.SOURCE);
            this.text = text;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return true;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
