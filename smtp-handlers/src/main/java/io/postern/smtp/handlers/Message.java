package io.postern.smtp.handlers;

import io.postern.smtp.Envelope;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.postern.smtp.handlers.trace.TraceFields;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;

/**
 * A whole message. It shares no memory with the network and may be kept.
 *
 * @param peer the address of the client that sent it
 * @param envelope its sender and recipients
 * @param content exactly what the client sent, lines ending with CR LF, without what the transfer added
 */
public record Message(SocketAddress peer, Envelope envelope, Buffer content) {

    /**
     * The content with what the envelope knows as headers in front: {@code X-Peer}, {@code X-MailFrom} ({@code <>} for the
     * null sender) and {@code X-RcptTo} (the recipients, separated by commas). Headers of these names that the client sent
     * are left out, so that each name stands for what this server knows. Everything else is as in {@link #content()}.
     *
     * <p>A content that does not begin with a header is taken for a body without any.
     *
     * @return a new buffer
     */
    public Buffer contentWithEnvelope() {
        HeaderEditor editor = new HeaderEditor(TraceFields.envelope(peer, envelope), TraceFields.ENVELOPE_NAMES);
        return editor.edit(content).appendBuffer(editor.end());
    }

    /** Says how large the content is, not what it is. */
    @Override
    public String toString() {
        return "Message[peer=" + peer + ", from=<" + envelope.mailFrom() + ">, to=" + envelope.rcptTos() + ", "
                + content.length() + " octets]";
    }
}
