package io.postern.smtp.controller;

import io.vertx.core.VertxException;

/**
 * A server could not be started or stopped. The message says what was tried and why it failed; the
 * {@link #getCause() cause} is what Vert.x met, such as a {@link java.net.BindException}, or a
 * {@link java.util.concurrent.TimeoutException} when it took too long.
 */
public final class ControllerException extends VertxException {

    private static final long serialVersionUID = 1L;

    ControllerException(String message, Throwable cause) {
        super(message, cause);
    }
}
