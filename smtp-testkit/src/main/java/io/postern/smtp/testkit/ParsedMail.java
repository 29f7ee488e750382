package io.postern.smtp.testkit;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.codec.DecodeMonitor;
import org.apache.james.mime4j.codec.DecoderUtil;
import org.apache.james.mime4j.dom.Entity;
import org.apache.james.mime4j.dom.Message;
import org.apache.james.mime4j.dom.Multipart;
import org.apache.james.mime4j.dom.SingleBody;
import org.apache.james.mime4j.dom.TextBody;
import org.apache.james.mime4j.dom.address.Mailbox;
import org.apache.james.mime4j.dom.field.ContentTypeField;
import org.apache.james.mime4j.field.address.LenientAddressParser;
import org.apache.james.mime4j.message.DefaultMessageBuilder;
import org.apache.james.mime4j.message.DefaultMessageWriter;
import org.apache.james.mime4j.stream.EntityState;
import org.apache.james.mime4j.stream.Field;
import org.apache.james.mime4j.stream.MimeConfig;
import org.apache.james.mime4j.stream.MimeTokenStream;

/**
 * A message read as MIME (RFC 2045): what a person would see of it. Needs Apache James' mime4j on the class path.
 *
 * <p>Header fields are decoded (RFC 2047). It never changes.
 */
public final class ParsedMail {

    private static final Pattern LINK = Pattern.compile("https?://[^\\s\"'<>]+");
    /** The end of a sentence is not a part of the address before it. */
    private static final String SENTENCE_END = ".,;:!?)]";

    // what is longer is shown as it stands: to decode it takes time that grows with the square of its length
    private static final int MAX_DECODED_FIELD = 8_192;
    // far beyond what mail programs make
    private static final int MAX_DEPTH = 100;
    private static final int MAX_PARTS = 5_000;

    // digits, with a hyphen or blank in the middle, that are no part of a longer number or word
    private static final Pattern CODE = Pattern.compile("(?<![\\w/=.-])(\\d{3}[ -]\\d{3}|\\d{4,8})(?![\\w/=-])");

    /**
     * A part that is to be stored rather than shown.
     *
     * @param name what it is called, empty when it is not called anything
     * @param contentType such as {@code application/pdf}
     * @param content decoded
     * @param contentId what HTML calls it behind {@code cid:} (RFC 2392), without angle brackets; empty when it has none
     */
    public record Attachment(String name, String contentType, Buffer content, Optional<String> contentId) {}

    /**
     * A field of the header.
     *
     * @param name as it is written in the message
     * @param value unfolded and decoded
     */
    public record HeaderField(String name, String value) {}

    private final Message message;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder html = new StringBuilder();
    private final List<Attachment> attachments = new ArrayList<>();

    private ParsedMail(Message message) {
        this.message = message;
        read(message);
    }

    /** Reads a message to the octet. @throws IllegalArgumentException when it is nested or long beyond reason */
    public static ParsedMail parse(byte[] content) {
        DefaultMessageBuilder builder = new DefaultMessageBuilder();
        builder.setMimeEntityConfig(MimeConfig.PERMISSIVE);
        try {
            checkStructure(content);
            return new ParsedMail(builder.parseMessage(new ByteArrayInputStream(content)));
        } catch (IOException | MimeException e) {
            throw new IllegalArgumentException("the message cannot be read as MIME: " + e.getMessage(), e);
        }
    }

    /** Walks through a message without keeping anything: to build a tree of many parts takes long, and of deep ones longer. */
    private static void checkStructure(byte[] content) throws IOException, MimeException {
        MimeTokenStream tokens = new MimeTokenStream(MimeConfig.PERMISSIVE);
        tokens.parse(new ByteArrayInputStream(content));
        int depth = 0;
        int parts = 0;
        for (EntityState state = tokens.getState(); state != EntityState.T_END_OF_STREAM; state = tokens.next()) {
            switch (state) {
                case T_START_MULTIPART, T_START_MESSAGE -> depth++;
                case T_END_MULTIPART, T_END_MESSAGE -> depth--;
                case T_START_BODYPART -> parts++;
                default -> {}
            }
            if (depth > MAX_DEPTH || parts > MAX_PARTS) {
                throw new MimeException("it has more than " + MAX_PARTS + " parts, or parts in more than " + MAX_DEPTH);
            }
        }
    }

    private void read(Entity entity) {
        if (entity.getBody() instanceof Multipart multipart) {
            multipart.getBodyParts().forEach(this::read);
        } else if (entity.getBody() instanceof TextBody body && !"attachment".equals(entity.getDispositionType())) {
            boolean isHtml = "text/html".equals(entity.getMimeType());
            (isHtml ? html : text).append(decoded(body, charset(entity)));
        } else if (entity.getBody() instanceof SingleBody body) {
            attachments.add(new Attachment(
                    Optional.ofNullable(entity.getFilename()).orElse(""),
                    entity.getMimeType(),
                    octets(body),
                    contentId(entity)));
        } else if (entity.getBody() instanceof Message attached) {
            String subject = Optional.ofNullable(attached.getSubject()).orElse("");
            attachments.add(new Attachment(subject, entity.getMimeType(), octets(attached), contentId(entity)));
        }
    }

    private static Optional<String> contentId(Entity entity) {
        return Optional.ofNullable(entity.getHeader().getField("Content-ID"))
                .map(field -> field.getBody().strip().replaceAll("^<|>$", ""));
    }

    private static Buffer octets(Message attached) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try {
            new DefaultMessageWriter().writeMessage(attached, octets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(octets.toByteArray());
    }

    /** On the wire lines end with CR LF; tests write them as Java does. */
    private static String decoded(TextBody body, Charset charset) {
        return octets(body).toString(charset).replace("\r\n", "\n");
    }

    /** What is declared; else UTF-8, in which US-ASCII is contained. */
    private static Charset charset(Entity entity) {
        try {
            return entity.getHeader().getField("Content-Type") instanceof ContentTypeField type
                            && type.getCharset() != null
                    ? Charset.forName(type.getCharset())
                    : StandardCharsets.UTF_8;
        } catch (IllegalArgumentException unknown) {
            return StandardCharsets.UTF_8;
        }
    }

    private static Buffer octets(SingleBody body) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try {
            body.writeTo(octets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(octets.toByteArray());
    }

    /** The subject; empty when there is none. */
    public String subject() {
        return header("Subject").orElse("");
    }

    /** The first field of this name, unfolded and decoded. */
    public Optional<String> header(String name) {
        return headers(name).stream().findFirst();
    }

    /** All fields of this name, in their order, unfolded and decoded. */
    public List<String> headers(String name) {
        List<Field> fields = message.getHeader().getFields(name);
        return fields.stream().map(ParsedMail::decoded).toList();
    }

    /** All fields of the message's header, in their order. */
    public List<HeaderField> fields() {
        return message.getHeader().getFields().stream()
                .map(field -> new HeaderField(field.getName(), decoded(field)))
                .toList();
    }

    /**
     * The addresses in all fields of this name, such as {@code To}, without display names, in their order; those in groups
     * are among them (RFC 5322 §3.4). What is no address is left out.
     */
    public List<String> addresses(String name) {
        List<String> addresses = new ArrayList<>();
        for (Field field : message.getHeader().getFields(name)) {
            LenientAddressParser.DEFAULT.parseAddressList(unfolded(field)).flatten().stream()
                    .map(Mailbox::getAddress)
                    .forEach(addresses::add);
        }
        return List.copyOf(addresses);
    }

    private static String unfolded(Field field) {
        return field.getBody().replaceAll("\\r?\\n(?=[ \\t])", "").strip();
    }

    private static String decoded(Field field) {
        String unfolded = unfolded(field);
        return unfolded.length() > MAX_DECODED_FIELD
                ? unfolded
                : DecoderUtil.decodeEncodedWords(unfolded, DecodeMonitor.SILENT);
    }

    /** The parts of plain text, one behind the other, with LF at the end of lines; empty when there is none. */
    public String text() {
        return text.toString();
    }

    /** The parts of HTML, one behind the other, with LF at the end of lines; empty when there is none. */
    public String html() {
        return html.toString();
    }

    /** All parts that are not shown as text. */
    public List<Attachment> attachments() {
        return List.copyOf(attachments);
    }

    /** The addresses of the web in text and HTML, each once, in the order in which they stand. */
    public List<URI> links() {
        Set<URI> links = new LinkedHashSet<>();
        for (String source : List.of(html(), text())) {
            Matcher matcher = LINK.matcher(source.replace("&amp;", "&"));
            while (matcher.find()) {
                uri(withoutSentenceEnd(matcher.group())).ifPresent(links::add);
            }
        }
        return List.copyOf(links);
    }

    private static String withoutSentenceEnd(String link) {
        int end = link.length();
        while (SENTENCE_END.indexOf(link.charAt(end - 1)) >= 0) { // it begins with a letter
            end--;
        }
        return link.substring(0, end);
    }

    private static Optional<URI> uri(String text) {
        try {
            return Optional.of(URI.create(text));
        } catch (IllegalArgumentException notOne) {
            return Optional.empty();
        }
    }

    /**
     * What looks like a one-time code in the text, or in the HTML where there is no text: 4 to 8 digits, or twice three with a
     * hyphen or a blank between them, which is left out here.
     */
    public List<String> codes() {
        String source = text.isEmpty() ? html().replaceAll("<[^<>]*>", " ") : text();
        Set<String> codes = new LinkedHashSet<>();
        Matcher matcher = CODE.matcher(source);
        while (matcher.find()) {
            codes.add(matcher.group(1).replaceAll("[ -]", ""));
        }
        return List.copyOf(codes);
    }
}
