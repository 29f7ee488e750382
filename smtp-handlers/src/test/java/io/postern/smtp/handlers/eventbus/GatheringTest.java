package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatheringTest {

    private final Gathering gathering = new Gathering(10);

    @Test
    void partsGoOnAsTheyAre() {
        Buffer first = Buffer.buffer("abc");
        Buffer second = Buffer.buffer("def");
        gathering.add(first);
        gathering.add(second);

        Content content = gathering.take(true);

        assertThat(content.last()).isTrue();
        assertThat(content.parts()).hasSize(2);
        assertThat(content.parts().get(0)).isSameAs(first);
        assertThat(content.parts().get(1)).isSameAs(second);
        assertThat(gathering.isEmpty()).isTrue();
    }

    @Test
    void noPieceIsLargerThanItMayBe() {
        gathering.add(Buffer.buffer("0123456"));
        gathering.add(Buffer.buffer("789abcdefghijklmnopq"));

        assertThat(gathering.isFull()).isTrue();
        assertThat(text(gathering.take(true))).isEqualTo("0123456789");
        Content second = gathering.take(true);
        assertThat(text(second)).isEqualTo("abcdefghij");
        assertThat(second.last()).isFalse();
        assertThat(gathering.length()).isEqualTo(7);
        Content third = gathering.take(true);
        assertThat(text(third)).isEqualTo("klmnopq");
        assertThat(third.last()).isTrue();
    }

    @Test
    void manySmallPartsBecomeFewObjects() {
        Gathering large = new Gathering(100_000);
        for (int i = 0; i < 50_000; i++) {
            large.add(Buffer.buffer("x"));
        }

        List<Buffer> parts = large.take(false).parts();

        assertThat(parts).hasSizeLessThan(20);
        assertThat(parts.stream().mapToInt(Buffer::length).sum()).isEqualTo(50_000);
    }

    private static String text(Content content) {
        Buffer all = Buffer.buffer();
        content.parts().forEach(all::appendBuffer);
        return all.toString();
    }
}
