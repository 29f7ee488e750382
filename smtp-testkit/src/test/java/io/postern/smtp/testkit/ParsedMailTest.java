package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.Message.RecipientType;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
}
