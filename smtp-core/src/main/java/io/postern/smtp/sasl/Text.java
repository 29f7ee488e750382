package io.postern.smtp.sasl;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Names and secrets in the octets of a response. */
final class Text {

    // far beyond any account; it keeps what is logged and looked up small
    static final int MAX_NAME = 255;
    static final int MAX_PASSWORD = 1024;

    private Text() {}

    /** Well-formed UTF-8 without NUL, or nothing. */
    static Optional<String> utf8(byte[] octets, int from, int to) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets, from, to - from))
                    .toString();
            return text.indexOf(0) < 0 ? Optional.of(text) : Optional.empty();
        } catch (CharacterCodingException malformed) {
            return Optional.empty();
        }
    }

    static Optional<String> utf8(byte[] octets) {
        return utf8(octets, 0, octets.length);
    }

    /** Whether {@code name} may be the name of someone: neither empty nor too long, no control characters. */
    static boolean isName(String name) {
        return !name.isEmpty() && isNameOrEmpty(name);
    }

    static boolean isNameOrEmpty(String name) {
        return name.length() <= MAX_NAME && name.chars().noneMatch(Character::isISOControl);
    }

    static boolean isPassword(String password) {
        return !password.isEmpty() && password.length() <= MAX_PASSWORD;
    }
}
