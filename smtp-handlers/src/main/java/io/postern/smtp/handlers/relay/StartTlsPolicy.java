package io.postern.smtp.handlers.relay;

/** Whether a relay encrypts its connections with STARTTLS (RFC 3207). */
public enum StartTlsPolicy {
    /** Never, even if the next hop offers it. */
    NEVER,
    /**
     * If the next hop offers it, whatever certificate it shows: who could show a false one could as well have hidden the
     * offer (RFC 7435). It keeps out who only listens.
     */
    OPPORTUNISTIC,
    /** Always, with a certificate that is valid for the next hop; else nothing is sent. */
    REQUIRED
}
