package io.postern.smtp.cli;

/** The server could not start. The message is for the user. */
final class StartFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StartFailure(String message, Throwable cause) {
        super(message + ": " + reason(cause), cause);
    }

    StartFailure(String message) {
        super(message);
    }

    /** What went wrong in one line, without the words of who found out. */
    static String reason(Throwable cause) {
        String message = cause.getMessage();
        if (message == null) {
            return cause.getClass().getSimpleName();
        }
        // epoll's are like "bind(..) failed with error(-98): Address already in use"
        return message.replaceFirst("^\\S+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
    }
}
