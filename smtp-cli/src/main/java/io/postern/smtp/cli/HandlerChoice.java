package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.DebuggingHandler;
import io.postern.smtp.handlers.MessageHandler;
import io.postern.smtp.handlers.SinkHandler;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Which handler serves, by its name; by its class it is a {@link HandlerClass}. Whatever is wrong with the choice is an
 * {@link IllegalArgumentException} for the user to read; what fails although it was well chosen is a {@link StartFailure}.
 */
final class HandlerChoice {

    private HandlerChoice() {}

    /**
     * @param words the name of a handler and its arguments; without any it is {@code debug}
     * @param sizeLimit of a message in octets, 0 for none
     * @param clustered whether there will be other nodes on the event bus
     * @param inbox the options of the handler {@code inbox}
     */
    static ServingHandler.Source named(List<String> words, long sizeLimit, boolean clustered, InboxOptions inbox) {
        String name = words.isEmpty() ? "debug" : words.get(0);
        List<String> arguments = words.isEmpty() ? words : words.subList(1, words.size());
        if (!name.equals("inbox")) {
            inbox.checkNone();
        }
        return switch (name) {
            case "debug" -> serving(new DebuggingHandler(stream(arguments), maxMessageSize(sizeLimit)));
            case "sink" -> {
                if (!arguments.isEmpty()) {
                    throw new IllegalArgumentException("handler sink takes no arguments");
                }
                yield serving(new SinkHandler());
            }
            case "maildir" -> MaildirChoice.of(arguments);
            case "relay" -> RelayChoice.of(arguments);
            case "eventbus" -> EventBusChoice.of(arguments, clustered);
            case "inbox" -> InboxChoice.of(arguments, inbox);
            default ->
                throw new IllegalArgumentException(
                        "unknown handler '" + name
                                + "'; known are debug, sink, inbox, maildir, relay and eventbus, and a class of yours is given with --class");
        };
    }

    private static ServingHandler.Source serving(SmtpHandler handler) {
        return vertx -> ServingHandler.of(handler);
    }

    // UTF-8 whatever the locale says, as mail is: in the C locale Java would print a question mark for every umlaut
    private static PrintStream stream(List<String> arguments) {
        String name = arguments.isEmpty() ? "stdout" : String.join(" ", arguments);
        FileDescriptor descriptor = switch (name) {
            case "stdout" -> FileDescriptor.out;
            case "stderr" -> FileDescriptor.err;
            default ->
                throw new IllegalArgumentException(
                        "handler debug takes stdout or stderr as its argument, not '" + name + "'");
        };
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    private static int maxMessageSize(long sizeLimit) {
        return sizeLimit == 0 ? MessageHandler.DEFAULT_MAX_MESSAGE_SIZE : (int) Math.min(sizeLimit, Integer.MAX_VALUE);
    }
}
