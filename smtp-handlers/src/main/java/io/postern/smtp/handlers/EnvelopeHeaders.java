package io.postern.smtp.handlers;

import io.postern.smtp.Envelope;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * Puts what the envelope knows into the header of a message.
 *
 * <p>They stand at its top: there no malformed line of the client's can push them into the body, and who looks for the
 * first header of a name finds ours. The values cannot break out of their line, since a {@code Mailbox} holds no control
 * character, and what follows them is never a continuation line.
 */
final class EnvelopeHeaders {

    private static final String PEER = "X-Peer";
    private static final String MAIL_FROM = "X-MailFrom";
    private static final String RCPT_TO = "X-RcptTo";
    private static final Set<String> NAMES = names();
    // RFC 5322 §2.1.1
    private static final int LINE_LENGTH = 78;

    private final byte[] content;
    private final Buffer result;

    private EnvelopeHeaders(Message message) {
        this.content = message.content().getBytes();
        this.result = Buffer.buffer(content.length + 256);
    }

    private static Set<String> names() {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(Set.of(PEER, MAIL_FROM, RCPT_TO));
        return names;
    }

    static Buffer addTo(Message message) {
        EnvelopeHeaders headers = new EnvelopeHeaders(message);
        headers.add(message);
        headers.copyContent();
        return headers.result;
    }

    private void add(Message message) {
        Envelope envelope = message.envelope();
        String sender = envelope.mailFrom();
        result.appendString(PEER + ": " + PythonText.peer(message.peer()) + "\r\n");
        result.appendString(MAIL_FROM + ": " + (sender.isEmpty() ? "<>" : sender) + "\r\n");
        result.appendString(recipients(envelope) + "\r\n");
    }

    private static String recipients(Envelope envelope) {
        StringBuilder header = new StringBuilder(RCPT_TO + ":");
        int length = header.length();
        String separator = "";
        for (String recipient : envelope.rcptTos()) {
            header.append(separator);
            if (length + recipient.length() > LINE_LENGTH) {
                header.append("\r\n");
                length = 0;
            }
            header.append(' ').append(recipient);
            length += recipient.length() + 2;
            separator = ",";
        }
        return header.toString();
    }

    private void copyContent() {
        if (!startsWithBlankLine() && fieldName(0).isEmpty()) {
            result.appendString("\r\n");
            result.appendBytes(content);
            return;
        }
        boolean ours = false;
        int line = 0;
        while (line < content.length && !isLineEnd(line)) {
            if (!isContinuation(line)) {
                ours = NAMES.contains(fieldName(line));
            }
            int next = nextLine(line);
            if (!ours) {
                result.appendBytes(content, line, next - line);
            }
            line = next;
        }
        result.appendBytes(content, line, content.length - line);
    }

    private boolean startsWithBlankLine() {
        return content.length > 0 && isLineEnd(0);
    }

    /** The name of the header that begins at {@code line}, with white space before its colon left out; empty if none does. */
    private String fieldName(int line) {
        int end = line;
        // RFC 5322 §3.6.8
        while (end < content.length && content[end] > ' ' && content[end] < 0x7F && content[end] != ':') {
            end++;
        }
        int colon = end;
        while (colon < content.length && isBlank(content[colon])) {
            colon++;
        }
        boolean named = colon < content.length && content[colon] == ':';
        return named ? new String(content, line, end - line, StandardCharsets.US_ASCII) : "";
    }

    private boolean isContinuation(int line) {
        return isBlank(content[line]);
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private boolean isLineEnd(int index) {
        return content[index] == '\r' || content[index] == '\n';
    }

    // Where the server lets a CR or LF stand alone, readers of mail take it for a line end, so it must count as one
    // here.
    private int nextLine(int line) {
        int end = line;
        while (end < content.length && !isLineEnd(end)) {
            end++;
        }
        boolean crLf = end + 1 < content.length && content[end] == '\r' && content[end + 1] == '\n';
        return Math.min(content.length, crLf ? end + 2 : end + 1);
    }
}
