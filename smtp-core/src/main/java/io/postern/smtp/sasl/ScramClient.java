package io.postern.smtp.sasl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677), for who passes mail on to a server that
 * wants to know who it is. The password does not leave the client, and the server has to prove that it knows it too:
 *
 * <pre>
 *   send    {@link #first()}
 *   receive the challenge, send what {@link #answer} makes of it
 *   receive the challenge, go on only if it {@link #provesServer}, send an empty response
 * </pre>
 *
 * <p>An object is for one exchange and one thread at a time.
 */
public final class ScramClient {

    /** The name of the mechanism. */
    public static final String MECHANISM = ScramMechanism.NAME;

    /** No channel binding, and nobody else to act for: RFC 5802 §7. */
    private static final String GS2_HEADER = "n,,";

    private static final int NONCE_LENGTH = 18;
    /** In octets; what servers say is a small part of it. */
    private static final int MAX_CHALLENGE = 2_048;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String password;
    private final String nonce;
    private final String firstBare;
    private byte @Nullable [] serverSignature;

    /**
     * @throws IllegalArgumentException when the name or the password is empty, too long, or has characters that SASLprep
     *     prohibits (RFC 4013); the message tells neither
     */
    public ScramClient(String user, String password) {
        this(user, password, nonce());
    }

    ScramClient(String user, String password, String nonce) {
        String name = SaslPrep.prepare(user)
                .filter(Text::isName)
                .orElseThrow(() -> new IllegalArgumentException(
                        "user name is empty, too long, or has characters that SASLprep prohibits (RFC 4013 §2.3)"));
        this.password = SaslPrep.password(password);
        this.nonce = nonce;
        this.firstBare = "n=" + name.replace("=", "=3D").replace(",", "=2C") + ",r=" + nonce;
    }

    /** The initial response. */
    public byte[] first() {
        return utf8(GS2_HEADER + firstBare);
    }

    /**
     * The response to the server's first challenge. It takes as long as the server asks for iterations, a hundred
     * milliseconds perhaps: not for an event loop.
     *
     * @return empty when the challenge is malformed, is for another client, or asks for fewer iterations than {@link
     *     ScramVerifier#MIN_ITERATIONS} or more than {@link ScramVerifier#MAX_ITERATIONS}: then the exchange is to be
     *     cancelled
     */
    public Optional<byte[]> answer(byte[] challenge) {
        if (challenge.length > MAX_CHALLENGE) {
            return Optional.empty();
        }
        return Text.utf8(challenge)
                .flatMap(text -> ServerFirst.parse(text)
                        .filter(first ->
                                first.nonce().startsWith(nonce) && first.nonce().length() > nonce.length())
                        .map(first -> prove(text, first)));
    }

    private byte[] prove(String challenge, ServerFirst first) {
        String withoutProof = "c=" + base64(utf8(GS2_HEADER)) + ",r=" + first.nonce();
        byte[] authMessage = utf8(firstBare + "," + challenge + "," + withoutProof);
        byte[] salted = Crypto.pbkdf2(password, first.salt(), first.iterations());
        byte[] clientKey = Crypto.hmac(salted, utf8("Client Key"));
        byte[] signature = Crypto.hmac(Crypto.sha256(clientKey), authMessage);
        serverSignature = Crypto.hmac(Crypto.hmac(salted, utf8("Server Key")), authMessage);
        return utf8(withoutProof + ",p=" + base64(Crypto.xor(clientKey, signature)));
    }

    /** Whether the server's last challenge shows that it knows the password; false too before {@link #answer} gave one. */
    public boolean provesServer(byte[] challenge) {
        byte[] expected = serverSignature;
        return expected != null && MessageDigest.isEqual(utf8("v=" + base64(expected)), challenge);
    }

    /** {@code server-first-message = nonce "," salt "," iteration-count ["," extensions]} (RFC 5802 §7). */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never printed
    private record ServerFirst(String nonce, byte[] salt, int iterations) {

        static Optional<ServerFirst> parse(String message) {
            String[] attributes = message.split(",", -1);
            if (attributes.length < 3
                    || !attributes[0].startsWith("r=")
                    || !attributes[1].startsWith("s=")
                    || !attributes[2].matches("i=[1-9][0-9]{0,7}")) {
                return Optional.empty();
            }
            int iterations = Integer.parseInt(attributes[2].substring(2));
            byte[] salt;
            try {
                salt = Base64.getDecoder().decode(attributes[1].substring(2));
            } catch (IllegalArgumentException malformed) {
                return Optional.empty();
            }
            boolean allowed = salt.length > 0
                    && iterations >= ScramVerifier.MIN_ITERATIONS
                    && iterations <= ScramVerifier.MAX_ITERATIONS;
            return allowed
                    ? Optional.of(new ServerFirst(attributes[0].substring(2), salt, iterations))
                    : Optional.empty();
        }
    }

    private static String nonce() {
        byte[] octets = new byte[NONCE_LENGTH];
        RANDOM.nextBytes(octets);
        return base64(octets);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
