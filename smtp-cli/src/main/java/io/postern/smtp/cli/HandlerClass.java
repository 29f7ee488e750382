package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;
import java.util.stream.Collectors;

/**
 * A handler of the user's, by the name of its class. It is made by its public constructor that takes as many strings as
 * there are arguments, or else by the one that takes {@code String...}. It finds its Vert.x with the sessions that it
 * serves, and one that is {@link AutoCloseable} is closed at the end.
 *
 * <p>A class that cannot be a handler is an {@link IllegalArgumentException} for the user to read, what goes wrong with one
 * that can a {@link StartFailure}.
 */
final class HandlerClass {

    private final String name;

    private HandlerClass(String name) {
        this.name = name;
    }

    /** @param classPath where the class and what it needs is looked for, besides where this program is */
    static ServingHandler.Source of(String name, List<Path> classPath, List<String> arguments) {
        SmtpHandler handler = create(name, classPath, arguments);
        return handler instanceof AutoCloseable closeable
                ? vertx -> ServingHandler.of(handler, () -> close(vertx, closeable))
                : vertx -> ServingHandler.of(handler);
    }

    private static Future<?> close(Vertx vertx, AutoCloseable handler) {
        return vertx.executeBlocking(() -> {
            handler.close();
            return true;
        });
    }

    static SmtpHandler create(String name, List<Path> classPath, List<String> arguments) {
        // it stays open: a handler loads classes for as long as it lives
        URLClassLoader loader = new URLClassLoader(
                classPath.stream().map(HandlerClass::url).toArray(URL[]::new), HandlerClass.class.getClassLoader());
        return new HandlerClass(name).create(loader, arguments);
    }

    private static URL url(Path entry) {
        if (!Files.exists(entry)) {
            throw new StartFailure("no such file on the class path: " + entry);
        }
        if (!Files.isDirectory(entry)) {
            try (JarFile jar = new JarFile(entry.toFile())) {
                jar.getManifest(); // a class loader would pass over what is none, without a word
            } catch (IOException e) {
                throw new StartFailure("cannot read " + entry + " on the class path, which should be a jar", e);
            }
        }
        try {
            return entry.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new StartFailure("cannot read " + entry, e);
        }
    }

    private SmtpHandler create(ClassLoader loader, List<String> arguments) {
        try {
            Class<?> type =
                    Class.forName(name, false, loader); // no code of its runs before it is known to be a handler
            check(type);
            return create(constructor(type.asSubclass(SmtpHandler.class), arguments.size()), arguments);
        } catch (ClassNotFoundException e) {
            throw cannotLoad("it is neither on the class path nor in this program");
        } catch (ExceptionInInitializerError e) {
            throw new StartFailure(
                    "cannot initialize handler class " + name, Objects.requireNonNullElse(e.getCause(), e));
        } catch (UnsupportedClassVersionError e) {
            throw cannotLoad("it, or a class that it needs, was compiled for a newer Java than "
                    + Runtime.version().feature() + ": " + e.getMessage());
        } catch (ClassFormatError e) {
            throw cannotLoad("its file, or that of a class that it needs, is broken: " + e.getMessage());
        } catch (NoClassDefFoundError e) {
            throw cannotLoad("a class that it needs is missing: "
                    + String.valueOf(e.getMessage()).replace('/', '.'));
        } catch (LinkageError e) {
            throw new StartFailure("cannot load handler class " + name, e);
        } catch (Error e) {
            // of a static initializer: only what is no Error is wrapped (JLS §12.4.2), and a constructor's is wrapped
            // too
            throw new StartFailure("cannot initialize handler class " + name, e);
        }
    }

    private StartFailure cannotLoad(String reason) {
        return new StartFailure("cannot load handler class " + name + ": " + reason);
    }

    private void check(Class<?> type) {
        if (!SmtpHandler.class.isAssignableFrom(type)) {
            throw unfit("does not implement " + SmtpHandler.class.getName());
        }
        if (type.isInterface()) {
            throw unfit("is an interface");
        }
        if (Modifier.isAbstract(type.getModifiers())) {
            throw unfit("is abstract");
        }
        if (!Modifier.isPublic(type.getModifiers())) {
            throw unfit("is not public");
        }
    }

    private IllegalArgumentException unfit(String reason) {
        return new IllegalArgumentException("class " + name + " " + reason);
    }

    @SuppressWarnings("unchecked") // a class has constructors of itself only
    private Constructor<? extends SmtpHandler> constructor(Class<? extends SmtpHandler> type, int arguments) {
        Class<?>[] strings = new Class<?>[arguments];
        Arrays.fill(strings, String.class);
        Constructor<?>[] all = type.getConstructors();
        for (List<Class<?>> wanted : List.of(List.of(strings), List.<Class<?>>of(String[].class))) {
            for (Constructor<?> constructor : all) {
                if (List.of(constructor.getParameterTypes()).equals(wanted)) {
                    return (Constructor<? extends SmtpHandler>) constructor;
                }
            }
        }
        throw unfit("has no public constructor that takes " + strings(arguments) + "; "
                + (all.length == 0
                        ? "it has none at all"
                        : "it has "
                                + Arrays.stream(all).map(this::shown).sorted().collect(Collectors.joining(", "))));
    }

    private static String strings(int count) {
        return switch (count) {
            case 0 -> "nothing";
            case 1 -> "a string";
            default -> count + " strings";
        };
    }

    private String shown(Constructor<?> constructor) {
        return Arrays.stream(constructor.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(
                        Collectors.joining(", ", constructor.getDeclaringClass().getSimpleName() + "(", ")"));
    }

    private SmtpHandler create(Constructor<? extends SmtpHandler> constructor, List<String> arguments) {
        boolean asArray = constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0].isArray();
        String[] strings = arguments.toArray(String[]::new);
        try {
            return asArray ? constructor.newInstance((Object) strings) : constructor.newInstance((Object[]) strings);
        } catch (InvocationTargetException e) {
            throw new StartFailure("cannot create handler " + name, Objects.requireNonNullElse(e.getCause(), e));
        } catch (ReflectiveOperationException e) {
            throw new StartFailure("cannot create handler " + name, e);
        }
    }
}
