package io.postern.smtp;

/** What a client or a handler can run into, for {@link SmtpMetrics#limitHit}. Each names the option that sets it, if any. */
public enum Limit {
    /** {@link SmtpServerOptions#setMaxConnections}. */
    CONNECTIONS,
    /** {@link SmtpServerOptions#setMaxConnectionsPerIp}. */
    CONNECTIONS_PER_ADDRESS,
    /** {@link SmtpServerOptions#setCommandCallLimit}. */
    COMMAND_CALLS,
    /** {@link SmtpServerOptions#setMaxJunkCommands}. */
    JUNK_COMMANDS,
    /** {@link SmtpServerOptions#setMaxErrors}. */
    ERRORS,
    /** {@link SmtpServerOptions#setMaxUnknownCommands}. */
    UNKNOWN_COMMANDS,
    /** {@link SmtpServerOptions#setMaxAuthFailures}. */
    AUTH_FAILURES,
    /** {@link SmtpServerOptions#setMaxRecipients}. */
    RECIPIENTS,
    /** {@link SmtpServerOptions#setMaxMessages}. */
    MESSAGES,
    /** {@link SmtpServerOptions#setCommandSizeLimit}, also of a line of AUTH. */
    COMMAND_LINE,
    /** {@link SmtpServerOptions#setLineLengthLimit}. */
    TEXT_LINE,
    /** {@link SmtpServerOptions#setMaxHeaderSize}. */
    HEADER_SIZE,
    /** {@link SmtpServerOptions#setMaxHops}. */
    HOPS,
    /** {@link SmtpServerOptions#setDataSizeLimit}, declared or sent. */
    MESSAGE_SIZE,
    /** {@link SmtpServerOptions#setMaxBytesInFlight}: a message or MAIL was refused for it. */
    BYTES_IN_FLIGHT,
    /** More was sent behind refused messages than is read and dropped. */
    DROPPED_OCTETS,
    /** The client spoke before the greeting, {@link SmtpServerOptions#setGreetingDelay}. */
    EARLY_TALKER,
    /** The client spoke HTTP. */
    HTTP,
    /** The client began a TLS handshake on a plain connection. */
    TLS_ON_PLAIN_PORT,
    /** The client sent plain octets behind STARTTLS: an attack. */
    PLAIN_BEHIND_STARTTLS,
    /** {@link SmtpServerOptions#setTimeout}, waiting for a command. */
    COMMAND_TIMEOUT,
    /** {@link SmtpServerOptions#setDataTimeout}, waiting for more of a message. */
    DATA_TIMEOUT,
    /** {@link SmtpServerOptions#setMinDataRate}. */
    DATA_RATE,
    /** The client did not read its replies. */
    WRITE_TIMEOUT,
    /** {@link SmtpServerOptions#setHandlerTimeout}. */
    HANDLER_TIMEOUT,
    /** A proxy that is not in {@link SmtpServerOptions#setProxyFrom}. */
    PROXY_PEER,
    /** A PROXY header that was malformed, or missing at the end of what the peer sent. */
    PROXY_HEADER,
    /** {@link SmtpServerOptions#setProxyProtocolTimeout}. */
    PROXY_TIMEOUT
}
