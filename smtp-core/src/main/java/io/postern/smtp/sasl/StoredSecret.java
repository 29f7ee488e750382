package io.postern.smtp.sasl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** What a users file says of one user. Each kind has one way to check a password, with as much work for a stand-in. */
sealed interface StoredSecret {

    /** PBKDF2 with HMAC-SHA-256; a parameter so that the work of a check can be counted. */
    @FunctionalInterface
    interface Hashing {
        byte[] hash(String password, byte[] salt, int iterations);
    }

    /** Whether {@code password}, prepared, is the right one; takes the same time whether or not. */
    boolean isFrom(String password, Hashing hashing);

    /** Whether SCRAM can use it. */
    boolean servesScram();

    /**
     * The verifier for SCRAM.
     *
     * @param salt for a secret that has none of its own
     * @throws UnsupportedOperationException when SCRAM cannot use it
     */
    ScramVerifier verifier(byte[] salt, Hashing hashing);

    /**
     * A secret of the same kind and cost that nobody knows.
     *
     * @param salt 32 octets; as many of them are used as this secret's salt has
     */
    StoredSecret standIn(byte[] salt, byte[] hash);

    /** How it stands in the file. */
    String encoded();

    /**
     * Reads it as it stands in a file.
     *
     * @throws IllegalArgumentException with a message that shows nothing of the secret
     */
    static StoredSecret parse(String text) {
        if (!text.startsWith("{")) {
            return new Plain(SaslPrep.password(text));
        }
        int end = text.indexOf('}');
        String value = text.substring(end + 1);
        return switch (end < 0 ? "" : text.substring(1, end)) {
            case "PLAIN" -> new Plain(SaslPrep.password(value));
            case Pbkdf2.SCHEME -> Pbkdf2.parse(value);
            case Scram.SCHEME -> Scram.parse(value);
            default ->
                throw new IllegalArgumentException("unknown scheme in braces; known are PLAIN, " + Pbkdf2.SCHEME
                        + " and " + Scram.SCHEME + " (a password that begins with a brace stands behind {PLAIN})");
        };
    }

    /** The password itself, prepared. */
    record Plain(String password) implements StoredSecret {

        // its verifier is made anew for each login, and the hash protects nothing here
        private static final int ITERATIONS = ScramVerifier.MIN_ITERATIONS;

        @Override
        public boolean isFrom(String given, Hashing hashing) {
            // over digests, so that the time does not tell the length
            return MessageDigest.isEqual(digest(password), digest(given));
        }

        private static byte[] digest(String text) {
            return Crypto.sha256(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public boolean servesScram() {
            return true;
        }

        @Override
        public ScramVerifier verifier(byte[] salt, Hashing hashing) {
            byte[] own = Arrays.copyOf(salt, PasswordHash.SALT_LENGTH);
            return ScramVerifier.fromSaltedPassword(hashing.hash(password, own, ITERATIONS), own, ITERATIONS);
        }

        @Override
        public StoredSecret standIn(byte[] salt, byte[] hash) {
            return new Plain(HexFormat.of().formatHex(hash));
        }

        @Override
        public String encoded() {
            return "{PLAIN}" + password;
        }

        @Override
        public String toString() {
            return "Plain";
        }
    }

    /** A hash that checks a password, but would let in whoever steals it if SCRAM took it. */
    @SuppressWarnings("ArrayRecordComponent") // compared by content below
    record Pbkdf2(int iterations, byte[] salt, byte[] hash) implements StoredSecret {

        static final String SCHEME = "PBKDF2-SHA256";

        static Pbkdf2 parse(String value) {
            String[] parts = Fields.split(SCHEME, value, 3);
            return new Pbkdf2(
                    Fields.iterations(SCHEME, parts[0]), Fields.salt(SCHEME, parts[1]), Fields.hash(SCHEME, parts[2]));
        }

        @Override
        public boolean isFrom(String password, Hashing hashing) {
            return MessageDigest.isEqual(hash, hashing.hash(password, salt, iterations));
        }

        @Override
        public boolean servesScram() {
            return false;
        }

        @Override
        public ScramVerifier verifier(byte[] unused, Hashing hashing) {
            throw new UnsupportedOperationException("a hash alone is no verifier");
        }

        @Override
        public StoredSecret standIn(byte[] otherSalt, byte[] otherHash) {
            return new Pbkdf2(iterations, Fields.cut(otherSalt, salt.length), otherHash);
        }

        @Override
        public String encoded() {
            return "{" + SCHEME + "}" + iterations + "$" + Fields.base64(salt) + "$" + Fields.base64(hash);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Pbkdf2 that && encoded().equals(that.encoded());
        }

        @Override
        public int hashCode() {
            return encoded().hashCode();
        }

        @Override
        public String toString() {
            return SCHEME;
        }
    }

    /** A verifier that serves all mechanisms with passwords. */
    record Scram(ScramVerifier verifier) implements StoredSecret {

        static final String SCHEME = "SCRAM-SHA-256";

        static Scram parse(String value) {
            String[] parts = Fields.split(SCHEME, value, 4);
            return new Scram(new ScramVerifier(
                    Fields.iterations(SCHEME, parts[0]),
                    Fields.salt(SCHEME, parts[1]),
                    Fields.hash(SCHEME, parts[2]),
                    Fields.hash(SCHEME, parts[3])));
        }

        @Override
        public boolean isFrom(String password, Hashing hashing) {
            return verifier.isFrom(hashing.hash(password, verifier.salt(), verifier.iterations()));
        }

        @Override
        public boolean servesScram() {
            return true;
        }

        @Override
        public ScramVerifier verifier(byte[] unused, Hashing hashing) {
            return verifier;
        }

        @Override
        public StoredSecret standIn(byte[] salt, byte[] hash) {
            return new Scram(
                    new ScramVerifier(verifier.iterations(), Fields.cut(salt, verifier.salt().length), hash, hash));
        }

        @Override
        public String encoded() {
            return "{" + SCHEME + "}" + verifier.iterations() + "$" + Fields.base64(verifier.salt()) + "$"
                    + Fields.base64(verifier.storedKey()) + "$" + Fields.base64(verifier.serverKey());
        }

        @Override
        public String toString() {
            return SCHEME;
        }
    }

    /** The fields of an encoded verifier. Messages name the field, never what stands there. */
    final class Fields {

        private Fields() {}

        static String[] split(String scheme, String value, int fields) {
            String[] parts = value.split("\\$", -1);
            if (parts.length != fields) {
                throw new IllegalArgumentException(
                        scheme + " has " + parts.length + " fields with $ between them; expected " + fields);
            }
            return parts;
        }

        static int iterations(String scheme, String field) {
            if (!field.matches("[0-9]{1,9}")) {
                throw new IllegalArgumentException(scheme + ": iterations are not a number");
            }
            int iterations = Integer.parseInt(field);
            PasswordHash.checkIterations(iterations);
            return iterations;
        }

        static byte[] salt(String scheme, String field) {
            return decode(field)
                    .filter(salt -> salt.length > 0)
                    .orElseThrow(() -> new IllegalArgumentException(scheme + ": salt is empty or not base64"));
        }

        static byte[] hash(String scheme, String field) {
            return decode(field)
                    .filter(hash -> hash.length == Crypto.SHA256_LENGTH)
                    .orElseThrow(() -> new IllegalArgumentException(
                            scheme + ": a hash is not base64 of " + Crypto.SHA256_LENGTH + " octets"));
        }

        static byte[] cut(byte[] octets, int length) {
            return Arrays.copyOf(octets, Math.min(octets.length, length));
        }

        static String base64(byte[] octets) {
            return Base64.getEncoder().encodeToString(octets);
        }

        private static Optional<byte[]> decode(String field) {
            try {
                return Optional.of(Base64.getDecoder().decode(field));
            } catch (IllegalArgumentException malformed) {
                return Optional.empty();
            }
        }
    }
}
