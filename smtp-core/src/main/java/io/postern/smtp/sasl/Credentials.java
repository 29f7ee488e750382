package io.postern.smtp.sasl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;

/** What a client shows to prove who it is. The secret is never part of {@code toString}. */
public sealed interface Credentials {

    /** Whom the client wants to act for; empty when it did not say, which means itself. */
    String authorizationId();

    /** A name and a password, as the client sent them, from PLAIN or LOGIN. */
    record Password(String authorizationId, String authenticationId, String password) implements Credentials {
        @Override
        public String toString() {
            return "Password[authenticationId=" + authenticationId + ", authorizationId=" + authorizationId + "]";
        }
    }

    /**
     * An OAuth 2.0 access token (RFC 6750), from OAUTHBEARER or XOAUTH2. What the token says about its owner is for the
     * authenticator to find out.
     *
     * @param authorizationId the user that the client named
     */
    record Token(String authorizationId, String token) implements Credentials {
        @Override
        public String toString() {
            return "Token[authorizationId=" + authorizationId + "]";
        }
    }

    /**
     * A certificate that TLS has verified, from EXTERNAL.
     *
     * @param certificate the client's own, without its issuers
     */
    record Certificate(String authorizationId, X509Certificate certificate) implements Credentials {
        @Override
        public String toString() {
            return "Certificate[authorizationId=" + authorizationId + ", subject="
                    + certificate.getSubjectX500Principal() + "]";
        }
    }

    /** The answer to a challenge, from CRAM-MD5 (RFC 2195). */
    final class CramMd5 implements Credentials {

        private final String authenticationId;
        private final byte[] challenge;
        private final byte[] digest;

        /**
         * An answer; the arrays are not copied.
         *
         * @param digest HMAC-MD5 of the challenge, the password being the key
         */
        public CramMd5(String authenticationId, byte[] challenge, byte[] digest) {
            this.authenticationId = authenticationId;
            this.challenge = challenge;
            this.digest = digest;
        }

        /** The user's name, as the client sent it. */
        public String authenticationId() {
            return authenticationId;
        }

        @Override
        public String authorizationId() {
            return "";
        }

        /** Whether someone who knows {@code password} gave this answer; takes the same time whether or not. */
        public boolean isFrom(String password) {
            return MessageDigest.isEqual(
                    digest, Crypto.hmac("HmacMD5", password.getBytes(StandardCharsets.UTF_8), challenge));
        }

        @Override
        public String toString() {
            return "CramMd5[authenticationId=" + authenticationId + "]";
        }
    }
}
