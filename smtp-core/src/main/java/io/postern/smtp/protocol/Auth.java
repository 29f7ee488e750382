package io.postern.smtp.protocol;

/**
 * What a server does with AUTH (RFC 4954).
 *
 * @param offered whether there is any mechanism
 * @param required whether a client must authenticate itself before it may send mail
 * @param needsTls whether it must encrypt the connection first
 */
public record Auth(boolean offered, boolean required, boolean needsTls) {

    /** A server without AUTH. */
    public static final Auth NONE = new Auth(false, false, false);
}
