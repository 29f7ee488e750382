package io.postern.smtp.protocol;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message that is being received, by DATA or BDAT alike: what has become of it so far. It is open until it is ended,
 * answered by the application, or found wrong; after that what still comes of it is dropped, within a bound.
 */
final class IncomingMessage implements BodyDecoder.Sink {

    private final BodyDecoder text;
    private final HeaderCheck header;
    private final boolean binary;
    private final long sizeLimit;
    private final Output output;
    private long received;
    private boolean failed;
    private @Nullable Violation violation;
    private @Nullable Verdict answer;

    IncomingMessage(EngineSettings settings, Transaction transaction, boolean chunked, Output output) {
        Limits limits = settings.limits();
        this.binary = transaction.isBinary();
        this.header = new HeaderCheck(limits);
        this.text = new BodyDecoder(!chunked, settings.bareNewlines(), limits.textLine(), this);
        this.sizeLimit = limits.messageSize() == 0 ? Long.MAX_VALUE : limits.messageSize();
        this.output = output;
    }

    /** Takes a region. @return the index behind what belongs to the message */
    int receive(byte[] bytes, int from, int to) {
        if (binary) {
            content(bytes, from, to);
            return to;
        }
        return text.decode(bytes, from, to);
    }

    /** The last chunk is complete. */
    void finish() {
        if (!binary) {
            text.finish();
        }
    }

    /** Whether the end of the text was read. */
    boolean ended() {
        return text.ended();
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        received += to - from;
        if (received > sizeLimit) {
            wrong(Violation.TOO_MUCH_DATA);
        }
        if (!header.ended()) {
            Optional<Violation> wrong = header.look(bytes, from, to);
            if (wrong.isPresent()) {
                wrong(wrong.get());
            }
        }
        if (isOpen()) {
            output.body(bytes, from, to);
        }
    }

    @Override
    public void wrong(Violation what) {
        // What the text is wrong in, and what its header and its size are, come in an order that depends on how the
        // input is cut; the reply may not, so that the first of Violation counts
        if (violation == null || what.compareTo(violation) < 0) {
            violation = what;
            fail(what.reply().text());
        }
    }

    /** The application has answered. */
    void answer(Verdict verdict) {
        answer = verdict;
    }

    /** The message will not be whole; the application is told, unless it has answered. */
    void fail(String reason) {
        if (!failed && answer == null) {
            failed = true;
            output.bodyFailed(reason);
        }
    }

    /** Whether content is still wanted. */
    boolean isOpen() {
        return !failed && answer == null && violation == null;
    }

    /** Whether the application's answer is still wanted. */
    boolean isUndecided() {
        return !failed && answer == null;
    }

    /** How many octets of it there were. */
    long received() {
        return received;
    }

    /** What the client is to be told, as far as that is settled: what it did wrong before what the application said. */
    @Nullable
    Verdict verdict() {
        return violation != null ? Verdict.of(violation.reply()) : answer;
    }

    @Nullable
    Violation violation() {
        return violation;
    }
}
