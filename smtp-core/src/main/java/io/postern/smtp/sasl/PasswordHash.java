package io.postern.smtp.sasl;

import java.security.SecureRandom;

/**
 * Makes what a {@link UsersFile} keeps instead of a password. Each call takes a new salt. They take as long as they have
 * iterations: not for an event loop.
 */
public final class PasswordHash {

    /** Some ten milliseconds of a processor; a SCRAM client has the same work at every login. */
    public static final int DEFAULT_ITERATIONS = 100_000;

    static final int SALT_LENGTH = 16;

    private static final SecureRandom RANDOM = new SecureRandom();

    private PasswordHash() {}

    /** A verifier for SCRAM-SHA-256, PLAIN and LOGIN, with the default number of iterations. */
    public static String scramSha256(String password) {
        return scramSha256(password, DEFAULT_ITERATIONS);
    }

    /**
     * A verifier for SCRAM-SHA-256, PLAIN and LOGIN:
     * <code>{SCRAM-SHA-256}iterations$salt$storedKey$serverKey</code>, all but the number in base64.
     *
     * @throws IllegalArgumentException when the password is empty or has characters that SASLprep prohibits (RFC 4013), or
     *     there are fewer than {@value ScramVerifier#MIN_ITERATIONS} iterations or too many
     */
    public static String scramSha256(String password, int iterations) {
        checkIterations(iterations);
        return new StoredSecret.Scram(ScramVerifier.of(password, salt(), iterations)).encoded();
    }

    /** A verifier for PLAIN and LOGIN, with the default number of iterations. */
    public static String pbkdf2Sha256(String password) {
        return pbkdf2Sha256(password, DEFAULT_ITERATIONS);
    }

    /**
     * A verifier for PLAIN and LOGIN only: <code>{PBKDF2-SHA256}iterations$salt$hash</code>, all but the number in base64.
     *
     * @throws IllegalArgumentException as in {@link #scramSha256(String, int)}
     */
    public static String pbkdf2Sha256(String password, int iterations) {
        checkIterations(iterations);
        byte[] salt = salt();
        return new StoredSecret.Pbkdf2(iterations, salt, Crypto.pbkdf2(SaslPrep.password(password), salt, iterations))
                .encoded();
    }

    static void checkIterations(int iterations) {
        if (iterations < ScramVerifier.MIN_ITERATIONS || iterations > ScramVerifier.MAX_ITERATIONS) {
            throw new IllegalArgumentException("iterations are " + iterations + "; allowed is "
                    + ScramVerifier.MIN_ITERATIONS + " to " + ScramVerifier.MAX_ITERATIONS);
        }
    }

    private static byte[] salt() {
        byte[] salt = new byte[SALT_LENGTH];
        RANDOM.nextBytes(salt);
        return salt;
    }
}
