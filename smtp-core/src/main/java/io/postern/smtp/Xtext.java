package io.postern.smtp;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The encoding of parameter values in which {@code +3D} stands for {@code =} (RFC 3461 §4). Extensions meet it too: the
 * values of XCLIENT and XFORWARD are written in it.
 */
public final class Xtext {

    private Xtext() {}

    /**
     * What {@code encoded} stands for; empty when it is malformed, stands for a control character, or is no UTF-8 once it
     * is decoded.
     */
    public static Optional<String> decode(String encoded) {
        byte[] raw = encoded.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[raw.length];
        int length = 0;
        for (int i = 0; i < raw.length; i++) {
            int octet = raw[i];
            if (octet == '=') {
                return Optional.empty();
            }
            if (octet == '+') {
                octet = i + 2 < raw.length ? hexDigit(raw[i + 1]) << 4 | hexDigit(raw[i + 2]) : -1;
                if (octet < ' ' || octet == 0x7F) {
                    return Optional.empty();
                }
                i += 2;
            }
            decoded[length++] = (byte) octet;
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded, 0, length))
                    .toString();
            return text.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(text);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    // hexchar = "+" 2(%x30-39 / %x41-46): capital letters only
    private static int hexDigit(byte c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    }
}
