package io.postern.smtp;

/** The {@code RET} parameter of MAIL: what a failure notice should bring back (RFC 3461 §4.3). */
public enum DsnReturn {
    FULL,
    HDRS
}
