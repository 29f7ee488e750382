package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5321 §4.5.2, over any cut of the message. */
class DotStufferTest {

    private static String unescaped(String text) {
        return text.replace("\\r", "\r").replace("\\n", "\n").replace("_", "");
    }

    @ParameterizedTest
    @CsvSource({
        "_, .\\r\\n",
        ".\\r\\n, ..\\r\\n.\\r\\n",
        "., ..\\r\\n.\\r\\n",
        "..\\r\\n, ...\\r\\n.\\r\\n",
        "a, a\\r\\n.\\r\\n",
        "a\\r\\n, a\\r\\n.\\r\\n",
        "a\\r\\n.\\r\\nb\\r\\n, a\\r\\n..\\r\\nb\\r\\n.\\r\\n",
        "a.b\\r\\n.c.\\r\\n\\r\\n.\\r\\n, a.b\\r\\n..c.\\r\\n\\r\\n..\\r\\n.\\r\\n",
        "\\r\\n.\\r\\nMAIL FROM:<a@b.example>\\r\\n, \\r\\n..\\r\\nMAIL FROM:<a@b.example>\\r\\n.\\r\\n"
    })
    void aDotAtTheBeginningOfALineIsDoubledWhereverTheMessageIsCut(String message, String wire) {
        String text = unescaped(message);
        for (int first = 0; first <= text.length(); first++) {
            for (int second = first; second <= text.length(); second++) {
                DotStuffer stuffer = new DotStuffer();
                Buffer written = Buffer.buffer()
                        .appendBuffer(stuffer.stuff(Buffer.buffer(text.substring(0, first))))
                        .appendBuffer(stuffer.stuff(Buffer.buffer(text.substring(first, second))))
                        .appendBuffer(stuffer.stuff(Buffer.buffer(text.substring(second))))
                        .appendBuffer(stuffer.end());
                assertThat(written.toString())
                        .as("cut at %d and %d", first, second)
                        .isEqualTo(unescaped(wire));
            }
        }
    }

    @Test
    void aPartWithoutSuchADotIsNotCopied() {
        Buffer part = Buffer.buffer("no dot at the beginning.\r\n");
        assertThat(new DotStuffer().stuff(part)).isSameAs(part);
    }
}
