package io.postern.smtp.handlers.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What it does to whole messages stands in {@code MessageTest}; here the messages come in parts. */
class HeaderEditorTest {

    private static final String TOP = "X-Ours: 1\r\n";

    private static HeaderEditor editor() {
        return new HeaderEditor(TOP, Set.of("X-Ours", "Return-Path"));
    }

    private static String edited(HeaderEditor editor, String... parts) {
        Buffer result = Buffer.buffer();
        for (String part : parts) {
            result.appendBuffer(editor.edit(Buffer.buffer(part.getBytes(StandardCharsets.ISO_8859_1))));
        }
        return result.appendBuffer(editor.end()).toString(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n",
                "\r\nX-Ours: body\r\n",
                "A: 1\r\nX-Ours: forged\r\n folded\r\nB: 2\r\n\r\nX-Ours: body\r\n",
                "X-OURS\t: forged\rA: 1\nReturn-Path: <forged>\n\tmore\r\n\n\rbody",
                "no field\r\nX-Ours: body",
                " X-Ours: body",
                "X-Ours: forged",
                "X-Our: 1\r\nX-Ourselves: 2\r\nX-Ours",
                "From anne@example.org\r\nX-Ours: body\r\n",
                "\u00e9: 1\r\nX-Ours: body\r\n",
                "A: 1\r\n\u00e9: 2\r\nX-Ours: forged\r\n\r\n",
            })
    void whereTheMessageIsCutMakesNoDifference(String message) {
        String whole = edited(editor(), message);

        assertThat(whole).startsWith(TOP).doesNotContain("forged");
        assertThat(edited(editor(), message.split(""))).isEqualTo(whole);
        for (int cut = 1; cut < message.length(); cut++) {
            assertThat(edited(editor(), message.substring(0, cut), message.substring(cut)))
                    .as("cut at %d", cut)
                    .isEqualTo(whole);
        }
    }

    @Test
    void aFieldBehindMoreBlanksThanALineHasIsNotLetThrough() {
        String forged = "X-Ours" + " ".repeat(2_000) + ": forged\r\n folded\r\n";

        assertThat(edited(editor(), "A: 1\r\n" + forged + "B: 2\r\n\r\n")).isEqualTo(TOP + "A: 1\r\nB: 2\r\n\r\n");
    }

    @Test
    void aFirstLineWithoutColonIsHeldBackForNoMoreThanALine() {
        HeaderEditor editor = editor();

        editor.edit(Buffer.buffer("a".repeat(998)));
        assertThat(editor.edit(Buffer.buffer("a")).toString()).isEqualTo("\r\n" + "a".repeat(999));
    }

    @Test
    void aPartOfTheBodyIsHandedOnAsItIs() {
        HeaderEditor editor = editor();
        editor.edit(Buffer.buffer("A: 1\r\n\r\nbegin"));
        Buffer part = Buffer.buffer("more");

        assertThat(editor.edit(part)).isSameAs(part);
    }

    @Test
    void theServersBeforeAreCounted() {
        HeaderEditor editor = editor();
        edited(
                editor,
                "received: 1\r\nRec",
                "eived : 2\r\n\tx\r\nReceived-SPF: no\r\nRECEIVED: 3\r\n\r\nReceived: body\r\n");

        assertThat(editor.received()).isEqualTo(3);
    }
}
