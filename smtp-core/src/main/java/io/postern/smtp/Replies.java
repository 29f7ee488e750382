package io.postern.smtp;

/**
 * The words of every reply that the server gives by itself. Tests compare with these constants, so that a wording stands
 * in one place only.
 */
public final class Replies {

    public static final Reply OK = Reply.ok();
    public static final Reply SENDER_OK = Reply.of(250, "2.1.0", "OK");
    public static final Reply RECIPIENT_OK = Reply.of(250, "2.1.5", "OK");
    public static final Reply MESSAGE_ACCEPTED = Reply.of(250, "2.6.0", "Message accepted for delivery");
    public static final Reply BYE = Reply.of(221, "2.0.0", "Bye");
    public static final Reply CANNOT_VRFY =
            Reply.of(252, "2.5.2", "Cannot VRFY user, but will accept message and attempt delivery");
    public static final Reply REPLIES_FOLLOW = Reply.of(353, "A reply for each recipient follows");
    public static final Reply START_DATA = Reply.of(354, "End data with <CR><LF>.<CR><LF>");

    public static final Reply READY_FOR_TLS = Reply.of(220, "2.0.0", "Ready to start TLS");
    public static final Reply DATA_AFTER_STARTTLS =
            Reply.of(421, "4.7.0", "Error: data after STARTTLS, closing connection");
    public static final Reply TLS_NOT_AVAILABLE = Reply.of(454, "4.7.0", "TLS not available");
    public static final Reply TLS_ACTIVE = Reply.of(503, "5.5.1", "Error: TLS is active already");
    public static final Reply TLS_REQUIRED = Reply.of(530, "5.7.0", "Must issue a STARTTLS command first");
    public static final Reply LACK_OF_SECURITY = Reply.of(554, "5.7.0", "Command refused due to lack of security");
    public static final Reply AUTHENTICATED = Reply.of(235, "2.7.0", "Authentication successful");
    public static final Reply TOO_MANY_AUTH_FAILURES =
            Reply.of(421, "4.7.0", "Too many failed authentications, closing connection");
    public static final Reply AUTH_UNAVAILABLE = Reply.of(454, "4.7.0", "Temporary authentication failure");
    public static final Reply AUTH_LINE_TOO_LONG = Reply.of(500, "5.5.6", "Authentication exchange line is too long");
    public static final Reply AUTH_ABORTED = Reply.of(501, "5.7.0", "Auth aborted");
    public static final Reply BAD_BASE64 = Reply.of(501, "5.5.2", "Can't decode base64");
    public static final Reply BAD_AUTH_RESPONSE = Reply.of(501, "5.5.2", "Can't split auth value");
    public static final Reply AUTHENTICATED_ALREADY = Reply.of(503, "5.5.1", "Already authenticated");
    public static final Reply MECHANISM_UNKNOWN = Reply.of(504, "5.5.4", "Unrecognized authentication type");
    public static final Reply AUTH_REQUIRED = Reply.of(530, "5.7.0", "Authentication required");
    public static final Reply CREDENTIALS_INVALID = Reply.of(535, "5.7.8", "Authentication credentials invalid");
    public static final Reply AUTH_NEEDS_TLS =
            Reply.of(538, "5.7.11", "Encryption required for requested authentication mechanism");
    public static final Reply CLIENT_TIMEOUT = Reply.of(421, "4.4.2", "Timeout exceeded, closing connection");
    public static final Reply SHUTTING_DOWN = Reply.of(421, "4.3.2", "Service shutting down, closing connection");
    public static final Reply CONNECTION_FAILED = Reply.of(421, "4.3.0", "Internal error, closing connection");
    public static final Reply TOO_MANY_ERRORS = Reply.of(421, "4.7.0", "Too many errors, closing connection");
    public static final Reply TOO_MUCH_DISCARDED =
            Reply.of(421, "4.7.0", "Too much data after a refused message, closing connection");
    public static final Reply TOO_MANY_MESSAGES =
            Reply.of(421, "4.7.0", "Too many messages in this connection, closing it");
    public static final Reply TOO_MANY_JUNK_COMMANDS =
            Reply.of(421, "4.7.0", "Too many commands without a message, closing connection");
    public static final Reply TOO_MANY_CONNECTIONS = Reply.of(421, "4.7.0", "Too many connections, try again later");
    public static final Reply NOT_SMTP = Reply.of(421, "4.7.0", "This is a mail server, closing connection");
    public static final Reply EARLY_TALKER = Reply.of(554, "5.5.1", "Error: the server speaks first");
    public static final Reply HANDLER_FAILED = Reply.of(451, "4.3.0", "Local error in processing, try again later");
    public static final Reply NOT_STORED = Reply.of(451, "4.3.0", "No handler for messages, try again later");
    public static final Reply INSUFFICIENT_STORAGE =
            Reply.of(452, "4.3.1", "Insufficient system storage, try again later");
    public static final Reply TOO_MANY_RECIPIENTS = Reply.of(452, "4.5.3", "Too many recipients");

    public static final Reply LINE_TOO_LONG = Reply.of(500, "5.5.2", "Command line too long");
    public static final Reply LINE_END = Reply.of(500, "5.5.2", "Error: a command ends with CR LF");
    public static final Reply BAD_CHARACTER = Reply.of(501, "5.5.2", "Error: control character in command");
    public static final Reply BAD_UTF8 = Reply.of(501, "5.5.2", "Error: malformed UTF-8 in command");
    public static final Reply UNKNOWN_COMMAND = Reply.of(500, "5.5.2", "Error: command not recognized");
    public static final Reply TOO_MANY_UNKNOWN_COMMANDS =
            Reply.of(502, "5.5.1", "Too many unrecognized commands, goodbye.");
    public static final Reply EXPN_NOT_IMPLEMENTED = Reply.of(502, "5.5.1", "EXPN not implemented");
    public static final Reply SEND_HELLO_FIRST = Reply.of(503, "5.5.1", "Error: send HELO or EHLO first");
    public static final Reply SEND_LHLO_FIRST = Reply.of(503, "5.5.1", "Error: send LHLO first");
    public static final Reply NESTED_MAIL = Reply.of(503, "5.5.1", "Error: nested MAIL command");
    public static final Reply NEED_MAIL = Reply.of(503, "5.5.1", "Error: need MAIL command");
    public static final Reply NEED_RCPT = Reply.of(503, "5.5.1", "Error: need RCPT command");
    public static final Reply BDAT_UNDER_WAY = Reply.of(503, "5.5.1", "Error: a BDAT message is under way");
    public static final Reply ONLY_QUIT = Reply.of(503, "5.5.1", "Error: connection refused, send QUIT");
    public static final Reply DATA_WITH_BINARYMIME = Reply.of(503, "5.5.1", "Error: BODY=BINARYMIME needs BDAT");
    public static final Reply BAD_PARAMETER = Reply.of(501, "5.5.4", "Error: malformed parameter");
    public static final Reply DUPLICATE_PARAMETER = Reply.of(501, "5.5.4", "Error: parameter given twice");
    public static final Reply MAIL_PARAMETER_UNKNOWN =
            Reply.of(555, "5.5.4", "MAIL FROM parameters not recognized or not implemented");
    public static final Reply RCPT_PARAMETER_UNKNOWN =
            Reply.of(555, "5.5.4", "RCPT TO parameters not recognized or not implemented");
    public static final Reply MALFORMED_SENDER = Reply.of(553, "5.1.7", "Error: malformed address");
    public static final Reply MALFORMED_RECIPIENT = Reply.of(553, "5.1.3", "Error: malformed address");
    public static final Reply SMTPUTF8_NEEDED = Reply.of(553, "5.6.7", "Error: address needs SMTPUTF8");
    public static final Reply NOT_AUTHORIZED = Reply.of(550, "5.7.0", "Error: insufficient authorization");
    public static final Reply IN_TRANSACTION = Reply.of(503, "5.5.1", "Error: a mail transaction is open");
    public static final Reply SIZE_TOO_LARGE =
            Reply.of(552, "5.3.4", "Error: message size exceeds fixed maximum message size");
    public static final Reply TOO_MUCH_DATA = Reply.of(552, "5.3.4", "Error: Too much mail data");
    public static final Reply HEADER_TOO_LARGE = Reply.of(552, "5.3.4", "Error: message header too large");
    public static final Reply TOO_MANY_HOPS = Reply.of(554, "5.4.6", "Error: too many hops, this may be a loop");
    public static final Reply TEXT_LINE_TOO_LONG = Reply.of(500, "5.6.0", "Line too long (see RFC5321 4.5.3.1.6)");
    public static final Reply BARE_NEWLINE =
            Reply.of(554, "5.6.0", "Error: CR or LF alone in message, lines end with CR LF");

    private Replies() {}
}
