package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from the next hop: whole replies, or nothing that could do harm. */
class ReplyParserTest {

    private static List<Reply> parse(Buffer... received) {
        ReplyParser parser = new ReplyParser();
        List<Reply> replies = new ArrayList<>();
        for (Buffer part : received) {
            parser.feed(part);
            Reply reply = parser.next();
            while (reply != null) {
                replies.add(reply);
                reply = parser.next();
            }
        }
        return replies;
    }

    private static List<Reply> parse(String received) {
        return parse(Buffer.buffer(received, "ISO-8859-1"));
    }

    @Test
    void repliesAreTheSameWhereverTheyAreCut() {
        Buffer wire = Buffer.buffer(Stream.of(
                        "220 mx",
                        "250-mx.example",
                        "250-SIZE 100",
                        "250 DSN",
                        "550-5.1.1 no",
                        "550 5.1.1 user",
                        "354",
                        "451 4.2.1-like text")
                .map(line -> line + "\r\n")
                .collect(Collectors.joining()));
        List<Reply> expected = List.of(
                Reply.of(220, "mx"),
                Reply.of(250, "mx.example\nSIZE 100\nDSN"),
                Reply.of(550, "5.1.1", "no\nuser"),
                Reply.of(354, ""),
                Reply.of(451, "4.2.1-like text"));
        assertThat(parse(wire)).isEqualTo(expected);
        for (int cut = 0; cut <= wire.length(); cut++) {
            assertThat(parse(wire.getBuffer(0, cut), wire.getBuffer(cut, wire.length())))
                    .as("cut at %d", cut)
                    .isEqualTo(expected);
        }
    }

    @Test
    void controlCharactersAndMalformedTextAreReplaced() {
        assertThat(parse("550 a\u001b[31m\u0000\rb\u007f\u00ff\r\n"))
                .containsExactly(Reply.of(550, "a?[31m??b?\ufffd"));
        assertThat(parse(Buffer.buffer("250 \u0085\u2028\u00e4\r\n"))).containsExactly(Reply.of(250, "?\u2028\u00e4"));
    }

    @Test
    void anEnhancedCodeOfAnotherClassIsText() {
        assertThat(parse("250 5.1.1 strange\r\n")).containsExactly(Reply.of(250, "5.1.1 strange"));
        assertThat(parse("250 5.1.1 strange\r\n").get(0).enhancedCode()).isEmpty();
    }

    @Test
    void aServerMayEndItsLinesWithLfAlone() {
        assertThat(parse("250 OK\n")).containsExactly(Reply.of(250, "OK"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                "25\r\n",
                "hello\r\n",
                "150 continue\r\n",
                "650 what\r\n",
                "2x0 what\r\n",
                "250_OK\r\n",
                "2500 OK\r\n",
                "250-a\r\n251 b\r\n",
                "HTTP/1.1 400 Bad Request\r\n"
            })
    void whatIsNoReplyIsAFailure(String nonsense) {
        assertThatThrownBy(() -> parse(nonsense))
                .isInstanceOfSatisfying(
                        HopFailure.class, failure -> assertThat(failure.reply()).isEqualTo(HopReplies.NONSENSE));
    }

    @Test
    void aLineHasABound() {
        String longest = "250 " + "a".repeat(ReplyParser.MAX_LINE - 5);
        assertThat(parse(longest + "\r\n")).containsExactly(Reply.of(250, longest.substring(4)));
        assertThatThrownBy(() -> parse(longest + "ab")).isInstanceOf(HopFailure.class);
    }

    @Test
    void aReplyHasABoundedNumberOfLines() {
        String lines = "250-a\r\n".repeat(ReplyParser.MAX_LINES - 1);
        assertThat(parse(lines + "250 b\r\n").get(0).lines()).hasSize(ReplyParser.MAX_LINES);
        assertThatThrownBy(() -> parse(lines + "250-a\r\n250 b\r\n")).isInstanceOf(HopFailure.class);
    }

    @Test
    void aBeginningIsNotNothing() {
        ReplyParser parser = new ReplyParser();
        assertThat(parser.isEmpty()).isTrue();
        parser.feed(Buffer.buffer("2"));
        assertThat(parser.isEmpty()).isFalse();
        parser.feed(Buffer.buffer("50-a\r\n"));
        assertThat(parser.isEmpty()).isFalse();
        parser.feed(Buffer.buffer("250 b\r\n"));
        assertThat(parser.isEmpty()).isFalse();
        assertThat(parser.next()).isEqualTo(Reply.of(250, "a\nb"));
        assertThat(parser.isEmpty()).isTrue();
    }
}
