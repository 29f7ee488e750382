package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Envelope;
import io.postern.smtp.Session;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.postern.smtp.handlers.trace.TraceFields;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/** What stands on top of a stored message. */
final class MessageHead {

    private static final Set<String> OURS = ours();

    private MessageHead() {}

    private static Set<String> ours() {
        Set<String> names = new TreeSet<>(TraceFields.ENVELOPE_NAMES);
        names.add(TraceFields.RETURN_PATH);
        return names;
    }

    /**
     * @param id what finds this message in the log
     * @param tellRecipients whether who reads the message may know to whom else it went
     */
    static HeaderEditor editor(Session session, Envelope envelope, String id, Instant time, boolean tellRecipients) {
        String fields = TraceFields.returnPath(envelope)
                + TraceFields.received(session, envelope, id, time)
                + (tellRecipients
                        ? TraceFields.envelope(session.peer(), envelope)
                        : TraceFields.peer(session.peer()) + TraceFields.mailFrom(envelope));
        return new HeaderEditor(fields, OURS);
    }
}
