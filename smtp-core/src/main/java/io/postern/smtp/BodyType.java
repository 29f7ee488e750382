package io.postern.smtp;

/** The {@code BODY} parameter of MAIL (RFC 6152, RFC 3030). */
public enum BodyType {
    /** {@code BODY=7BIT}, and what holds when the parameter is absent. */
    SEVENBIT("7BIT"),
    /** {@code BODY=8BITMIME}. */
    EIGHTBITMIME("8BITMIME"),
    /** {@code BODY=BINARYMIME}: lines have no limit, CR and LF no meaning; it comes by BDAT only. */
    BINARYMIME("BINARYMIME");

    private final String keyword;

    BodyType(String keyword) {
        this.keyword = keyword;
    }

    /** The value as it stands behind {@code BODY=}. */
    public String keyword() {
        return keyword;
    }
}
