package io.postern.smtp.handlers.mime;

import io.postern.smtp.SmtpException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.james.mime4j.dom.Body;
import org.apache.james.mime4j.dom.Entity;
import org.apache.james.mime4j.dom.Message;
import org.apache.james.mime4j.dom.Multipart;
import org.apache.james.mime4j.dom.SingleBody;
import org.apache.james.mime4j.dom.TextBody;

/**
 * What most want of a parsed message: its subject, its text, its attachments. It reads bodies, perhaps from a file, so use
 * it where threads may block, as in {@link SpooledMessage#parsed(java.util.function.Function)}.
 *
 * <p>What cannot be read although the message could be parsed fails with {@link MimeHandler#MALFORMED}, as {@link
 * SmtpException}.
 */
public final class MimeContent {

    /** As much of a text is read, in characters; the rest is left out. */
    public static final int MAX_TEXT = 1_048_576;

    private final Message message;

    private MimeContent(Message message) {
        this.message = message;
    }

    @SuppressWarnings("exports") // whoever calls it requires that module
    public static MimeContent of(Message message) {
        return new MimeContent(message);
    }

    /** The subject, decoded; empty when there is none. */
    public Optional<String> subject() {
        return guarded(() -> Optional.ofNullable(message.getSubject()));
    }

    /** The value of the first field of this name, unfolded and not decoded; empty when there is none. */
    public Optional<String> header(String name) {
        return guarded(() -> Optional.ofNullable(message.getHeader())
                .flatMap(header -> Optional.ofNullable(header.getField(name)))
                .flatMap(field -> Optional.ofNullable(field.getBody())));
    }

    /** The first plain text that is no attachment; empty when there is none. */
    public Optional<String> text() {
        return firstOf("text/plain");
    }

    /** The first HTML that is no attachment, as the sender wrote it; empty when there is none. */
    public Optional<String> html() {
        return firstOf("text/html");
    }

    /** All texts that are no attachments, plain or not, the first first. */
    public List<String> texts() {
        return guarded(() -> leaves().stream()
                .filter(leaf -> !isAttachment(leaf))
                .map(Entity::getBody)
                .filter(TextBody.class::isInstance)
                .map(body -> read((TextBody) body))
                .toList());
    }

    private Optional<String> firstOf(String mimeType) {
        return guarded(() -> leaves().stream()
                .filter(leaf -> !isAttachment(leaf) && mimeType.equals(leaf.getMimeType()))
                .findFirst()
                .map(Entity::getBody)
                .map(body -> body instanceof TextBody text ? read(text) : null));
    }

    private static String read(TextBody body) {
        try (Reader reader = body.getReader()) {
            StringBuilder text = new StringBuilder();
            char[] chunk = new char[8_192];
            int read;
            while (text.length() < MAX_TEXT
                    && (read = reader.read(chunk, 0, Math.min(chunk.length, MAX_TEXT - text.length()))) >= 0) {
                text.append(chunk, 0, read);
            }
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parts that are attached, or are no text, the first first; those of attached messages are among them. */
    public List<Attachment> attachments() {
        return guarded(() -> leaves().stream()
                .filter(MimeContent::isAttachment)
                .map(Attachment::new)
                .toList());
    }

    /** A part of a message. */
    public static final class Attachment {

        private final Entity entity;

        private Attachment(Entity entity) {
            this.entity = entity;
        }

        /** Its name as the sender gave it: not one that a file could safely have. Empty when it has none. */
        public Optional<String> fileName() {
            return guarded(() -> Optional.ofNullable(entity.getFilename()));
        }

        /** Such as {@code image/png}, in lower case. */
        public String mimeType() {
            return guarded(entity::getMimeType);
        }

        /** Its content, decoded. */
        public InputStream open() throws IOException {
            return entity.getBody() instanceof SingleBody single
                    ? single.getInputStream()
                    : InputStream.nullInputStream();
        }
    }

    private List<Entity> leaves() {
        List<Entity> leaves = new ArrayList<>();
        collect(message, leaves);
        return leaves;
    }

    /** Goes no deeper than parsing did. */
    private static void collect(Entity entity, List<Entity> leaves) {
        Body body = entity.getBody();
        if (body instanceof Multipart multipart) {
            multipart.getBodyParts().forEach(part -> collect(part, leaves));
        } else if (body instanceof Message attached) {
            collect(attached, leaves);
        } else if (body != null) {
            leaves.add(entity);
        }
    }

    private static boolean isAttachment(Entity entity) {
        return "attachment".equalsIgnoreCase(entity.getDispositionType())
                || entity.getFilename() != null
                || !entity.getMimeType().startsWith("text/");
    }

    private static <T> T guarded(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            throw ParsedSpool.malformed(e);
        }
    }
}
