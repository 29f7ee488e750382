package io.postern.smtp.sasl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;

/**
 * What a server keeps of a password to check it with SCRAM-SHA-256, with PLAIN and with LOGIN (RFC 5802 §3, RFC 7677). The
 * password cannot be read from it, and it does not let one in. The arrays are not copied.
 *
 * @param iterations how often the hash was applied
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {

    /** RFC 7677 §4: fewer iterations are too few. */
    public static final int MIN_ITERATIONS = 4096;
    /** More would only keep the server and its clients busy. */
    public static final int MAX_ITERATIONS = 10_000_000;

    /**
     * Checks its parts.
     *
     * @throws IllegalArgumentException when there are too few or too many iterations, no salt, or a key is not a hash
     */
    public ScramVerifier {
        PasswordHash.checkIterations(iterations);
        if (salt.length == 0) {
            throw new IllegalArgumentException("salt is empty");
        }
        if (storedKey.length != Crypto.SHA256_LENGTH || serverKey.length != Crypto.SHA256_LENGTH) {
            throw new IllegalArgumentException("keys are not of " + Crypto.SHA256_LENGTH + " octets");
        }
    }

    /**
     * The verifier of a password. It takes as long as it has iterations: not for an event loop.
     *
     * @throws IllegalArgumentException when the password is empty or has characters that SASLprep prohibits (RFC 4013)
     */
    public static ScramVerifier of(String password, byte[] salt, int iterations) {
        return fromSaltedPassword(Crypto.pbkdf2(SaslPrep.password(password), salt, iterations), salt, iterations);
    }

    static ScramVerifier fromSaltedPassword(byte[] saltedPassword, byte[] salt, int iterations) {
        return new ScramVerifier(
                iterations, salt, Crypto.sha256(key(saltedPassword, "Client Key")), key(saltedPassword, "Server Key"));
    }

    /** Whether the salted password is the one that this verifier was made from; takes the same time whether or not. */
    boolean isFrom(byte[] saltedPassword) {
        return MessageDigest.isEqual(storedKey, Crypto.sha256(key(saltedPassword, "Client Key")));
    }

    /** Whether the client's proof shows that it knows the password (RFC 5802 §3). */
    boolean proves(byte[] proof, byte[] authMessage) {
        byte[] clientKey = Crypto.xor(proof, Crypto.hmac(storedKey, authMessage));
        return MessageDigest.isEqual(storedKey, Crypto.sha256(clientKey));
    }

    /** What shows the client that the server knows the verifier. */
    byte[] serverSignature(byte[] authMessage) {
        return Crypto.hmac(serverKey, authMessage);
    }

    private static byte[] key(byte[] saltedPassword, String name) {
        return Crypto.hmac(saltedPassword, name.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScramVerifier that
                && iterations == that.iterations
                && Arrays.equals(salt, that.salt)
                && MessageDigest.isEqual(storedKey, that.storedKey)
                && MessageDigest.isEqual(serverKey, that.serverKey);
    }

    @Override
    public int hashCode() {
        return Objects.hash(iterations, Arrays.hashCode(salt), Arrays.hashCode(storedKey));
    }

    @Override
    public String toString() {
        return "ScramVerifier[iterations=" + iterations + ", salt="
                + Base64.getEncoder().encodeToString(salt) + "]";
    }
}
