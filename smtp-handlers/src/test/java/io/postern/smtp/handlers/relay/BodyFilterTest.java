package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpException;
import io.vertx.core.buffer.Buffer;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyFilterTest {

    private static String pass(BodyFilter filter, String text, int cut) {
        return Buffer.buffer()
                .appendBuffer(filter.pass(Buffer.buffer(text.substring(0, cut))))
                .appendBuffer(filter.pass(Buffer.buffer(text.substring(cut))))
                .appendBuffer(filter.end())
                .toString();
    }

    private static BodyFilter plain(int maxReceived) {
        return new BodyFilter("", Set.of(), maxReceived, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\n",
                "a\r",
                "a\rb\r\n",
                "a\nb\r\n",
                "\n",
                "\r",
                "a\r\n.\n",
                "a\r\n\r",
                "a\n.\r\n",
                "a\r.\r\n",
                "a\r\r\n",
                "a\r\n.\r\r\n",
                "a\n\r\n"
            })
    void aCrOrLfAloneIsRefusedWhereverTheMessageIsCut(String text) {
        for (int cut = 0; cut <= text.length(); cut++) {
            int at = cut;
            assertThatThrownBy(() -> pass(plain(100), text, at))
                    .as("cut at %d", cut)
                    .isInstanceOfSatisfying(
                            SmtpException.class,
                            refusal -> assertThat(refusal.reply()).isEqualTo(Replies.BARE_NEWLINE));
        }
    }

    @Test
    void whatWasDeclaredBinaryMayHaveThem() {
        assertThat(pass(new BodyFilter("", Set.of(), 100, true), "A: b\r\n\r\n\n\r", 3))
                .isEqualTo("A: b\r\n\r\n\n\r");
    }

    @Test
    void withoutFieldsToAddAMessagePassesAsItIs() {
        for (String text : new String[] {"", "no header", "A: b\r\n", "A: b\r\n\r\nbody\r\n", " folded\r\n"}) {
            for (int cut = 0; cut <= text.length(); cut++) {
                assertThat(pass(plain(100), text, cut)).isEqualTo(text);
            }
        }
    }

    @Test
    void itsFieldsComeOnTopAndThoseOfTheSameNameAreLeftOut() {
        String text = "X-Peer: forged\r\nA: b\r\nx-peer: forged\r\n\tagain\r\n\r\nX-Peer: body\r\n";
        for (int cut = 0; cut <= text.length(); cut++) {
            BodyFilter filter = new BodyFilter("X-Peer: ours\r\n", Set.of("X-Peer"), 100, false);
            assertThat(pass(filter, text, cut)).isEqualTo("X-Peer: ours\r\nA: b\r\n\r\nX-Peer: body\r\n");
        }
    }

    @Test
    void aMessageThatWasReceivedTooOftenIsRefused() {
        String text = "Received: one\r\nreceived : two\r\nA: b\r\n\r\nReceived: body\r\n";
        for (int cut = 0; cut <= text.length(); cut++) {
            int at = cut;
            assertThat(pass(plain(2), text, cut)).isEqualTo(text);
            assertThatThrownBy(() -> pass(plain(1), text, at))
                    .isInstanceOfSatisfying(
                            SmtpException.class,
                            refusal -> assertThat(refusal.reply()).isEqualTo(Replies.TOO_MANY_HOPS));
        }
    }
}
