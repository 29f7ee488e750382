package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.DebuggingHandler;
import io.postern.smtp.handlers.MessageHandler;
import io.postern.smtp.handlers.SinkHandler;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Which handler serves, by name or by class. Whatever is wrong with the choice is an {@link IllegalArgumentException} for
 * the user to read; what fails although it was well chosen is a {@link StartFailure}.
 */
final class HandlerChoice {

    private HandlerChoice() {}

    /**
     * @param words the name of a handler and its arguments; without any it is {@code debug}
     * @param sizeLimit of a message in octets, 0 for none
     */
    static SmtpHandler named(List<String> words, long sizeLimit) {
        String name = words.isEmpty() ? "debug" : words.get(0);
        List<String> arguments = words.isEmpty() ? words : words.subList(1, words.size());
        return switch (name) {
            case "debug" -> new DebuggingHandler(stream(arguments), maxMessageSize(sizeLimit));
            case "sink" -> {
                if (!arguments.isEmpty()) {
                    throw new IllegalArgumentException("handler sink takes no arguments");
                }
                yield new SinkHandler();
            }
            default ->
                throw new IllegalArgumentException("unknown handler '" + name
                        + "'; known are debug, sink and relay, and a class of yours is given with --class");
        };
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

    /**
     * An object of a class that implements {@link SmtpHandler}, by its public constructor that takes as many strings as
     * there are arguments.
     *
     * @param classPath where the class and what it needs is looked for, besides where this program is
     */
    static SmtpHandler ofClass(String name, List<Path> classPath, List<String> arguments) {
        Class<?> type;
        try {
            type = Class.forName(name, true, new URLClassLoader(urls(classPath), HandlerChoice.class.getClassLoader()));
        } catch (ClassNotFoundException | LinkageError e) {
            throw new StartFailure("cannot load handler class " + name, e);
        }
        if (!SmtpHandler.class.isAssignableFrom(type)) {
            throw new IllegalArgumentException("class " + name + " does not implement " + SmtpHandler.class.getName());
        }
        return create(type.asSubclass(SmtpHandler.class), arguments);
    }

    private static URL[] urls(List<Path> classPath) {
        return classPath.stream().map(HandlerChoice::url).toArray(URL[]::new);
    }

    private static URL url(Path entry) {
        if (!Files.exists(entry)) {
            throw new StartFailure("no such file on the class path: " + entry);
        }
        try {
            return entry.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new StartFailure("cannot read " + entry, e);
        }
    }

    private static SmtpHandler create(Class<? extends SmtpHandler> type, List<String> arguments) {
        Class<?>[] strings = new Class<?>[arguments.size()];
        Arrays.fill(strings, String.class);
        try {
            Constructor<? extends SmtpHandler> constructor = type.getConstructor(strings);
            return constructor.newInstance(arguments.toArray());
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(
                    "class " + type.getName() + " has no public constructor that takes " + arguments.size()
                            + " strings",
                    e);
        } catch (InvocationTargetException e) {
            throw new StartFailure(
                    "cannot create handler " + type.getName(), Objects.requireNonNullElse(e.getCause(), e));
        } catch (ReflectiveOperationException e) {
            throw new StartFailure("cannot create handler " + type.getName(), e);
        }
    }
}
