package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What README and guides say compiles, and leads somewhere. */
class DocumentationTest {

    private static final Path ROOT = Path.of("..");
    private static final Path README = ROOT.resolve("README.md");
    private static final Path HOOKS = ROOT.resolve("docs").resolve("handlers.md");

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            List<Path> guides = docs.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
            return Stream.concat(Stream.of(README), guides.stream());
        }
    }

    static Stream<JavaSnippet> snippets() throws IOException {
        // those of that guide go on from one to the next, and are run by ControllersGuideTest
        Stream<Path> independent = documents().filter(file -> !file.endsWith("controllers.md"));
        return independent.flatMap(file -> {
            try {
                return JavaSnippet.of(file).stream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("snippets")
    void everySnippetCompiles(JavaSnippet snippet, @TempDir Path output) {
        assertThat(snippet.compile(output)).isEmpty();
    }

    @Test
    void aBrokenSnippetIsReportedWithItsFileAndLine(@TempDir Path directory) throws IOException {
        Path guide = directory.resolve("guide.md");
        Files.writeString(guide, """
                # Guide

                ```java
                int port = 25;
                port = "25";
                ```

                ```java
                @Override
                public Future<Reply> handleNoop(Session session, int argument) {
                    return Future.succeededFuture(Reply.ok());
                }
                ```

                ```java
                public class Whole implements Missing {}
                ```

                ```java
                List raw = List.of();
                ```
                """);
        List<JavaSnippet> snippets = JavaSnippet.of(guide);

        assertThat(snippets).hasSize(4);
        assertThat(snippets.get(0).compile(directory))
                .singleElement()
                .asString()
                .startsWith(guide + ":5: incompatible types");
        assertThat(snippets.get(1).compile(directory))
                .singleElement()
                .asString()
                .startsWith(guide + ":9: ");
        assertThat(snippets.get(2).compile(directory))
                .singleElement()
                .asString()
                .startsWith(guide + ":16: ");
        assertThat(snippets.get(3).compile(directory))
                .first()
                .asString()
                .contains(":20: ")
                .contains("raw type");
    }

    @Test
    void everyHookHasASectionWithAnExample() throws IOException {
        String text = Files.readString(HOOKS);
        List<String> hooks = Arrays.stream(SmtpHandler.class.getMethods())
                .map(Method::getName)
                .toList();
        assertThat(hooks)
                .hasSizeGreaterThan(10)
                .allSatisfy(hook -> assertThat(text)
                        .containsPattern("(?s)\n## `" + hook + "`\n((?!\n## ).)*```java\n((?!\n```).)*" + hook));
    }

    @Test
    void theJsonThatTheReadmeShowsConfiguresAServer() throws IOException {
        List<String> blocks = Pattern.compile("(?s)\n```json\n(.*?)\n```\n")
                .matcher(Files.readString(README))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(blocks).isNotEmpty().allSatisfy(json -> {
            JsonObject shown = new JsonObject(json);
            JsonObject read = new SmtpServerOptions(shown).toJson();
            assertThat(read.copy().mergeIn(shown)).isEqualTo(read);
        });
    }

    @Test
    void everyTestThatThreatsNamesExists() throws IOException {
        String text = Files.readString(ROOT.resolve("docs").resolve("threats.md"));
        List<MatchResult> tests = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`")
                .matcher(text)
                .results()
                .toList();
        assertThat(tests).hasSizeGreaterThan(20);
        for (MatchResult test : tests) {
            String source = Files.readString(testSource(test.group(1)));
            if (test.group(2) != null) {
                assertThat(source).as(test.group(1)).contains("void " + test.group(2) + "(");
            }
        }
    }

    private static Path testSource(String name) throws IOException {
        try (Stream<Path> files = Files.find(
                ROOT,
                20,
                (file, attributes) ->
                        file.endsWith(name + ".java") && file.toString().contains("src" + File.separator + "test"))) {
            return files.findFirst().orElseThrow(() -> new AssertionError("there is no " + name));
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkToAFileLeadsSomewhere(Path document) throws IOException {
        List<String> links = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)")
                .matcher(Files.readString(document))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(links)
                .allSatisfy(link -> assertThat(document.resolveSibling(link)).exists());
    }
}
