package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Covers;
import io.postern.smtp.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<>|",
                "<a@b.example>|a@b.example",
                "<A.b+c=d@B.Example>|A.b+c=d@B.Example",
                "` <a@b.example>`|a@b.example",
                "a@b.example|a@b.example",
                "<\"a b\"@c.example>|\"a b\"@c.example",
                "<\"a>b\"@c.example>|\"a>b\"@c.example",
                "<\"a\\\"b\"@c.example>|\"a\\\"b\"@c.example",
                "<\"\"@c.example>|\"\"@c.example",
                "<a@[192.0.2.1]>|a@[192.0.2.1]",
                "<a@[IPv6:2001:db8::1]>|a@[IPv6:2001:db8::1]",
                "<@hop.example:a@b.example>|a@b.example",
                "<@hop.example,@two.example:a@b.example>|a@b.example",
            })
    @Covers({"RFC 5321 §4.1.1.2", "RFC 5321 §4.1.2", "RFC 5321 §4.1.3", "RFC 5321 §4.5.5"})
    void aSenderIsRead(String path, String address) {
        RecordingOutput output = smtp().afterEhlo().plays("C: MAIL FROM:" + path + """

                S: 250 2.1.0 OK
                """);
        Sender sender = output.sender();
        assertThat(sender.address()).isEqualTo(address == null ? "" : address);
        assertThat(sender.isNull()).isEqualTo(address == null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<a>",
                "<@b.example>",
                "<a@>",
                "<a@b.example",
                "a@b.example>",
                "<a@b.example>x",
                "<a b@c.example>",
                "<a@b@c>",
                "<a..b@c.example>",
                "<.a@c.example>",
                "<a.@c.example>",
                "<a@b..example>",
                "<a@-b.example>",
                "<a@b-.example>",
                "<\"a@b.example>",
                "<\"a\"b@c.example>",
                "<a@[300.0.2.1]>",
                "<a@[IPv6:1.2.3.4::1]>",
                "<@hop.example>",
                "<@hop.example:>",
                "<hop.example:a@b.example>",
                "<@:a@b.example>",
                "<<a@b.example>>",
                "< >",
                "<postmaster>",
            })
    @Covers({"RFC 5321 §4.1.1.2", "RFC 5321 §4.1.2"})
    void aMalformedSenderIsRefusedWith553(String path) {
        RecordingOutput output = smtp().afterEhlo().plays("C: MAIL FROM:" + path + """

                S: 553 5.1.7 Error: malformed address
                """);
        assertThat(output.questions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "FROM:", "FROM: ", "FROM", "FROM <a@b.example>", "TO:<a@b.example>", "<a@b.example>", "x"})
    @Covers("RFC 5321 §4.1.1.2")
    void mailWithoutFromIsASyntaxError(String argument) {
        smtp().afterEhlo().plays("C: MAIL " + argument + """

                S: 501 5.5.4 Syntax: MAIL FROM:<address> [SP parameters]
                """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "TO:", "FROM:<a@b.example>", "<a@b.example>"})
    @Covers("RFC 5321 §4.1.1.3")
    void rcptWithoutToIsASyntaxError(String argument) {
        smtp().afterMail().plays("C: RCPT " + argument + """

                S: 501 5.5.4 Syntax: RCPT TO:<address> [SP parameters]
                """);
    }

    @ParameterizedTest
    @CsvSource({
        "<a@b.example>,a@b.example",
        "<postmaster>,postmaster",
        "<PostMaster>,PostMaster",
        "<@hop.example:a@b.example>,a@b.example",
        "` <a@b.example> `,a@b.example"
    })
    @Covers({"RFC 5321 §4.1.1.3", "RFC 5321 §4.5.1"})
    void aRecipientIsRead(String path, String address) {
        RecordingOutput output = smtp().afterMail().plays("C: RCPT TO:" + path.replace("`", "") + """

                S: 250 2.1.5 OK
                """);
        assertThat(output.recipient().address()).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<>", "<a>", "<@hop.example:>", "<@hop.example:a>", "<a@b.example", "<a b@c.example>"})
    @Covers("RFC 5321 §4.1.1.3")
    void aMalformedRecipientIsRefusedWith553(String path) {
        smtp().afterMail().plays("C: RCPT TO:" + path + """

                S: 553 5.1.3 Error: malformed address
                """);
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.3")
    void aPathHas256OctetsAtTheMost() {
        String domain = "{b*63}.{b*63}.{b*63}.c"; // 193 octets; with the @ and the brackets 196
        smtp().afterEhlo().plays("""
                C: MAIL FROM:<{a*61}@%1$s>
                S: 553 5.1.7 Error: malformed address
                C: MAIL FROM:<{a*60}@%1$s>
                S: 250 2.1.0 OK
                C: RCPT TO:<{a*61}@%1$s>
                S: 553 5.1.3 Error: malformed address
                C: RCPT TO:<{a*60}@%1$s>
                S: 250 2.1.5 OK
                """.formatted(domain));
    }

    @Test
    @Covers("RFC 5321 §4.5.3.1.1")
    void theLocalPartHasALimitOfItsOwnWhenOneIsSet() {
        smtp().localPart(64).afterEhlo().plays("""
                C: MAIL FROM:<{a*65}@b.example>
                S: 553 5.1.7 ...
                C: MAIL FROM:<{a*64}@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<{a*65}@b.example>
                S: 553 5.1.3 ...
                C: RCPT TO:<{a*64}@b.example>
                S: 250 2.1.5 OK
                """);
    }

    @Test
    @Covers({"RFC 6531 §3.2", "RFC 6531 §3.3"})
    void addressesInUtf8NeedSmtpUtf8() {
        smtp().afterEhlo().plays("""
                C: MAIL FROM:<jürgen@bücher.example>
                S: 553 5.6.7 Error: address needs SMTPUTF8
                C: MAIL FROM:<sender@client.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<jürgen@bücher.example>
                S: 553 5.6.7 Error: address needs SMTPUTF8
                """);
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: MAIL FROM:<jürgen@bücher.example> SMTPUTF8
                S: 250 2.1.0 OK
                C: RCPT TO:<用户@例子.example>
                S: 250 2.1.5 OK
                """);
        assertThat(output.sender().parameters().smtpUtf8()).isTrue();
        assertThat(output.recipient().address()).isEqualTo("用户@例子.example");
    }

    @Test
    @Covers("RFC 6531 §3.1")
    void withoutSmtpUtf8InTheOfferItsParameterIsUnknown() {
        smtp().withoutSmtpUtf8().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> SMTPUTF8
                S: 555 5.5.4 ...
                C: MAIL FROM:<jürgen@bücher.example>
                S: 553 5.6.7 ...
                """);
    }

    @Test
    @Covers("RFC 5321 §2.4")
    void verbsAndKeywordsAreReadInAnyCaseAndAddressesKeepTheirs() {
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: mAiL  fRoM:<SenDer@Client.EXAMPLE> sIzE=10
                S: 250 2.1.0 OK
                C: rcpt to:<One@Postern.Example>
                S: 250 2.1.5 OK
                """);
        assertThat(output.questions())
                .containsExactly("MAIL <SenDer@Client.EXAMPLE> sIzE=10", "RCPT <One@Postern.Example> ");
    }
}
