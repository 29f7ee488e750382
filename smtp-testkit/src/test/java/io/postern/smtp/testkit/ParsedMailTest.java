package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.mail.Message.RecipientType;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParsedMailTest {

    private static ParsedMail plain(String body) {
        return ParsedMail.parse(
                ("Content-Type: text/plain; charset=utf-8\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aMessageOfAngusMailIsReadAsAPersonSeesIt() throws Exception {
        MimeMessage message = new MimeMessage(Session.getInstance(new Properties()));
        message.setFrom(new InternetAddress("anne@example.org", "Änne"));
        message.setRecipient(RecipientType.TO, new InternetAddress("bart@example.org"));
        message.setSubject(
                "Grüße \uD83D\uDE00 with a subject that is long enough to be folded over some lines", "UTF-8");
        MimeMultipart alternative = new MimeMultipart("alternative");
        MimeBodyPart text = new MimeBodyPart();
        text.setText("Hör: https://example.org/reset?t=1&u=2.\n", "UTF-8");
        MimeBodyPart html = new MimeBodyPart();
        html.setText("<a href=\"https://example.org/reset?t=1&amp;u=2\">hör</a>", "ISO-8859-1", "html");
        alternative.addBodyPart(text);
        alternative.addBodyPart(html);
        MimeBodyPart both = new MimeBodyPart();
        both.setContent(alternative);
        MimeBodyPart attached = new MimeBodyPart();
        attached.setContent(new byte[] {0, 1, (byte) 0xFF}, "application/pdf");
        attached.setFileName("report.pdf");
        message.setContent(new MimeMultipart(both, attached));
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        message.writeTo(octets);

        ParsedMail mail = ParsedMail.parse(octets.toByteArray());

        assertThat(mail.subject())
                .isEqualTo("Grüße \uD83D\uDE00 with a subject that is long enough to be folded over some lines");
        assertThat(mail.header("from")).hasValue("Änne <anne@example.org>");
        assertThat(mail.headers("Bcc")).isEmpty();
        assertThat(mail.text().strip()).isEqualTo("Hör: https://example.org/reset?t=1&u=2.");
        assertThat(mail.html()).contains(">hör</a>");
        assertThat(mail.links()).hasToString("[https://example.org/reset?t=1&u=2]");
        assertThat(mail.attachments()).singleElement().satisfies(one -> {
            assertThat(one.name()).isEqualTo("report.pdf");
            assertThat(one.contentType()).isEqualTo("application/pdf");
            assertThat(one.content().getBytes()).containsExactly(0, 1, 0xFF);
        });
    }

    @Test
    void aForwardedMessageIsAnAttachment() {
        ParsedMail mail = ParsedMail.parse("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n"
                .getBytes(StandardCharsets.US_ASCII));

        assertThat(mail.attachments()).singleElement().satisfies(inner -> {
            assertThat(inner.name()).isEqualTo("inner");
            assertThat(inner.content().toString()).contains("Subject: inner", "hello");
        });
    }

    private static ParsedMail mail(String... lines) {
        return ParsedMail.parse(String.join("\r\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void ofHtmlOnlyWhatAPersonSeesOrFollowsIsLooked() {
        ParsedMail mail = mail(
                "Content-Type: text/html; charset=utf-8",
                "",
                "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1.dtd\">",
                "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head>",
                "<link rel=\"stylesheet\" href=\"https://fonts.example/css\" />",
                "<style>body { color: #333333; }</style></head><body>",
                "<!-- https://old.example/ --><img src=\"https://example.org/logo.png\"/>",
                "<a class=\"button\" href=\"https://example.org/reset?t&#x3D;1&amp;u&#61;2\">Reset</a>",
                "or see https://example.org/help. Your code:&nbsp;<b>987654</b></body></html>");

        assertThat(mail.links()).hasToString("[https://example.org/reset?t=1&u=2, https://example.org/help]");
        assertThat(mail.codes()).containsExactly("987654");
    }

    @Test
    void partsOfTextDoNotRunIntoEachOther() {
        ParsedMail mail = mail(
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "",
                "Your code is 123456",
                "--b",
                "Content-Type: text/plain",
                "",
                "-- ",
                "footer of a list",
                "--b--",
                "");

        assertThat(mail.text()).isEqualTo("Your code is 123456\n-- \nfooter of a list");
        assertThat(mail.codes()).containsExactly("123456");
    }

    @Test
    void whatIsNeitherPlainTextNorHtmlIsAttachedAndHasTheNameThatItsHeaderSays() {
        ParsedMail mail = mail(
                "Content-Type: multipart/mixed; boundary=b",
                "",
                "--b",
                "Content-Type: text/plain",
                "",
                "hello",
                "--b",
                "Content-Type: text/calendar; method=REQUEST; name=\"=?UTF-8?Q?invit=C3=A9.ics?=\"",
                "",
                "BEGIN:VCALENDAR",
                "--b",
                "Content-Type: message/rfc822",
                "Content-Disposition: attachment; filename=inner.eml",
                "",
                "Subject: inner",
                "",
                "hi",
                "--b--",
                "");

        assertThat(mail.text()).isEqualTo("hello");
        assertThat(mail.attachments())
                .extracting(ParsedMail.Attachment::name)
                .containsExactly("invité.ics", "inner.eml");
    }

    @Test
    void whatIsNotEncodedIsUtf8() {
        ParsedMail mail = mail("Subject: Grüße", "To: Jürgen <jürgen@exämple.org>, anne@example.org", "", "Hör zu");

        assertThat(mail.subject()).isEqualTo("Grüße");
        assertThat(mail.addresses("To")).containsExactly("jürgen@exämple.org", "anne@example.org");
        assertThat(mail.text()).isEqualTo("Hör zu");
    }

    @ParameterizedTest
    @CsvSource({
        "'Your code is 123456.', '123456'",
        "'123 456 is it, or 123-457', '123456 123457'",
        "'In 2026-11 call +49 30 1234567890 or see https://x.example/987654', ''",
        "'order 123 costs 99.95', ''",
    })
    void codesAreFound(String text, String codes) {
        assertThat(String.join(" ", plain(text).codes())).isEqualTo(codes);
    }

    @Test
    void whatIsNoMimeIsText() {
        assertThat(plain("").text()).isEmpty();
        assertThat(ParsedMail.parse("just text".getBytes(StandardCharsets.US_ASCII))
                        .subject())
                .isEmpty();
    }

    @Test
    void aTreeWithoutEndIsRefused() {
        StringBuilder nested = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            nested.append("Content-Type: multipart/mixed; boundary=b").append(i);
            nested.append("\r\n\r\n--b").append(i).append("\r\n");
        }
        String wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\n".repeat(20_000);
        for (String mail : List.of(nested.toString(), wide)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ParsedMail.parse(mail.getBytes(StandardCharsets.US_ASCII)));
        }
    }

    @Test
    @Timeout(60)
    void fieldsAndBoundariesThatAreMadeToTakeLongAreRefused() {
        // hours, seconds and gigabytes
        List<String> mails = List.of(
                "Content-Type: multipart/mixed; boundary=" + "-".repeat(15_000) + "x\r\n\r\n" + "-".repeat(5_000_000),
                "Content-Type: multipart/mixed; boundary=" + "-".repeat(400_000) + "x\r\n\r\n" + "-".repeat(5_000_000),
                "Content-Type: text/plain; x=" + "a ".repeat(500_000) + "\r\n\r\n",
                "Content-Type: message/rfc822\r\n\r\n" + "a:\r\n".repeat(5_000_000) + "\r\n");
        for (String mail : mails) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ParsedMail.parse(mail.getBytes(StandardCharsets.US_ASCII)))
                    .withMessageStartingWith("the message cannot be read as MIME: it has more than ");
        }
    }

    @Test
    void textThatIsMadeToTakeLongDoesNot() {
        // each of these takes hours when every character begins a search to the end
        String angles = "Content-Type: text/html\r\n\r\n" + "<".repeat(2_000_000);
        assertThat(ParsedMail.parse(angles.getBytes(StandardCharsets.US_ASCII)).codes())
                .isEmpty();
        assertThat(plain("http://x" + ".".repeat(2_000_000) + "x ").links()).hasSize(1);
        String words = "Subject: " + "=?a?q?".repeat(100_000) + "\r\n\r\n";
        assertThat(ParsedMail.parse(words.getBytes(StandardCharsets.US_ASCII)).subject())
                .startsWith("=?a?q?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Subject: WORDS\r\n",
                "Content-Type: application/x; name=\"WORDS\"\r\n",
                "Content-Type: message/rfc822\r\n\r\nSubject: WORDS\r\n"
            })
    @Timeout(20)
    void whatIsMadeToLookLikeManyEncodedWordsTakesLittleTime(String header) {
        String mail = header.replace("WORDS", "=?a?q?".repeat(1_360)).repeat(header.startsWith("Subject") ? 100 : 1);
        ParsedMail parsed = ParsedMail.parse((mail + "\r\nx").getBytes(StandardCharsets.US_ASCII));
        assertThat(parsed.fields().get(0).value()).doesNotContain("decoded");
        assertThat(parsed.attachments()).hasSize(header.startsWith("Subject") ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource({
        "'=?utf-8?q?a?= =?UTF-8?B?Yg==?=', 'ab'",
        "'x=?utf-8?q?a?=x =?utf-8?q?b?= x', 'xax b x'",
        "'=?no-such?q?a?= =?utf-8?q?b?=', '=?no-such?q?a?= b'",
        "'=?utf-8?q?who_is_it??=', 'who is it?'",
        "'=?utf-8?q?a', '=?utf-8?q?a'"
    })
    void encodedWordsAreDecoded(String encoded, String decoded) {
        assertThat(mail("Subject: " + encoded, "", "").subject()).isEqualTo(decoded);
    }

    @Test
    void fieldsAreListedInTheirOrder() {
        ParsedMail mail = ParsedMail.parse(
                "B: 1\r\nA: =?utf-8?q?=C3=A4?=\r\n folded\r\nB: 2\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(mail.fields().stream().map(field -> field.name() + "=" + field.value()))
                .containsExactly("B=1", "A=\u00e4 folded", "B=2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Content-Type: text/plain\r\n", "Content-Type: text/plain; charset=no-such\r\n"})
    void textWithoutACharsetIsReadAsUtf8(String field) {
        byte[] content = (field + "\r\n\u00e4\u20ac").getBytes(StandardCharsets.UTF_8);
        assertThat(ParsedMail.parse(content).text()).isEqualTo("\u00e4\u20ac");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"<", "<!--", "<script", "<a href=", "<a href=\"x ", "<a href=x  ", "</style ", "&#1", "http://"})
    @Timeout(20)
    void linksAndCodesOfHtmlThatIsMadeToTakeTimeTakeLittle(String piece) {
        String html = piece.repeat(2_000_000 / piece.length());
        ParsedMail mail =
                ParsedMail.parse(("Content-Type: text/html\r\n\r\n" + html + "\r\n").getBytes(StandardCharsets.UTF_8));
        assertThat(mail.codes()).isEmpty();
        assertThat(mail.links()).hasSizeLessThanOrEqualTo(1);
    }
}
