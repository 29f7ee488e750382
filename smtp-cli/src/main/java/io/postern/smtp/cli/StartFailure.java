package io.postern.smtp.cli;

import io.postern.smtp.controller.ControllerException;
import java.util.Objects;

/** The server could not start. The message is for the user. */
final class StartFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StartFailure(String message, Throwable cause) {
        super(message + ": " + reason(cause), cause);
    }

    /** What a controller says is said for the user, too. */
    StartFailure(ControllerException failure) {
        super(failure.getMessage(), failure.getCause());
    }

    StartFailure(String message) {
        super(message);
    }

    /** @param asked where to listen, as the user said it; the cause names the one that failed of several addresses */
    static StartFailure cannotListen(String asked, Throwable cause) {
        String reason = reason(cause);
        return new StartFailure(
                cause, "cannot listen on " + (reason.startsWith(asked + ": ") ? "" : asked + ": ") + reason);
    }

    private StartFailure(Throwable cause, String message) {
        super(message, cause);
    }

    /** What went wrong in one line, without the words of who found out. */
    static String reason(Throwable cause) {
        return Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
    }
}
