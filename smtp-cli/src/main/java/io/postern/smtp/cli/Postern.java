package io.postern.smtp.cli;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.controller.ControllerException;
import io.postern.smtp.controller.TransportChoice;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.transport.Transport;
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
import picocli.CommandLine.Mixin;
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
            "  inbox                  show them on a page in the browser; --ui tells where",
            "  maildir DIR [none|file|full]",
            "                         store them in a Maildir; what a 250 means: nothing for certain,",
            "                         content is on the disk, content and name are (default)",
            "  eventbus ADDRESS [RECIPIENTS]",
            "                         let a consumer on another node of the cluster have them; the second",
            "                         address is where recipients are asked for",
            "  relay ADDR [FILE]      pass them on to HOST:PORT or unix:PATH, with lmtp: in front by LMTP; the file has",
            "                         the properties of RelayOptions as JSON",
            "",
            "postern hash prints what stands in a users file for a password; see postern hash --help.",
            "",
            "Certificates, keys and users are read again when their files change, and on SIGHUP.",
            "SIGTERM and SIGINT let running transactions finish."
        })
public final class Postern implements Runnable {

    private static final String SMTPS = "smtps:";

    @Option(
            names = {"-l", "--listen"},
            paramLabel = "ADDR",
            description =
                    "HOST:PORT, HOST, :PORT (on all interfaces), [IPV6]:PORT or unix:PATH; default localhost:8025; "
                            + "repeatable. With smtps: in front it is the one with implicit TLS, where others have STARTTLS.")
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

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "STARTTLS with this certificate (PEM).")
    private @Nullable Path tlsCert;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The key of that certificate (PEM).")
    private @Nullable Path tlsKey;

    @Option(names = "--no-require-tls", description = "Take mail without STARTTLS, too.")
    private boolean noRequireTls;

    @Option(
            names = "--smtps-cert",
            paramLabel = "FILE",
            description =
                    "Implicit TLS with this certificate (PEM); for all listeners, unless there is --tls-cert too.")
    private @Nullable Path smtpsCert;

    @Option(names = "--smtps-key", paramLabel = "FILE", description = "The key of that certificate (PEM).")
    private @Nullable Path smtpsKey;

    @Option(
            names = "--users",
            paramLabel = "FILE",
            description = "Offer AUTH to the users in this file, name:secret in each line.")
    private @Nullable Path users;

    @Option(names = "--auth-required", description = "Take mail from authenticated clients only.")
    private boolean authRequired;

    @Option(names = "--auth-without-tls", description = "Offer AUTH on connections that are not encrypted, too.")
    private boolean authWithoutTls;

    @Option(
            names = "--proxy-protocol",
            description = "Every connection begins with a PROXY protocol header, version 1 or 2.")
    private boolean proxyProtocol;

    @Option(
            names = "--proxy-from",
            paramLabel = "CIDR",
            description = "Who may send that header; default 127.0.0.0/8 and ::1; repeatable.")
    private List<String> proxyFrom = new ArrayList<>();

    @Option(names = "--proxy-timeout", paramLabel = "SECONDS", description = "For that header; default 3.")
    private @Nullable Integer proxyTimeout;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for a client; 0 = for ever; default 300, and 180 within a message.")
    private @Nullable Integer timeout;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "How long transactions may go on at the end; default 30.")
    private @Nullable Integer grace;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "The most open connections of a listener; 0 = unlimited; default 20000.")
    private @Nullable Integer maxConnections;

    @Option(
            names = "--max-connections-per-ip",
            paramLabel = "N",
            description = "How many of them may come from one address; 0 = unlimited; default 12000.")
    private @Nullable Integer maxConnectionsPerIp;

    @Option(
            names = "--max-recipients",
            paramLabel = "N",
            description = "The most recipients of one message; default 1000.")
    private @Nullable Integer maxRecipients;

    @Option(names = "--event-loops", paramLabel = "N", description = "Default: as many as there are processors.")
    private @Nullable Integer eventLoops;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            description = "One of auto, nio, epoll, io_uring and kqueue; default auto, which takes what there is.")
    private TransportChoice transport = TransportChoice.AUTO;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private InboxOptions inbox = new InboxOptions();

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = "Meters for Prometheus at http://HOST:PORT/metrics; on the loopback interface without HOST.")
    private @Nullable String metrics;

    @Option(
            names = {"-c", "--class"},
            paramLabel = "NAME",
            description = "A handler class of yours; the arguments go to its constructor, as strings.")
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
        // no subcommand of picocli's: those are recognized behind a handler, too, where hash may be a directory
        boolean hash = args.length > 0 && args[0].equals("hash");
        int exitCode = hash
                ? HashCommand.execute(Arrays.copyOfRange(args, 1, args.length))
                : new CommandLine(new Postern())
                        .setCaseInsensitiveEnumValuesAllowed(true)
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
        List<Listener> addresses = listeners(options);
        checkSense(options, addresses);
        Optional<ListenAddress.Inet> metricsAddress = Optional.ofNullable(metrics)
                .map(text -> checked("--metrics " + text + ": ", () -> MetricsEndpoint.address(text)));
        checked("", cluster::check);
        ServingHandler.Source handler = checked(
                "",
                () -> handlerClass == null
                        ? HandlerChoice.named(words, options.getDataSizeLimit(), cluster.isGiven(), inbox)
                        : handlerOfClass(handlerClass));
        serve(addresses, metricsAddress, handler, options);
    }

    private ServingHandler.Source handlerOfClass(String name) {
        inbox.checkNone();
        return HandlerClass.of(name, classPath(), words);
    }

    private void serve(
            List<Listener> addresses,
            Optional<ListenAddress.Inet> metricsAddress,
            ServingHandler.Source handler,
            SmtpServerOptions options) {
        int loops = eventLoops == null ? Runtime.getRuntime().availableProcessors() : eventLoops;
        if (loops < 1) {
            throw wrong("--event-loops: " + loops + " is given; allowed is 1 or more");
        }
        Transport used = transport();
        Listeners listeners = checked("", () -> new Listeners(used, loops, cluster, handler, options));
        Optional<MetricsEndpoint> endpoint = metricsAddress.map(address -> new MetricsEndpoint());
        Thread shutdown = new Thread(
                () -> {
                    listeners.shutdown();
                    endpoint.ifPresent(MetricsEndpoint::close); // the last transactions can still be seen
                    // the virtual machine would say 143 or 130, but to be told to end is no failure
                    Runtime.getRuntime().halt(0);
                },
                "postern-shutdown");
        Runtime.getRuntime().addShutdownHook(shutdown);
        try {
            if (users != null) {
                listeners.authenticate(users);
            }
            endpoint.ifPresent(served -> listeners.measure(served.metrics()));
            // before the listeners: whoever cannot be watched takes no mail
            Optional<ListenAddress.Inet> scraped = endpoint.flatMap(served -> metricsAddress.map(served::listen));
            List<ListenAddress> listening = listeners.listen(addresses);
            listening.forEach(address -> System.out.println("postern listening on " + address));
            listeners.serving(listening).forEach(System.out::println);
            scraped.ifPresent(address -> System.out.println("postern metrics on " + address));
        } catch (RuntimeException | Error e) {
            forget(shutdown); // it would say that all is well
            throw e;
        }
    }

    private static void forget(Thread shutdown) {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdown);
        } catch (IllegalStateException e) {
            // it runs already: somebody has told the process to end
        }
    }

    private Transport transport() {
        try {
            return transport.transport();
        } catch (ControllerException e) {
            throw new StartFailure(e);
        }
    }

    private SmtpServerOptions options() {
        SmtpServerOptions options = new SmtpServerOptions();
        if (config != null) {
            JsonObject json = readConfig(config);
            if (!listen.isEmpty()) {
                json.remove("unixSocket"); // it would go before host and port
            }
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
        set(
                "--timeout",
                timeout,
                seconds -> options.setTimeout(Duration.ofSeconds(seconds)).setDataTimeout(Duration.ofSeconds(seconds)));
        set("--grace", grace, seconds -> options.setShutdownGrace(Duration.ofSeconds(seconds)));
        set("--max-connections", maxConnections, options::setMaxConnections);
        set("--max-connections-per-ip", maxConnectionsPerIp, options::setMaxConnectionsPerIp);
        set("--max-recipients", maxRecipients, options::setMaxRecipients);
        if (authRequired) {
            options.setAuthRequired(true);
        }
        if (authWithoutTls) {
            options.setAuthRequireTls(false);
        }
        if (proxyProtocol) {
            options.setProxyProtocol(true);
        }
        if (!proxyFrom.isEmpty()) {
            options.setProxyFrom(proxyFrom);
        }
        set("--proxy-timeout", proxyTimeout, seconds -> options.setProxyProtocolTimeout(Duration.ofSeconds(seconds)));
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

    private List<Listener> listeners(SmtpServerOptions options) {
        Tls.Mode startTlsMode = noRequireTls ? Tls.Mode.STARTTLS : Tls.Mode.REQUIRED_STARTTLS;
        Optional<Tls> startTls = tls("--tls-cert", tlsCert, "--tls-key", tlsKey, startTlsMode);
        Optional<Tls> implicit = tls("--smtps-cert", smtpsCert, "--smtps-key", smtpsKey, Tls.Mode.IMPLICIT);
        if (noRequireTls && startTls.isEmpty()) {
            throw wrong("--no-require-tls needs --tls-cert");
        }
        if (startTls.isPresent() && implicit.isPresent()) {
            long marked = listen.stream().filter(Postern::isSmtps).count();
            if (marked == 0 || marked == listen.size()) {
                throw wrong("--tls-cert and --smtps-cert are both given; that takes a --listen smtps:ADDR for implicit"
                        + " TLS, and one without smtps: for STARTTLS");
            }
        }
        if (listen.isEmpty()) {
            return List.of(new Listener(configuredAddress(options), startTls.or(() -> implicit)));
        }
        return listen.stream()
                .map(text -> isSmtps(text)
                        ? new Listener(smtpsAddress(text, implicit.isPresent()), implicit)
                        : new Listener(address(text, text), startTls.or(() -> implicit)))
                .toList();
    }

    private Optional<Tls> tls(
            String certOption, @Nullable Path cert, String keyOption, @Nullable Path key, Tls.Mode mode) {
        if (cert != null && key != null) {
            return Optional.of(new Tls(mode, cert, key));
        }
        if (cert != null) {
            throw wrong(certOption + " needs " + keyOption);
        }
        if (key != null) {
            throw wrong(keyOption + " needs " + certOption);
        }
        return Optional.empty();
    }

    private static boolean isSmtps(String text) {
        return text.startsWith(SMTPS);
    }

    private ListenAddress smtpsAddress(String text, boolean hasCertificate) {
        if (!hasCertificate) {
            throw wrong("--listen " + text + " needs --smtps-cert");
        }
        return address(text, text.substring(SMTPS.length()));
    }

    private ListenAddress address(String given, String text) {
        return checked("--listen " + given + ": ", () -> ListenAddress.parse(text));
    }

    private static ListenAddress configuredAddress(SmtpServerOptions options) {
        return options.getUnixSocket()
                .<ListenAddress>map(ListenAddress.Unix::new)
                .orElseGet(
                        () -> new ListenAddress.Inet(options.getHost().orElse(null), Math.max(0, options.getPort())));
    }

    /** Refuses what would start but could never work. */
    private void checkSense(SmtpServerOptions options, List<Listener> listeners) {
        if (users == null && options.isAuthRequired()) {
            throw wrong("--auth-required needs --users");
        }
        if (users == null && authWithoutTls) {
            throw wrong("--auth-without-tls needs --users");
        }
        boolean neverEncrypted = options.getTls().isEmpty()
                && listeners.stream().allMatch(listener -> listener.tls().isEmpty());
        if (users != null && neverEncrypted && options.isAuthRequireTls()) {
            throw wrong("--users needs --tls-cert, --smtps-cert or --auth-without-tls:"
                    + " AUTH is not offered on connections that are not encrypted");
        }
        if (!options.isProxyProtocol() && (!proxyFrom.isEmpty() || proxyTimeout != null)) {
            throw wrong((proxyFrom.isEmpty() ? "--proxy-timeout" : "--proxy-from") + " needs --proxy-protocol");
        }
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

    static int wrongUsage(ParameterException mistake, String[] args) {
        complain(mistake.getMessage() + " (see " + mistake.getCommandLine().getCommandName() + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int startFailed(Exception failure, CommandLine commandLine, @Nullable ParseResult parsed) {
        boolean debugging = commandLine.<Postern>getCommand().debug.length > 0;
        if (debugging) {
            failure.printStackTrace();
        }
        complain(failure instanceof StartFailure ? String.valueOf(failure.getMessage()) : failure.toString());
        return CommandLine.ExitCode.SOFTWARE;
    }

    static void complain(String message) {
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
