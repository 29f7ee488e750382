package io.postern.smtp.sasl;

/** Why an exchange failed, as far as the client may know. */
public enum SaslFailure {
    /** The response is not what the mechanism prescribes: {@code 501 5.5.2} (RFC 4954 §4). */
    MALFORMED,
    /** Unknown user, wrong secret, or not allowed to act for the one asked for: {@code 535 5.7.8}, all the same. */
    CREDENTIALS_INVALID,
    /** Whoever knows the answer cannot be asked now; the client may try later: {@code 454 4.7.0}. */
    TEMPORARILY_UNAVAILABLE
}
