package io.postern.smtp.handlers.mime;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import jakarta.activation.DataHandler;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.util.ByteArrayDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Angus Mail puts together and sends is what a handler finds in it. */
class AngusMailTest {

    private record Found(String subject, String text, String html, List<String> names, List<byte[]> contents) {}

    private static final class Reading extends MimeHandler {

        final BlockingQueue<Found> found = new LinkedBlockingQueue<>();

        Reading(MimeOptions options) {
            super(options);
        }

        @Override
        protected Future<Reply> handleMessage(Session session, SpooledMessage message) {
            return message.parsed(parsed -> read(MimeContent.of(parsed))).map(read -> {
                found.add(read);
                return Replies.MESSAGE_ACCEPTED;
            });
        }

        private static Found read(MimeContent content) {
            List<String> names = new ArrayList<>();
            List<byte[]> contents = new ArrayList<>();
            for (MimeContent.Attachment attachment : content.attachments()) {
                names.add(attachment.fileName().orElse("") + " " + attachment.mimeType());
                try (InputStream input = attachment.open()) {
                    contents.add(input.readAllBytes());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return new Found(
                    content.subject().orElse("none"),
                    content.text().orElse("none"),
                    content.html().orElse("none"),
                    names,
                    contents);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 262_144, 16_777_216}) // all in files, some of it, nothing
    void textHtmlAndAttachmentsArriveAsTheyWere(int memoryThreshold, @TempDir Path directory) throws Exception {
        byte[] picture = new byte[1_000_000];
        new Random(7).nextBytes(picture);
        byte[] notes = "one\r\ntwo\r\n".repeat(30_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Reading handler = new Reading(
                new MimeOptions().setMemoryThreshold(memoryThreshold).setDirectory(directory.toString()));
        try (TestSmtpServer server = TestSmtpServer.start(handler)) {
            MimeMessage message = message(server);
            message.setSubject("Gr\u00fc\u00dfe \u2013 \u4f60\u597d", "UTF-8");
            MimeMultipart alternative = new MimeMultipart("alternative");
            MimeBodyPart text = new MimeBodyPart();
            text.setText("sch\u00f6n\r\n.dot\r\n", "ISO-8859-1");
            MimeBodyPart html = new MimeBodyPart();
            html.setText("<p>sch\u00f6n \u2713</p>", "UTF-8", "html");
            alternative.addBodyPart(text);
            alternative.addBodyPart(html);
            MimeBodyPart body = new MimeBodyPart();
            body.setContent(alternative);
            MimeMultipart mixed = new MimeMultipart("mixed");
            mixed.addBodyPart(body);
            mixed.addBodyPart(attachment("pic.png", "image/png", picture));
            mixed.addBodyPart(attachment("notes.txt", "text/plain", notes));
            message.setContent(mixed);
            Transport.send(message);

            Found found = handler.found.poll(20, TimeUnit.SECONDS);
            assertThat(found).isNotNull();
            assertThat(found.subject()).isEqualTo("Gr\u00fc\u00dfe \u2013 \u4f60\u597d");
            assertThat(found.text()).isEqualTo("sch\u00f6n\r\n.dot\r\n");
            assertThat(found.html()).isEqualTo("<p>sch\u00f6n \u2713</p>");
            assertThat(found.names()).containsExactly("pic.png image/png", "notes.txt text/plain");
            assertThat(found.contents().get(0)).isEqualTo(picture);
            assertThat(found.contents().get(1)).isEqualTo(notes);
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void whatIsInAForwardedMessageIsFoundToo() throws Exception {
        Reading handler = new Reading(new MimeOptions());
        try (TestSmtpServer server = TestSmtpServer.start(handler)) {
            MimeMessage forwarded = message(server);
            forwarded.setSubject("inner");
            forwarded.setText("inner text");
            MimeMessage message = message(server);
            message.setSubject("outer");
            MimeBodyPart part = new MimeBodyPart();
            part.setContent(forwarded, "message/rfc822");
            message.setContent(new MimeMultipart(part));
            Transport.send(message);

            Found found = handler.found.poll(20, TimeUnit.SECONDS);
            assertThat(found).isNotNull();
            assertThat(found.subject()).isEqualTo("outer");
            assertThat(found.text()).isEqualTo("inner text");
        }
    }

    private static MimeMessage message(TestSmtpServer server) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("mail.smtp.host", server.host());
        properties.setProperty("mail.smtp.port", Integer.toString(server.port()));
        properties.setProperty("mail.smtp.timeout", "20000");
        MimeMessage message = new MimeMessage(jakarta.mail.Session.getInstance(properties));
        message.setFrom(new InternetAddress("a@example.org"));
        message.setRecipient(MimeMessage.RecipientType.TO, new InternetAddress("b@example.org"));
        return message;
    }

    private static MimeBodyPart attachment(String name, String type, byte[] content) throws Exception {
        MimeBodyPart part = new MimeBodyPart();
        part.setDataHandler(new DataHandler(new ByteArrayDataSource(content, type)));
        part.setFileName(name);
        return part;
    }
}
