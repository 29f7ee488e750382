package io.postern.smtp.sasl;

/** A users file has a line that cannot be read. The message names file and line and shows nothing of the secret. */
public final class UsersFileException extends RuntimeException {

    private static final long serialVersionUID = 1;

    UsersFileException(String message) {
        super(message);
    }
}
