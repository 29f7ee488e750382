package io.postern.smtp.protocol;

/** A service extension that the engine implements, with what it adds to the longest MAIL and RCPT lines. */
enum Capability {
    PIPELINING("PIPELINING", 0, 0),
    /** RFC 1870 §3: 26 octets more for MAIL. */
    SIZE("SIZE", 26, 0),
    /** RFC 6152 §2: 17 octets more for MAIL. */
    EIGHTBITMIME("8BITMIME", 17, 0),
    /** RFC 6531 §3.1: 10 octets more for MAIL. */
    SMTPUTF8("SMTPUTF8", 10, 0),
    ENHANCEDSTATUSCODES("ENHANCEDSTATUSCODES", 0, 0),
    CHUNKING("CHUNKING", 0, 0),
    BINARYMIME("BINARYMIME", 0, 0),
    /** RFC 3461 §4: 500 octets more for MAIL and for RCPT. */
    DSN("DSN", 500, 500),
    LIMITS("LIMITS", 0, 0),
    /** draft-hall-prdr-00: a parameter of MAIL, with its space 5 octets more. */
    PRDR("PRDR", 5, 0),
    /** RFC 4954 §3: 500 octets more for MAIL. */
    AUTH("AUTH", 500, 0),
    STARTTLS("STARTTLS", 0, 0),
    HELP("HELP", 0, 0);

    private final String keyword;
    private final int growsMail;
    private final int growsRcpt;

    Capability(String keyword, int growsMail, int growsRcpt) {
        this.keyword = keyword;
        this.growsMail = growsMail;
        this.growsRcpt = growsRcpt;
    }

    String keyword() {
        return keyword;
    }

    int grows(Verb verb) {
        return verb == Verb.MAIL ? growsMail : verb == Verb.RCPT ? growsRcpt : 0;
    }
}
