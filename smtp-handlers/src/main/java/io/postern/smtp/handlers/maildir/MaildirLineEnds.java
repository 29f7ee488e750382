package io.postern.smtp.handlers.maildir;

/** How the lines of a stored message end. */
public enum MaildirLineEnds {
    /**
     * With LF, as is usual in a Maildir and as its readers expect. A message that was sent with {@code BODY=BINARYMIME} (RFC
     * 3030) keeps its CR LF, since in binary content they need not be line ends.
     */
    LF,
    /** With CR LF, as the message came. */
    CRLF
}
