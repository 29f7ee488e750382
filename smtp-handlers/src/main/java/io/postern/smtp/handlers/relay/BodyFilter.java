package io.postern.smtp.handlers.relay;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpException;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.buffer.Buffer;
import java.util.Set;

/**
 * What a message passes through before it goes out: our fields are put on top, those of the same names left out; one that
 * has come through too many servers is refused, and one with a CR or LF alone, whatever the server in front lets in: the
 * next hop could take what is behind it for the end of the message (SMTP smuggling). Only what was declared binary may have
 * them, as it goes out in chunks with their length.
 */
final class BodyFilter {

    private final HeaderEditor editor;
    private final boolean edits;
    private final int maxReceived;
    private final boolean binary;
    private boolean afterCr;

    /**
     * @param top fields to put on top, each with its line end
     * @param dropped names of fields to leave out
     */
    BodyFilter(String top, Set<String> dropped, int maxReceived, boolean binary) {
        this.editor = new HeaderEditor(top, dropped);
        this.edits = !top.isEmpty() || !dropped.isEmpty();
        this.maxReceived = maxReceived;
        this.binary = binary;
    }

    /**
     * Takes the next part and gives what goes on in its place.
     *
     * @throws SmtpException when the message is not passed on
     */
    Buffer pass(Buffer part) {
        if (!binary) {
            checkLineEnds(part);
        }
        Buffer edited = editor.edit(part);
        checkReceived();
        // an editor without a field to add would still complete a header that has no end
        return edits ? edited : part;
    }

    /** The message is over. @throws SmtpException as {@link #pass} */
    Buffer end() {
        if (afterCr) {
            throw new SmtpException(Replies.BARE_NEWLINE);
        }
        Buffer rest = editor.end();
        checkReceived();
        return edits ? rest : Buffer.buffer();
    }

    private void checkReceived() {
        if (editor.received() > maxReceived) {
            throw new SmtpException(Replies.TOO_MANY_HOPS);
        }
    }

    private void checkLineEnds(Buffer part) {
        boolean cr = afterCr;
        for (byte octet : part.getBytes()) {
            if (cr != (octet == '\n')) {
                throw new SmtpException(Replies.BARE_NEWLINE);
            }
            cr = octet == '\r';
        }
        afterCr = cr;
    }
}
