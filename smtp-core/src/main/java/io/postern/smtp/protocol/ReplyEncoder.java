package io.postern.smtp.protocol;

import io.postern.smtp.EnhancedCode;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns replies into bytes; nothing else does. The replies of one turn are gathered here and go out together (RFC 2920
 * §3.1).
 */
final class ReplyEncoder {

    /** RFC 5321 §4.5.3.1.5, the code and the line end counted. */
    static final int MAX_LINE = 512;

    /** Room for the replies to a pipelined envelope. A reply that goes out alone takes what it needs. */
    private static final int CAPACITY_OF_SEVERAL = 256;

    private static final byte[] EMPTY = {};

    /** With their codes, the replies that nearly every message gets; to no other does it matter. */
    @SuppressWarnings("IdentityHashMapUsage") // an equal one is encoded, too, only not from here
    private static final Map<Reply, byte[]> ENCODED = new IdentityHashMap<>();

    static {
        for (Reply reply : List.of(
                Replies.OK, Replies.SENDER_OK, Replies.RECIPIENT_OK, Replies.START_DATA, Replies.MESSAGE_ACCEPTED)) {
            ReplyEncoder encoder = new ReplyEncoder();
            encoder.encode(reply, true, false);
            ENCODED.put(reply, Arrays.copyOf(encoder.bytes, encoder.length));
        }
    }

    /** What was gathered; full when it is one of {@link #ENCODED}, so that nothing is ever written into that. */
    private byte[] bytes = EMPTY;

    private int length;

    /**
     * Appends a reply.
     *
     * @param enhanced whether it shows an enhanced code: its own, or the general one of its class
     * @param utf8 whether the client takes UTF-8; if not, {@code ?} stands for each character outside ASCII
     */
    void append(Reply reply, boolean enhanced, boolean utf8) {
        byte[] encoded = enhanced ? ENCODED.get(reply) : null;
        if (encoded == null) {
            encode(reply, enhanced, utf8);
        } else if (length == 0) {
            bytes = encoded;
            length = encoded.length;
        } else {
            ensure(encoded.length);
            System.arraycopy(encoded, 0, bytes, length, encoded.length);
            length += encoded.length;
        }
    }

    private void encode(Reply reply, boolean enhanced, boolean utf8) {
        String prefix = enhanced ? enhancedPrefix(reply) : "";
        int room = MAX_LINE - 6 - prefix.length();
        List<String> lines = reply.lines();
        for (int i = 0; i < lines.size(); i++) {
            byte[] text = encode(lines.get(i), utf8);
            int from = 0;
            while (text.length - from > room) {
                int cut = cut(text, from, from + room);
                line(reply.code(), '-', prefix, text, from, cut);
                from = cut;
            }
            line(reply.code(), i == lines.size() - 1 ? ' ' : '-', prefix, text, from, text.length);
        }
    }

    /** Appends {@code 334} with a challenge in base64, which has limits of its own (RFC 4954 §4). */
    void appendChallenge(byte[] base64) {
        line(334, ' ', "", base64, 0, base64.length);
    }

    private static String enhancedPrefix(Reply reply) {
        int status = reply.code() / 100;
        if (status == 3) {
            return ""; // RFC 2034 §4: 3xx replies have none
        }
        return reply.enhancedCode().map(EnhancedCode::toString).orElseGet(() -> status + ".0.0") + " ";
    }

    private static byte[] encode(String text, boolean utf8) {
        return text.getBytes(utf8 ? StandardCharsets.UTF_8 : StandardCharsets.US_ASCII);
    }

    /** Where to cut a text that is longer than a line: behind a space if there is one, never inside a character. */
    private static int cut(byte[] text, int from, int end) {
        for (int i = end; i > from + 1; i--) {
            if (text[i - 1] == ' ') {
                return i;
            }
        }
        int cut = end;
        while ((text[cut] & 0xC0) == 0x80) {
            cut--;
        }
        return cut;
    }

    private void line(int code, char separator, String prefix, byte[] text, int from, int to) {
        ensure(6 + prefix.length() + to - from);
        bytes[length++] = (byte) ('0' + code / 100);
        bytes[length++] = (byte) ('0' + code / 10 % 10);
        bytes[length++] = (byte) ('0' + code % 10);
        bytes[length++] = (byte) separator;
        for (int i = 0; i < prefix.length(); i++) {
            bytes[length++] = (byte) prefix.charAt(i);
        }
        System.arraycopy(text, from, bytes, length, to - from);
        length += to - from;
        bytes[length++] = '\r';
        bytes[length++] = '\n';
    }

    private void ensure(int more) {
        if (length + more > bytes.length) {
            int capacity = length == 0 ? more : Math.max(CAPACITY_OF_SEVERAL, Math.max(2 * length, length + more));
            bytes = Arrays.copyOf(bytes, capacity);
        }
    }

    /** How many octets were gathered. */
    int length() {
        return length;
    }

    /** The array that begins with what was gathered, of which no memory is kept. It must not be written to. */
    byte[] take() {
        byte[] taken = bytes;
        bytes = EMPTY;
        length = 0;
        return taken;
    }
}
