package io.postern.smtp.protocol;

/** What a server does with STARTTLS (RFC 3207). */
public enum StartTls {
    /** There is no certificate, or connections are encrypted from their first octet. */
    NONE,
    /** A client may use it. */
    OFFERED,
    /** A client must use it before it may send mail. */
    REQUIRED
}
