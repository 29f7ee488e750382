package io.postern.smtp.handlers.mime;

import io.postern.smtp.Envelope;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.postern.smtp.handlers.trace.TraceFields;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.james.mime4j.dom.Message;

/**
 * A whole message, in memory or in a file. It can be read as often as one likes until its handler has answered, or the
 * client has gone away; then the file is deleted, and parsed bodies are closed. Its methods are for the context of the
 * session, except {@link #open()}.
 */
public final class SpooledMessage {

    private final SocketAddress peer;
    private final Envelope envelope;
    private final Spool spool;
    private final Consumer<Throwable> onFault;

    /** @param onFault told when a handler of its content throws */
    SpooledMessage(SocketAddress peer, Envelope envelope, Spool spool, Consumer<Throwable> onFault) {
        this.peer = peer;
        this.envelope = envelope;
        this.spool = spool;
        this.onFault = onFault;
    }

    /** The address of the client that sent it. */
    public SocketAddress peer() {
        return peer;
    }

    /** Its sender and recipients. */
    public Envelope envelope() {
        return envelope;
    }

    /** In octets. */
    public long size() {
        return spool.size();
    }

    /** The content, when it is small enough to be in memory; not to be changed, but it may be kept. */
    public Optional<Buffer> buffer() {
        return spool.memory();
    }

    /** The file that the content is in, when it is not in memory; not to be changed. */
    public Optional<Path> file() {
        return spool.file();
    }

    /**
     * The content, exactly what the client sent, lines ending with CR LF, without what the transfer added. A stream of its
     * own at each call; it is read when a handler is set, as fast as that wants. It fails when the message is
     * deleted before its end, and a handler of it that throws is a failure of {@link MimeHandler#handleMessage}.
     */
    public ReadStream<Buffer> content() {
        return spool.stream(null, onFault).content();
    }

    /**
     * The content with what the envelope knows as headers in front, {@code X-Peer}, {@code X-MailFrom} and {@code X-RcptTo};
     * headers of these names that the client sent are left out. See {@link
     * io.postern.smtp.handlers.Message#contentWithEnvelope()}.
     */
    public ReadStream<Buffer> contentWithEnvelope() {
        return spool.stream(new HeaderEditor(TraceFields.envelope(peer, envelope), TraceFields.ENVELOPE_NAMES), onFault)
                .content();
    }

    /** The content, for threads that may block. */
    public InputStream open() throws IOException {
        return spool.open();
    }

    /**
     * The message as Mime4j reads it. It is parsed on a worker thread, once, however often this is called, and holds up no
     * event loop. Bodies are decoded; large ones are in a file, so read them in {@link #parsed(Function)} or on another
     * thread that may block.
     *
     * <p>It fails with {@link MimeHandler#MALFORMED}, as {@code SmtpException}, when the message has more parts than {@link
     * MimeOptions} allow, or is such that it cannot be parsed; with {@code 452 4.3.1} when there is no room to unpack it. A
     * handler that gives the failure back answers just that.
     *
     * @throws IllegalStateException when the message has been deleted already
     */
    @SuppressWarnings("exports") // whoever calls it requires that module
    public Future<Message> parsed() {
        return spool.parsed().message();
    }

    /**
     * Reads the parsed message on a worker thread, where bodies can be read:
     *
     * <pre>{@code
     * message.parsed(parsed -> MimeContent.of(parsed).text()).compose(text -> index(text))
     * }</pre>
     *
     * @param reader what it returns is the result; what it throws, the failure
     */
    @SuppressWarnings("exports")
    public <T> Future<T> parsed(Function<Message, T> reader) {
        return parsed().compose(message -> spool.blocking(() -> reader.apply(message)));
    }

    /** Says how large the content is, not what it is. */
    @Override
    public String toString() {
        return "SpooledMessage[peer=" + peer + ", from=<" + envelope.mailFrom() + ">, to=" + envelope.rcptTos() + ", "
                + size() + " octets]";
    }
}
