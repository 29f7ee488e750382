package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.postern.smtp.handlers.eventbus.Frame.Part;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameCodecTest {

    private static final int LENGTH_POSITION = 1;
    private static final int KIND_POSITION = LENGTH_POSITION + Integer.BYTES;

    static Stream<Frame> frames() {
        return Samples.frames().stream();
    }

    private static Buffer encoded(Frame frame) {
        Buffer wire = Buffer.buffer();
        FrameCodec.encode(wire, frame);
        return wire;
    }

    @ParameterizedTest
    @MethodSource("frames")
    void whatIsReadIsWhatWasWritten(Frame frame) {
        assertThat(FrameCodec.decode(0, encoded(frame))).isEqualTo(frame);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void aFrameIsReadBehindWhatTheEventBusPutsBeforeIt(Frame frame) {
        Buffer wire = Buffer.buffer("before");
        FrameCodec.encode(wire, frame);

        assertThat(FrameCodec.decode("before".length(), wire)).isEqualTo(frame);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void everyTruncatedFrameIsRefused(Frame frame) {
        Buffer whole = encoded(frame);
        for (int length = 0; length < whole.length(); length++) {
            Buffer truncated = whole.getBuffer(0, length);
            assertThatThrownBy(() -> FrameCodec.decode(0, truncated))
                    .as("the first %d octets of %s", length, frame)
                    .isInstanceOf(IllegalArgumentException.class);
            if (length >= KIND_POSITION) {
                Buffer consistent = truncated.copy().setInt(LENGTH_POSITION, length - KIND_POSITION);
                assertThatThrownBy(() -> FrameCodec.decode(0, consistent))
                        .as("the first %d octets of %s, with their length", length, frame)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("frames")
    void whatStandsBehindAFrameIsRefused(Frame frame) {
        Buffer wire = encoded(frame).appendByte((byte) 0);
        assertThatThrownBy(() -> FrameCodec.decode(0, wire)).isInstanceOf(IllegalArgumentException.class);

        wire.setInt(LENGTH_POSITION, wire.length() - KIND_POSITION);
        assertThatThrownBy(() -> FrameCodec.decode(0, wire))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 octets too many");
    }

    @Test
    void aFrameIsReadOrRefusedWhateverOctetIsWrong() {
        Random random = new Random(1);
        for (Frame frame : Samples.frames()) {
            Buffer whole = encoded(frame);
            for (int i = 0; i < whole.length(); i++) {
                Buffer broken = whole.copy().setByte(i, (byte) random.nextInt());
                try {
                    assertThat(FrameCodec.decode(0, broken)).isNotNull();
                } catch (IllegalArgumentException refused) {
                    assertThat(refused).hasMessageNotContaining("null");
                }
            }
        }
    }

    @Test
    void anotherVersionIsRefused() {
        Buffer wire = encoded(Part.NOTHING).setByte(0, (byte) 2);

        assertThatThrownBy(() -> FrameCodec.decode(0, wire))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void aFrameBeyondTheBoundIsRefusedByItsLengthAlone() {
        Buffer wire = encoded(Part.NOTHING).setInt(LENGTH_POSITION, FrameCodec.MAX_LENGTH + 1);

        assertThatThrownBy(() -> FrameCodec.decode(0, wire))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed are " + FrameCodec.MAX_LENGTH);
    }

    @Test
    void aFrameBeyondTheBoundIsNotWritten() {
        Frame large = new Part(new Content(List.of(Buffer.buffer(new byte[FrameCodec.MAX_LENGTH])), true));

        assertThatThrownBy(() -> encoded(large))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed are " + FrameCodec.MAX_LENGTH);
    }

    @Test
    void aListIsNotBelievedToBeLongerThanTheFrame() {
        Buffer wire = encoded(new Answer(List.of()));
        wire.setInt(KIND_POSITION + 1, Integer.MAX_VALUE);

        assertThatThrownBy(() -> FrameCodec.decode(0, wire))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a list of");
    }

    @Test
    void contentIsWrittenAsOneAndReadWithoutACopy() {
        Part part = new Part(new Content(List.of(Buffer.buffer("one"), Buffer.buffer("two")), false));

        assertThat(FrameCodec.decode(0, encoded(part)))
                .isEqualTo(new Part(new Content(List.of(Buffer.buffer("onetwo")), false)));
    }
}
