package io.postern.smtp.sasl;

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
}
