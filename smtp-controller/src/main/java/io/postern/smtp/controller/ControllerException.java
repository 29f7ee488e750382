package io.postern.smtp.controller;

import io.vertx.core.VertxException;
import io.vertx.core.net.SocketAddress;
import java.nio.file.FileSystemException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A server could not be started or stopped. The message says what was tried and why it failed; the
 * {@link #getCause() cause} is what was met: an {@link java.io.IOException} such as a {@link java.net.BindException} from
 * the system, what a verticle failed with, or a {@link java.util.concurrent.TimeoutException} when it took too long.
 */
public final class ControllerException extends VertxException {

    private static final long serialVersionUID = 1L;

    ControllerException(String message) {
        super(message);
    }

    ControllerException(String message, Throwable cause) {
        super(message, cause);
    }

    /** An exception whose message ends with the reason that the cause gives. */
    static ControllerException because(String message, Throwable cause) {
        return new ControllerException(message + ": " + reason(cause), cause);
    }

    static ControllerException cannotListen(SocketAddress asked, Throwable cause) {
        // the cause names the one that failed of several addresses
        String reason = reason(cause);
        return new ControllerException(
                "cannot listen on " + (reason.startsWith(asked + ": ") ? "" : asked + ": ") + reason, cause);
    }

    /** The same with the stack of this thread, for whom another's says nothing. */
    ControllerException here() {
        return new ControllerException(
                Objects.requireNonNull(getMessage()), Objects.requireNonNullElse(getCause(), this));
    }

    private static String reason(Throwable cause) {
        @Nullable String message = cause.getMessage();
        if (message == null || (cause instanceof FileSystemException file && file.getReason() == null)) {
            // what such an exception says is in its name, as in AccessDeniedException: /run/smtp
            return message == null
                    ? cause.getClass().getSimpleName()
                    : cause.getClass().getSimpleName() + ": " + message;
        }
        return message;
    }
}
