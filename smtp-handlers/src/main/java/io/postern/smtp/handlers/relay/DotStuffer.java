package io.postern.smtp.handlers.relay;

import io.vertx.core.buffer.Buffer;

/**
 * Makes of a message what goes over the wire in DATA: a dot more before each line that begins with one (RFC 5321 §4.5.2), a
 * line end behind the last line, and the dot that ends it. The message has no CR or LF but in CR LF; it may be cut anywhere.
 */
final class DotStuffer {

    private boolean lineStart = true;

    /** @return {@code part} itself when it needs no dot */
    Buffer stuff(Buffer part) {
        byte[] octets = part.getBytes();
        Buffer stuffed = null;
        int copied = 0;
        for (int i = 0; i < octets.length; i++) {
            if (lineStart && octets[i] == '.') {
                if (stuffed == null) {
                    stuffed = Buffer.buffer(octets.length + 16);
                }
                stuffed.appendBytes(octets, copied, i - copied).appendByte((byte) '.');
                copied = i;
            }
            lineStart = octets[i] == '\n';
        }
        return stuffed == null ? part : stuffed.appendBytes(octets, copied, octets.length - copied);
    }

    /** What comes behind the last part. */
    Buffer end() {
        return Buffer.buffer(lineStart ? ".\r\n" : "\r\n.\r\n");
    }
}
