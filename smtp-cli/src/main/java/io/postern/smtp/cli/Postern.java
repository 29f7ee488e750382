package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code postern} command: reads its options, starts the servers, and lets them end when the process is told to. */
@Command(
        name = "postern",
        mixinStandardHelpOptions = true,
        versionProvider = Postern.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "An SMTP and LMTP server for development and tests.",
        footer = {
            "",
            "HANDLER is what becomes of the messages:",
            "  debug [stdout|stderr]  print them (default)",
            "  sink                   accept and drop them",
            "",
            "SIGTERM and SIGINT let running transactions finish."
        })
public final class Postern implements Runnable {

    @Option(
            names = {"-l", "--listen"},
            paramLabel = "ADDR",
            description = "HOST:PORT, HOST, :PORT (on localhost) or [IPV6]:PORT; default localhost:8025; repeatable.")
    private List<String> listen = new ArrayList<>();

    @Option(names = "--lmtp", description = "Speak LMTP instead of SMTP.")
    private boolean lmtp;

    @Option(names = "--hostname", paramLabel = "NAME", description = "What the server calls itself.")
    private @Nullable String hostName;

    @Option(
            names = {"-s", "--size"},
            paramLabel = "BYTES",
            description = "The largest message; 0 = unlimited (debug prints 32 MiB at most); default 33554432.")
    private @Nullable Long size;

    @Option(names = "--no-smtputf8", description = "Do not offer SMTPUTF8.")
    private boolean noSmtpUtf8;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for a client; 0 = for ever; default 300.")
    private @Nullable Integer timeout;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "How long transactions may go on at the end; default 30.")
    private @Nullable Integer grace;

    @Option(
            names = "--max-recipients",
            paramLabel = "N",
            description = "The most recipients of one message; default 1000.")
    private @Nullable Integer maxRecipients;

    @Option(names = "--event-loops", paramLabel = "N", description = "Default: as many as there are processors.")
    private @Nullable Integer eventLoops;

    @Option(
            names = {"-c", "--class"},
            paramLabel = "NAME",
            description = "A handler class of yours; the arguments go to its constructor.")
    private @Nullable String handlerClass;

    @Option(
            names = "--class-path",
            paramLabel = "PATH",
            description = "Jars and directories with that class and what it needs.")
    private @Nullable String classPath;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The properties of SmtpServerOptions as JSON; options given here go before them.")
    private @Nullable Path config;

    @Option(
            names = {"-d", "--debug"},
            description = "Log to standard error; twice: everything that is said.")
    private boolean[] debug = {};

    @Parameters(paramLabel = "HANDLER [ARG...]", arity = "0..*", description = "See below.", hideParamSyntax = true)
    private List<String> words = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private Postern() {}

    /** Exits with 0 when it was told to end, with 1 when it could not start, and with 2 for a mistake in the options. */
    public static void main(String[] args) {
        int exitCode = new CommandLine(new Postern())
                .setParameterExceptionHandler(Postern::wrongUsage)
                .setExecutionExceptionHandler(Postern::startFailed)
                .execute(args);
        // otherwise the servers run on, or there is nothing that keeps the process alive
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }

    @Override
    public void run() {
        Logs.configure(debug.length);
        SmtpServerOptions options = options();
        List<ListenAddress> addresses = addresses(options);
        SmtpHandler handler = checked(
                "",
                () -> handlerClass == null
                        ? HandlerChoice.named(words, options.getDataSizeLimit())
                        : HandlerChoice.ofClass(handlerClass, classPath(), words));
        serve(addresses, handler, options);
    }

    private void serve(List<ListenAddress> addresses, SmtpHandler handler, SmtpServerOptions options) {
        int loops = eventLoops == null ? Runtime.getRuntime().availableProcessors() : eventLoops;
        if (loops < 1) {
            throw wrong("--event-loops: " + loops + " is given; allowed is 1 or more");
        }
        Listeners listeners = new Listeners(loops, handler, options);
        Thread shutdown = new Thread(
                () -> {
                    listeners.shutdown();
                    // the virtual machine would say 143 or 130, but to be told to end is no failure
                    Runtime.getRuntime().halt(0);
                },
                "postern-shutdown");
        Runtime.getRuntime().addShutdownHook(shutdown);
        try {
            listeners.listen(addresses).forEach(address -> System.out.println("postern listening on " + address));
        } catch (StartFailure e) {
            Runtime.getRuntime().removeShutdownHook(shutdown);
            throw e;
        }
    }

    private SmtpServerOptions options() {
        SmtpServerOptions options = new SmtpServerOptions();
        if (config != null) {
            JsonObject json = readConfig(config);
            checked(config + ": ", () -> options.merge(json));
        }
        if (lmtp) {
            options.setLmtp(true);
        }
        if (noSmtpUtf8) {
            options.setSmtpUtf8(false);
        }
        set("--hostname", hostName, options::setHostName);
        set("--size", size, options::setDataSizeLimit);
        set("--timeout", timeout, seconds -> options.setTimeout(Duration.ofSeconds(seconds)));
        set("--grace", grace, seconds -> options.setShutdownGrace(Duration.ofSeconds(seconds)));
        set("--max-recipients", maxRecipients, options::setMaxRecipients);
        return options;
    }

    private JsonObject readConfig(Path file) {
        try {
            return new JsonObject(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new StartFailure("no such file: " + file);
        } catch (IOException e) {
            throw new StartFailure("cannot read " + file, e);
        } catch (DecodeException e) {
            throw wrong(file + ": " + e.getMessage());
        }
    }

    private List<ListenAddress> addresses(SmtpServerOptions options) {
        if (listen.isEmpty()) {
            return List.of(new ListenAddress(options.getHost(), Math.max(0, options.getPort())));
        }
        return listen.stream()
                .map(text -> checked("--listen " + text + ": ", () -> ListenAddress.parse(text)))
                .toList();
    }

    private List<Path> classPath() {
        return Optional.ofNullable(classPath).stream()
                .flatMap(path -> Arrays.stream(path.split(File.pathSeparator, -1)))
                .filter(entry -> !entry.isEmpty())
                .map(Path::of)
                .toList();
    }

    private interface Setter<T> {
        Object set(T value);
    }

    private <T> void set(String option, @Nullable T value, Setter<T> setter) {
        if (value != null) {
            checked(option + ": ", () -> setter.set(value));
        }
    }

    private interface Check<T> {
        T call();
    }

    /** What a user has given that is not allowed becomes a mistake in the options. */
    private <T> T checked(String what, Check<T> check) {
        try {
            return check.call();
        } catch (IllegalArgumentException e) {
            throw wrong(what + e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static int wrongUsage(ParameterException mistake, String[] args) {
        complain(mistake.getMessage() + " (see postern --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int startFailed(Exception failure, CommandLine commandLine, @Nullable ParseResult parsed) {
        boolean debugging = commandLine.<Postern>getCommand().debug.length > 0;
        if (debugging) {
            failure.printStackTrace();
        }
        complain(failure instanceof StartFailure ? failure.getMessage() : failure.toString());
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static void complain(String message) {
        System.err.println("postern: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
    }

    /** The version in the manifest of the jar. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Postern.class.getPackage().getImplementationVersion();
            return new String[] {"postern " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
