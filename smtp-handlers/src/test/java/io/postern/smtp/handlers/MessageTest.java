package io.postern.smtp.handlers;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Sender;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageTest {

    private static final String OURS = """
            X-Peer: ('192.0.2.1', 50000)
            X-MailFrom: from@example.org
            X-RcptTo: a@example.org, b@example.org
            """.replace("\n", "\r\n");

    private record Fixed(Optional<Sender> sender, List<Recipient> recipients) implements Envelope {}

    private static Envelope envelope(String from, String... to) {
        return new Fixed(
                Optional.of(new Sender(Mailbox.parse(from), MailParameters.NONE)),
                Arrays.stream(to)
                        .map(address -> new Recipient(Mailbox.of(address), RcptParameters.NONE))
                        .toList());
    }

    private static Message message(Envelope envelope, String content) {
        return new Message(SocketAddress.inetSocketAddress(50_000, "192.0.2.1"), envelope, Buffer.buffer(content));
    }

    private static String withEnvelope(String content) {
        Envelope envelope = envelope("from@example.org", "a@example.org", "b@example.org");
        return message(envelope, content).contentWithEnvelope().toString();
    }

    @Test
    void theEnvelopeStandsInFrontOfTheHeaders() {
        String content = "Subject: x\r\nTo: y\r\n z\r\n\r\nX-Peer: body\r\n";
        assertThat(withEnvelope(content)).isEqualTo(OURS + content);
    }

    @Test
    void theContentItselfStaysAsItCame() {
        Message message = message(envelope("from@example.org", "a@example.org"), "X-Peer: forged\r\n\r\nx");
        message.contentWithEnvelope();
        assertThat(message.content().toString()).isEqualTo("X-Peer: forged\r\n\r\nx");
    }

    @ParameterizedTest
    @CsvSource({
        "'X-Peer: forged|A: 1||x', 'A: 1||x'",
        "'A: 1|x-mailfrom: forged| folded|\tmore|B: 2||x', 'A: 1|B: 2||x'",
        "'A: 1|X-RCPTTO : forged||x', 'A: 1||x'",
        "'X-Peer: a|X-Peer: b|X-MailFrom: c|X-RcptTo: d||x', '|x'",
        "'A: 1|no header|X-Peer: forged||x', 'A: 1|no header||x'",
        "'A: 1|X-Peer: forged', 'A: 1|'",
        "'A: 1|X-Peers: other|X-Peer.: other||x', 'A: 1|X-Peers: other|X-Peer.: other||x'",
    })
    void headersThatTheClientForgedAreLeftOut(String content, String expected) {
        assertThat(withEnvelope(content.replace("|", "\r\n"))).isEqualTo(OURS + expected.replace("|", "\r\n"));
    }

    // readers of mail take them for line ends
    @ParameterizedTest
    @CsvSource({"'\r'", "'\n'"})
    void aForgedHeaderBehindALoneCrOrLfIsLeftOut(String newline) {
        assertThat(withEnvelope("A: 1" + newline + "X-Peer: forged\r\nB: 2\r\n\r\nx"))
                .isEqualTo(OURS + "A: 1" + newline + "B: 2\r\n\r\nx");
    }

    // otherwise its first line would go on our last header
    @Test
    void aContentThatBeginsWithAContinuationIsABody() {
        assertThat(withEnvelope(" , forged@example.org\r\nA: 1\r\n\r\nx"))
                .isEqualTo(OURS + "\r\n , forged@example.org\r\nA: 1\r\n\r\nx");
    }

    @Test
    void aContentWithoutHeadersIsABody() {
        assertThat(withEnvelope("just text\r\n")).isEqualTo(OURS + "\r\njust text\r\n");
        assertThat(withEnvelope("\r\nbody\r\n")).isEqualTo(OURS + "\r\nbody\r\n");
        assertThat(withEnvelope("")).isEqualTo(OURS + "\r\n");
    }

    @Test
    void theNullSenderIsShownAsSuch() {
        assertThat(message(envelope("", "a@example.org"), "A: 1\r\n")
                        .contentWithEnvelope()
                        .toString())
                .contains("X-MailFrom: <>\r\n");
    }

    @Test
    void manyRecipientsAreFolded() {
        String[] to = IntStream.range(0, 1_000)
                .mapToObj(i -> "recipient" + i + "@example.org")
                .toArray(String[]::new);
        String header = message(envelope("from@example.org", to), "\r\n")
                .contentWithEnvelope()
                .toString();
        assertThat(header.lines()).allMatch(line -> line.length() <= 78);
        String recipients = header.substring(header.indexOf("X-RcptTo: ") + 10, header.indexOf("\r\n\r\n"));
        assertThat(recipients.replace("\r\n", "").split(", ")).isEqualTo(to);
    }

    @Test
    void anIpv6PeerIsShownAsPythonShowsIt() {
        Message message = new Message(
                SocketAddress.inetSocketAddress(25, "2001:db8:0:0:0:0:0:1"),
                envelope("from@example.org", "a@example.org"),
                Buffer.buffer());
        assertThat(message.contentWithEnvelope().toString()).startsWith("X-Peer: ('2001:db8::1', 25, 0, 0)\r\n");
    }

    @Test
    void itsTextDoesNotShowTheContent() {
        assertThat(message(envelope("from@example.org", "a@example.org"), "secret"))
                .hasToString("Message[peer=192.0.2.1:50000, from=<from@example.org>, to=[a@example.org], 6 octets]");
    }
}
