package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTest {

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\r\n250 b", "\0", "\t", "\u001B[2J", "\u007F", "\u0085", "\u009F"})
    @Covers("RFC 5321 §4.2")
    void aTextWithControlCharactersIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.of(250, text));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.of(250, "2.0.0", text));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Reply(250, Optional.empty(), List.of("fine", text)))
                .satisfies(refused -> assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl));
    }

    @Test
    void aLineWithALineFeedIsRefusedWhereLinesAreGiven() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Reply(250, Optional.empty(), List.of("a\nb")));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 199, 600, 1000})
    @Covers("RFC 5321 §4.2")
    void aCodeOutOfRangeIsRefused(int code) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reply.of(code, "text"))
                .withMessageContaining("" + code);
    }

    @ParameterizedTest
    @CsvSource({"250,5.0.0", "250,4.0.0", "550,2.0.0", "354,2.0.0", "450,5.1.1"})
    @Covers("RFC 2034 §4")
    void anEnhancedCodeOfAnotherClassIsRefused(int code, String enhanced) {
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.of(code, enhanced, "text"));
    }

    @Test
    void aReplyHasAtLeastOneLine() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Reply(250, Optional.empty(), List.of()));
        assertThatNullPointerException().isThrownBy(() -> new Reply(250, Optional.empty(), null));
    }

    @Test
    void aTextMayBeginWithItsEnhancedCode() {
        assertThat(Reply.of(550, "5.1.1 no such user")).isEqualTo(Reply.of(550, "5.1.1", "no such user"));
        assertThat(Reply.of(550, "5.1.1")).isEqualTo(Reply.of(550, "5.1.1", ""));
        assertThat(Reply.of(550, "2.1.1 no such user").enhancedCode()).isEmpty();
        assertThat(Reply.of(550, "5.01.1 x").enhancedCode()).isEmpty();
        assertThat(Reply.of(550, "5.1.1x").enhancedCode()).isEmpty();
    }

    @Test
    void aTextIsSplitIntoLines() {
        Reply reply = Reply.of(250, "2.0.0", "one\ntwo\n");
        assertThat(reply.lines()).containsExactly("one", "two", "");
        assertThat(reply.text()).isEqualTo("one\ntwo\n");
        assertThat(reply).hasToString("250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "250 OK|250|-|OK",
                "250|250|-|''",
                "'250 '|250|-|''",
                "550 5.1.1 no such user|550|5.1.1|no such user",
                "550 5.1.1|550|5.1.1|''",
                "550 4.1.1 odd|550|-|4.1.1 odd",
                "354 go|354|-|go",
                "250 200 octets|250|-|200 octets",
            })
    @Covers("RFC 5321 §4.2")
    void aReplyIsParsed(String text, int code, String enhanced, String rest) {
        Reply reply = Reply.parse(text);
        assertThat(reply.code()).isEqualTo(code);
        assertThat(reply.enhancedCode().map(EnhancedCode::toString)).isEqualTo(Optional.ofNullable(enhanced));
        assertThat(reply.text()).isEqualTo(rest);
    }

    @Test
    @Covers("RFC 5321 §4.2.1")
    void severalLinesAreParsed() {
        Reply reply = Reply.of(550, "5.7.1", "one\ntwo\n");
        assertThat(Reply.parse("550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 ")).isEqualTo(reply);
        assertThat(Reply.parse("550-5.7.1 one\n550-two\n550 ")).isEqualTo(reply);
        assertThat(Reply.parse("250-a\n250-b\n250 c").lines()).containsExactly("a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "OK",
                "25",
                "2500",
                "250OK",
                "250_OK",
                "250-OK",
                "199 x",
                "600 x",
                "250 a\n250 b",
                "250-a\n251 b",
                "250-a\nb",
                "250 a\n",
                "250 a\r\n250 b",
                "250 a\rb",
                "250 a\u0000",
                "250-a\r\n",
                "２５０ OK"
            })
    @Covers("RFC 5321 §4.2")
    void whatIsNoReplyIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reply.parse(text))
                .satisfies(refused -> assertThat(refused.getMessage().chars()).noneMatch(Character::isISOControl));
    }

    @ParameterizedTest
    @CsvSource({
        "200,true,false,false",
        "299,true,false,false",
        "354,false,false,false",
        "421,false,true,false",
        "499,false,true,false",
        "500,false,false,true",
        "599,false,false,true"
    })
    @Covers("RFC 5321 §4.2.1")
    void theFirstDigitTellsWhatAReplyMeans(int code, boolean positive, boolean passing, boolean permanent) {
        Reply reply = Reply.of(code, "x");
        assertThat(reply.isPositive()).isEqualTo(positive);
        assertThat(reply.isTransient()).isEqualTo(passing);
        assertThat(reply.isPermanent()).isEqualTo(permanent);
    }

    @Test
    void ofSeveralRepliesOneThatIsTriedAgainIsTheWorst() {
        Reply accepted = Reply.ok();
        Reply later = Reply.of(450, "later");
        Reply never = Reply.of(550, "never");

        assertThat(Reply.worstOf(List.of(accepted, never, later))).isEqualTo(later);
        assertThat(Reply.worstOf(List.of(accepted, never))).isEqualTo(never);
        assertThat(Reply.worstOf(List.of(accepted, Reply.of(251, "will forward"))))
                .isEqualTo(accepted);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reply.worstOf(List.of()))
                .withMessage("replies is empty; at least one is needed");
    }

    @Test
    void repliesAreEqualByValueAndTheirLinesCannotBeChanged() {
        java.util.ArrayList<String> lines = new java.util.ArrayList<>(List.of("OK"));
        Reply reply = new Reply(250, Optional.of(new EnhancedCode(2, 0, 0)), lines);
        lines.set(0, "changed");
        assertThat(reply).isEqualTo(Reply.ok());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.0.0", "4.999.999", "5.1.10", "5.7.0"})
    @Covers("RFC 2034 §4")
    void anEnhancedCodeIsParsedAndWrittenTheSame(String code) {
        assertThat(EnhancedCode.parse(code)).hasToString(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2",
                "2.0",
                "2.0.0.0",
                "3.0.0",
                "1.0.0",
                "6.0.0",
                "2.00.0",
                "2.0.01",
                "2.1000.0",
                "2.-1.0",
                "2..0",
                " 2.0.0",
                "2.0.0 ",
                "2.0.0 x",
                "a.b.c",
                "2.0.٣"
            })
    void whatIsNoEnhancedCodeIsRefused(String code) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnhancedCode.parse(code))
                .withMessageContaining(code);
    }

    @Test
    void thePartsOfAnEnhancedCodeAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EnhancedCode(3, 0, 0))
                .withMessageContaining("status");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EnhancedCode(2, 1000, 0))
                .withMessageContaining("subject");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EnhancedCode(2, 0, -1))
                .withMessageContaining("detail");
    }
}
