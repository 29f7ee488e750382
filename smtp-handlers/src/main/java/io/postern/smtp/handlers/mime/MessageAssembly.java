package io.postern.smtp.handlers.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.dom.Body;
import org.apache.james.mime4j.dom.Entity;
import org.apache.james.mime4j.dom.Header;
import org.apache.james.mime4j.dom.Message;
import org.apache.james.mime4j.message.BodyFactory;
import org.apache.james.mime4j.message.BodyPart;
import org.apache.james.mime4j.message.HeaderImpl;
import org.apache.james.mime4j.message.MessageImpl;
import org.apache.james.mime4j.message.MultipartImpl;
import org.apache.james.mime4j.parser.ContentHandler;
import org.apache.james.mime4j.stream.BodyDescriptor;
import org.apache.james.mime4j.stream.Field;
import org.apache.james.mime4j.util.ByteArrayBuffer;
import org.apache.james.mime4j.util.ByteSequence;

/**
 * Puts together what the parser finds, and stops it where a message costs more than it may. The builder of Mime4j has no
 * bounds for parts, depth and text between parts.
 */
final class MessageAssembly implements ContentHandler {

    private final MimeOptions limits;
    private final BodyFactory bodies;
    private final MessageImpl message = new MessageImpl();
    private final Deque<Entity> entities = new ArrayDeque<>();
    private final Deque<MultipartImpl> multiparts = new ArrayDeque<>();
    private Header header = new HeaderImpl();
    private int parts;
    private int fields;
    private int headerSize;
    /** What is kept of the text between parts. */
    private int besideSize;

    MessageAssembly(MimeOptions limits, BodyFactory bodies) {
        this.limits = limits;
        this.bodies = bodies;
    }

    Message message() {
        return message;
    }

    private Entity entity() {
        return entities.element();
    }

    private void begin(Entity entity) throws MimeException {
        entities.push(entity);
        parts++;
        if (parts > limits.getMaxParts() || entities.size() > limits.getMaxDepth()) {
            throw new MimeException("too many parts, or too deep");
        }
    }

    @Override
    public void startMessage() throws MimeException {
        if (entities.isEmpty()) {
            begin(message);
        } else {
            MessageImpl attached = new MessageImpl();
            entity().setBody(attached);
            begin(attached);
        }
    }

    @Override
    public void endMessage() {
        entities.pop();
    }

    @Override
    public void startBodyPart() throws MimeException {
        BodyPart part = new BodyPart();
        multiparts.element().addBodyPart(part);
        begin(part);
    }

    @Override
    public void endBodyPart() {
        entities.pop();
    }

    @Override
    public void startHeader() {
        header = new HeaderImpl();
    }

    @Override
    public void field(Field field) throws MimeException {
        fields++;
        ByteSequence raw = field.getRaw();
        headerSize += raw == null ? field.getName().length() + field.getBody().length() : raw.length();
        if (fields > limits.getMaxHeaderFields() || headerSize > limits.getMaxHeaderSize()) {
            throw new MimeException("too many header fields, or too large");
        }
        header.addField(field);
    }

    @Override
    public void endHeader() {
        entity().setHeader(header);
    }

    @Override
    public void startMultipart(BodyDescriptor descriptor) {
        MultipartImpl multipart = new MultipartImpl(descriptor.getSubType());
        setBody(multipart);
        multiparts.push(multipart);
    }

    @Override
    public void endMultipart() {
        multiparts.pop();
    }

    @Override
    public void preamble(InputStream text) throws IOException {
        multiparts.element().setPreambleRaw(kept(text));
    }

    @Override
    public void epilogue(InputStream text) throws IOException {
        multiparts.element().setEpilogueRaw(kept(text));
    }

    /** As much as may be kept of what no reader of mail shows. */
    private ByteSequence kept(InputStream text) throws IOException {
        byte[] octets = text.readNBytes(limits.getMaxHeaderSize() - besideSize);
        besideSize += octets.length;
        return new ByteArrayBuffer(octets, true);
    }

    @Override
    public void body(BodyDescriptor descriptor, InputStream content) throws IOException {
        setBody(
                descriptor.getMimeType().startsWith("text/")
                        ? bodies.textBody(content, descriptor.getCharset())
                        : bodies.binaryBody(content));
    }

    private void setBody(Body body) {
        entity().setBody(body);
    }

    @Override
    public void raw(InputStream content) {
        throw new IllegalStateException("the parser is not asked for raw parts");
    }
}
