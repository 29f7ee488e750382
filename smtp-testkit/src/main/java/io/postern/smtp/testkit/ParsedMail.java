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
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import org.apache.james.mime4j.message.DefaultBodyDescriptorBuilder;
import org.apache.james.mime4j.message.DefaultMessageBuilder;
import org.apache.james.mime4j.message.DefaultMessageWriter;
import org.apache.james.mime4j.stream.BodyDescriptor;
import org.apache.james.mime4j.stream.BodyDescriptorBuilder;
import org.apache.james.mime4j.stream.EntityState;
import org.apache.james.mime4j.stream.Field;
import org.apache.james.mime4j.stream.MimeConfig;
import org.apache.james.mime4j.stream.MimeTokenStream;
import org.apache.james.mime4j.stream.ParserCursor;
import org.apache.james.mime4j.stream.RawField;
import org.apache.james.mime4j.util.ByteSequence;
import org.apache.james.mime4j.util.ContentUtil;

/**
 * A message read as MIME (RFC 2045): what a person would see of it. Needs Apache James' mime4j on the class path.
 *
 * <p>Header fields are decoded (RFC 2047). It never changes.
 */
public final class ParsedMail {

    private static final Pattern LINK = Pattern.compile("https?://[^\\s\"'<>]+");
    /** The end of a sentence is not a part of the address before it. */
    private static final String SENTENCE_END = ".,;:!?)]";

    /**
     * An encoded word (RFC 2047 §2), also with some question marks, which should be encoded. Nothing else is given to the
     * decoder, which looks for the end of each that begins up to the end of the text.
     */
    private static final Pattern ENCODED_WORD =
            Pattern.compile("=\\?([^?\\s]{1,99}+)\\?[bBqQ]\\?[^?]*+(?:\\?(?!=)[^?]*+){0,9}+\\?=");

    /** In lower case: to ask the JDK for one that it does not know takes it half a millisecond. */
    private static final Set<String> CHARSETS = Charset.availableCharsets().values().stream()
            .flatMap(charset -> Stream.concat(Stream.of(charset.name()), charset.aliases().stream()))
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());

    // far beyond what mail programs make
    private static final int MAX_DEPTH = 100;
    private static final int MAX_PARTS = 5_000;
    private static final int MAX_FIELDS = 50_000;
    // to look for a boundary, or to take a field of MIME apart, takes time that grows with the square of its length
    private static final int MAX_BOUNDARY = 1_000;
    private static final int MAX_MIME_FIELD = 16_384;

    // All of these take time that grows with the length of the HTML, and no faster, whatever it is.

    /** What is not shown of HTML, where fonts and colours are. Like a browser, it goes to the end when its end is missing. */
    private static final Pattern HIDDEN =
            Pattern.compile("(?is)<!--.*?(?:-->|\\z)|<(title|style|script)\\b.*?(?:</\\1\\s{0,9}>|\\z)|<![^<>]*+>");

    private static final Pattern TAG = Pattern.compile("<[^<>]*+>");
    /** A tag, if it is that of a link with what the link leads to, or else an address of the web in what is shown. */
    private static final Pattern TAG_OR_LINK = Pattern.compile("(?i)<(?:a|area)\\b[^<>]{0,999}?\\shref\\s{0,9}=\\s{0,9}"
            + "(?:\"([^\"<>]{1,4999})\"|'([^'<>]{1,4999})'|([^\\s<>]{1,4999}))[^<>]{0,4999}>|" + TAG + "|(" + LINK
            + ")");
    /** A character as HTML may have it (HTML §13.1.4); of the names only those that templates make. */
    private static final Pattern REFERENCE =
            Pattern.compile("&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));");
    // digits, with a hyphen or blank in the middle, that are no part of a longer number or word
    private static final Pattern CODE = Pattern.compile("(?<![\\w/=.-])(\\d{3}[ -]\\d{3}|\\d{4,8})(?![\\w/=-])");

    /**
     * A part that is to be stored rather than shown.
     *
     * @param name what it is called, of a message that is called nothing its subject; empty when there is no name
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
        MimeTokenStream tokens =
                new MimeTokenStream(MimeConfig.PERMISSIVE, new Descriptor(new DefaultBodyDescriptorBuilder()));
        tokens.parse(new ByteArrayInputStream(content));
        int depth = 0;
        int parts = 0;
        int fields = 0;
        for (EntityState state = tokens.getState(); state != EntityState.T_END_OF_STREAM; state = tokens.next()) {
            switch (state) {
                case T_START_MULTIPART -> {
                    depth++;
                    String boundary = tokens.getBodyDescriptor().getBoundary();
                    require(boundary == null ? 0 : boundary.length(), MAX_BOUNDARY, "octets in a boundary");
                }
                case T_START_MESSAGE -> depth++;
                case T_END_MULTIPART, T_END_MESSAGE -> depth--;
                case T_START_BODYPART -> parts++;
                case T_FIELD -> fields++;
                default -> {}
            }
            require(depth, MAX_DEPTH, "parts in each other");
            require(parts, MAX_PARTS, "parts");
            require(fields, MAX_FIELDS, "fields");
        }
    }

    private static void require(int count, int max, String what) {
        if (count > max) {
            throw new IllegalArgumentException(
                    "the message cannot be read as MIME: it has more than " + max + " " + what);
        }
    }

    /** What is known of a part, of fields that are no longer than they may be. */
    private record Descriptor(BodyDescriptorBuilder known) implements BodyDescriptorBuilder {

        @Override
        public void reset() {
            known.reset();
        }

        @Override
        public Field addField(RawField field) throws MimeException {
            if (field.getNameLowerCase().startsWith("content-")) {
                require(field.getRaw().length(), MAX_MIME_FIELD, "octets in a field of MIME");
            }
            return known.addField(field);
        }

        @Override
        public BodyDescriptor build() {
            return known.build();
        }

        @Override
        public BodyDescriptorBuilder newChild() {
            return new Descriptor(known.newChild());
        }
    }

    private void read(Entity entity) {
        if (entity.getBody() instanceof Multipart multipart) {
            multipart.getBodyParts().forEach(this::read);
        } else if (entity.getBody() instanceof TextBody body && isShown(entity)) {
            append(isHtml(entity) ? html : text, octets(body).toString(charset(entity)));
        } else if (entity.getBody() instanceof SingleBody body) {
            attachments.add(
                    new Attachment(name(entity).orElse(""), entity.getMimeType(), octets(body), contentId(entity)));
        } else if (entity.getBody() instanceof Message attached) {
            String name = name(entity)
                    .or(() -> Optional.ofNullable(attached.getHeader().getField("Subject"))
                            .map(ParsedMail::decoded))
                    .orElse("");
            attachments.add(new Attachment(name, entity.getMimeType(), octets(attached), contentId(entity)));
        }
    }

    private static boolean isShown(Entity entity) {
        return !"attachment".equals(entity.getDispositionType())
                && (isHtml(entity) || "text/plain".equals(entity.getMimeType()));
    }

    private static boolean isHtml(Entity entity) {
        return "text/html".equals(entity.getMimeType());
    }

    /** On the wire lines end with CR LF; tests write them as Java does. The line end before a boundary is no part's. */
    private static void append(StringBuilder all, String part) {
        if (!all.isEmpty() && all.charAt(all.length() - 1) != '\n') {
            all.append('\n');
        }
        all.append(part.replace("\r\n", "\n"));
    }

    /** That of Content-Disposition, or else that of Content-Type, which was there before (RFC 2183 §2.3). */
    private static Optional<String> name(Entity entity) {
        return Optional.ofNullable(entity.getFilename())
                .or(() -> contentType(entity)
                        .map(type -> type.getParameter("name"))
                        .map(ParsedMail::decoded));
    }

    private static Optional<ContentTypeField> contentType(Entity entity) {
        return entity.getHeader() != null
                        && entity.getHeader().getField("Content-Type") instanceof ContentTypeField type
                ? Optional.of(type)
                : Optional.empty();
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

    /** UTF-8 where there is none, where it is unknown, and for ASCII, which it comprises. */
    private static Charset charset(Entity entity) {
        String name = contentType(entity).map(ContentTypeField::getCharset).orElse("UTF-8");
        try {
            Charset charset = Charset.forName(name);
            return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
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
            // not of the text, of which it takes as many octets as there are characters
            ByteSequence octets = ContentUtil.encode(StandardCharsets.UTF_8, unfolded(field));
            LenientAddressParser.DEFAULT
                    .parseAddressList(octets, new ParserCursor(0, octets.length()))
                    .flatten()
                    .stream()
                    .map(Mailbox::getAddress)
                    .forEach(addresses::add);
        }
        return List.copyOf(addresses);
    }

    private static String unfolded(Field field) {
        return field.getBody().replaceAll("\\r?\\n(?=[ \\t])", "").strip();
    }

    private static String decoded(Field field) {
        return decoded(unfolded(field));
    }

    /** With its encoded words decoded; blanks between two of them are not shown (RFC 2047 §6.2). */
    private static String decoded(String text) {
        StringBuilder all = new StringBuilder();
        Matcher words = ENCODED_WORD.matcher(text);
        int end = 0;
        boolean behindWord = false;
        while (words.find()) {
            String between = text.substring(end, words.start());
            boolean isDecoded = CHARSETS.contains(words.group(1).toLowerCase(Locale.ROOT));
            String word =
                    isDecoded ? DecoderUtil.decodeEncodedWords(words.group(), DecodeMonitor.SILENT) : words.group();
            all.append(behindWord && isDecoded && between.isBlank() ? "" : between)
                    .append(word);
            end = words.end();
            behindWord = isDecoded;
        }
        return all.append(text.substring(end)).toString();
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

    /**
     * The addresses of the web that a person can follow, each once, in the order in which they stand: what links in the HTML
     * lead to, and what is to be read as an address in HTML or text. Pictures, fonts and the like are not among them.
     */
    public List<URI> links() {
        Set<URI> links = new LinkedHashSet<>();
        Matcher tags = TAG_OR_LINK.matcher(HIDDEN.matcher(html).replaceAll(" "));
        while (tags.find()) {
            Stream.of(1, 2, 3)
                    .map(tags::group)
                    .filter(Objects::nonNull)
                    .map(target -> unescaped(target).strip())
                    .filter(target -> LINK.matcher(target).matches())
                    .forEach(target -> uri(target).ifPresent(links::add));
            if (tags.group(4) != null) {
                addLinks(unescaped(tags.group(4)), links);
            }
        }
        addLinks(text(), links);
        return List.copyOf(links);
    }

    private static void addLinks(String shown, Set<URI> links) {
        Matcher matcher = LINK.matcher(shown);
        while (matcher.find()) {
            uri(withoutSentenceEnd(matcher.group())).ifPresent(links::add);
        }
    }

    private static String withoutSentenceEnd(String link) {
        int end = link.length();
        while (SENTENCE_END.indexOf(link.charAt(end - 1)) >= 0) { // it begins with a letter
            end--;
        }
        return link.substring(0, end);
    }

    private static String unescaped(String html) {
        return REFERENCE.matcher(html).replaceAll(found -> Matcher.quoteReplacement(character(found)));
    }

    private static String character(MatchResult reference) {
        String name = reference.group(3);
        if (name != null) {
            return switch (name) {
                case "amp" -> "&";
                case "lt" -> "<";
                case "gt" -> ">";
                case "quot" -> "\"";
                case "apos" -> "'";
                default -> " ";
            };
        }
        int point = reference.group(1) != null
                ? Integer.parseInt(reference.group(1))
                : Integer.parseInt(reference.group(2), 16);
        return Character.isValidCodePoint(point) ? Character.toString(point) : reference.group();
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
        String source = text.isEmpty() ? shown() : text();
        Set<String> codes = new LinkedHashSet<>();
        Matcher matcher = CODE.matcher(source);
        while (matcher.find()) {
            codes.add(matcher.group(1).replaceAll("[ -]", ""));
        }
        return List.copyOf(codes);
    }

    private String shown() {
        String visible = HIDDEN.matcher(html).replaceAll(" ");
        return unescaped(TAG.matcher(visible).replaceAll(" "));
    }
}
