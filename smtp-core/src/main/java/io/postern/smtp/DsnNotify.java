package io.postern.smtp;

/** A condition of the {@code NOTIFY} parameter of RCPT (RFC 3461 §4.1). {@code NEVER} is the empty set of them. */
public enum DsnNotify {
    SUCCESS,
    FAILURE,
    DELAY
}
