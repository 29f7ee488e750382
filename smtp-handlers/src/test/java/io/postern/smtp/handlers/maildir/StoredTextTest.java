package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredTextTest {

    private static String stored(boolean unixLines, String... parts) {
        StoredText text = new StoredText(unixLines);
        for (String part : parts) {
            text.add(Buffer.buffer(part));
        }
        text.end();
        return StandardCharsets.UTF_8.decode(text.take()).toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a", "\r\n", "a\r\nb\r\n", "\r", "a\r", "\r\r\n", "\n\r", "a\rb\nc\r\n\r\n", "\r\r\r", "\n"})
    void crLfBecomesLfWhereverTheTextIsCut(String text) {
        String expected = text.replace("\r\n", "\n");
        assertThat(stored(true, text)).isEqualTo(expected);
        assertThat(stored(true, text.split(""))).isEqualTo(expected);
        for (int cut = 0; cut <= text.length(); cut++) {
            assertThat(stored(true, text.substring(0, cut), text.substring(cut)))
                    .as("cut at %d", cut)
                    .isEqualTo(expected);
        }
        assertThat(stored(false, text)).isEqualTo(text);
    }

    @Test
    void onlyWhatIsReadableOfABufferIsStored() {
        ByteBuf octets =
                Unpooled.directBuffer().writeBytes("nothing a\r\nb\r\n nothing".getBytes(StandardCharsets.US_ASCII));
        octets.readerIndex(8).writerIndex(14);
        Buffer slice = Buffer.buffer("nothing c\r\nd\r\n nothing").slice(8, 14);
        StoredText text = new StoredText(true);

        text.add(BufferInternal.buffer(octets));
        text.add(slice);
        text.end();

        assertThat(StandardCharsets.US_ASCII.decode(text.take()).toString()).isEqualTo("a\nb\nc\nd\n");
    }

    @Test
    void aTextThatGrowsIsWhole() {
        String part = "x".repeat(5_000) + "\r\n";
        assertThat(stored(true, part, part, part))
                .isEqualTo(part.replace("\r", "").repeat(3));
    }
}
