package io.postern.smtp;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The JSON form of {@link SmtpServerOptions}: one row a property. */
final class SmtpServerOptionsJson {

    private static final Map<String, Property> PROPERTIES = new LinkedHashMap<>();

    static {
        PROPERTIES.put(
                "host",
                new Property(
                        options -> options.getHost().orElse(null),
                        (options, value) -> options.setHost(value == null ? null : as(String.class, "host", value)),
                        true));
        integer("port", SmtpServerOptions::getPort, SmtpServerOptions::setPort);
        property(
                "unixSocket",
                options -> options.getUnixSocket().orElse(null),
                (name, value) -> as(String.class, name, value),
                SmtpServerOptions::setUnixSocket);
        text(
                "unixSocketPermissions",
                SmtpServerOptions::getUnixSocketPermissions,
                SmtpServerOptions::setUnixSocketPermissions);
        property(
                "hostName",
                options -> options.getHostName().orElse(null),
                (name, value) -> as(String.class, name, value),
                SmtpServerOptions::setHostName);
        text("ident", SmtpServerOptions::getIdent, SmtpServerOptions::setIdent);
        bool("lmtp", SmtpServerOptions::isLmtp, SmtpServerOptions::setLmtp);
        number("dataSizeLimit", SmtpServerOptions::getDataSizeLimit, SmtpServerOptions::setDataSizeLimit);
        bool("smtpUtf8", SmtpServerOptions::isSmtpUtf8, SmtpServerOptions::setSmtpUtf8);
        bool("prdr", SmtpServerOptions::isPrdr, SmtpServerOptions::setPrdr);
        duration("timeout", SmtpServerOptions::getTimeout, SmtpServerOptions::setTimeout);
        duration("handlerTimeout", SmtpServerOptions::getHandlerTimeout, SmtpServerOptions::setHandlerTimeout);
        duration("shutdownGrace", SmtpServerOptions::getShutdownGrace, SmtpServerOptions::setShutdownGrace);
        integer("maxRecipients", SmtpServerOptions::getMaxRecipients, SmtpServerOptions::setMaxRecipients);
        integer("commandSizeLimit", SmtpServerOptions::getCommandSizeLimit, SmtpServerOptions::setCommandSizeLimit);
        integer("lineLengthLimit", SmtpServerOptions::getLineLengthLimit, SmtpServerOptions::setLineLengthLimit);
        integer("localPartLimit", SmtpServerOptions::getLocalPartLimit, SmtpServerOptions::setLocalPartLimit);
        integer(
                "maxUnknownCommands",
                SmtpServerOptions::getMaxUnknownCommands,
                SmtpServerOptions::setMaxUnknownCommands);
        integer("maxErrors", SmtpServerOptions::getMaxErrors, SmtpServerOptions::setMaxErrors);
        constant(
                "bareNewlines",
                BareNewlines.class,
                SmtpServerOptions::getBareNewlines,
                SmtpServerOptions::setBareNewlines);
        property(
                "tls",
                options -> options.getTls().map(TlsOptionsJson::write).orElse(null),
                (name, value) -> TlsOptionsJson.read(as(JsonObject.class, name, value)),
                SmtpServerOptions::setTls);
        bool("implicitTls", SmtpServerOptions::isImplicitTls, SmtpServerOptions::setImplicitTls);
        bool("requireStartTls", SmtpServerOptions::isRequireStartTls, SmtpServerOptions::setRequireStartTls);
        number("maxBytesInFlight", SmtpServerOptions::getMaxBytesInFlight, SmtpServerOptions::setMaxBytesInFlight);
        number("maxHeaderSize", SmtpServerOptions::getMaxHeaderSize, SmtpServerOptions::setMaxHeaderSize);
        constant(
                "tracingPolicy",
                TracingPolicy.class,
                SmtpServerOptions::getTracingPolicy,
                SmtpServerOptions::setTracingPolicy);
        integer("maxHops", SmtpServerOptions::getMaxHops, SmtpServerOptions::setMaxHops);
        integer("maxMessages", SmtpServerOptions::getMaxMessages, SmtpServerOptions::setMaxMessages);
        integer("maxJunkCommands", SmtpServerOptions::getMaxJunkCommands, SmtpServerOptions::setMaxJunkCommands);
        property(
                "commandCallLimit",
                options -> new JsonObject(new TreeMap<>(options.getCommandCallLimit())),
                SmtpServerOptionsJson::callLimits,
                SmtpServerOptions::setCommandCallLimit);
        integer("maxConnections", SmtpServerOptions::getMaxConnections, SmtpServerOptions::setMaxConnections);
        integer(
                "maxConnectionsPerIp",
                SmtpServerOptions::getMaxConnectionsPerIp,
                SmtpServerOptions::setMaxConnectionsPerIp);
        duration("dataTimeout", SmtpServerOptions::getDataTimeout, SmtpServerOptions::setDataTimeout);
        integer("minDataRate", SmtpServerOptions::getMinDataRate, SmtpServerOptions::setMinDataRate);
        duration("greetingDelay", SmtpServerOptions::getGreetingDelay, SmtpServerOptions::setGreetingDelay);
        bool("proxyProtocol", SmtpServerOptions::isProxyProtocol, SmtpServerOptions::setProxyProtocol);
        property(
                "proxyFrom",
                options -> new JsonArray(options.getProxyFrom()),
                SmtpServerOptionsJson::texts,
                SmtpServerOptions::setProxyFrom);
        duration(
                "proxyProtocolTimeout",
                SmtpServerOptions::getProxyProtocolTimeout,
                SmtpServerOptions::setProxyProtocolTimeout);
        bool("authRequired", SmtpServerOptions::isAuthRequired, SmtpServerOptions::setAuthRequired);
        bool("authRequireTls", SmtpServerOptions::isAuthRequireTls, SmtpServerOptions::setAuthRequireTls);
        property(
                "authExcludeMechanisms",
                options -> new JsonArray(
                        options.getAuthExcludeMechanisms().stream().sorted().toList()),
                (name, value) -> Set.copyOf(texts(name, value)),
                SmtpServerOptions::setAuthExcludeMechanisms);
        integer("maxAuthFailures", SmtpServerOptions::getMaxAuthFailures, SmtpServerOptions::setMaxAuthFailures);
        duration("authFailureDelay", SmtpServerOptions::getAuthFailureDelay, SmtpServerOptions::setAuthFailureDelay);
        property(
                "net",
                options -> options.getNet().toJson(),
                (name, value) -> as(JsonObject.class, name, value),
                (options, json) -> options.setNet(
                        new NetServerOptions(options.getNet().toJson().mergeIn(json))));
    }

    private SmtpServerOptionsJson() {}

    static JsonObject write(SmtpServerOptions options) {
        JsonObject json = new JsonObject();
        PROPERTIES.forEach((name, property) -> {
            Object value = property.get.apply(options);
            if (value != null || property.nullable) {
                json.put(name, value);
            }
        });
        return json;
    }

    static void read(JsonObject json, SmtpServerOptions options) {
        for (String name : json.fieldNames()) {
            Property property = PROPERTIES.get(name);
            if (property == null) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is no option of the server; allowed are " + PROPERTIES.keySet());
            }
            property.set.accept(options, json.getValue(name));
        }
    }

    /** @param nullable whether null is a value like others; if not, it stands for one that was never set */
    private record Property(
            Function<SmtpServerOptions, @Nullable Object> get,
            BiConsumer<SmtpServerOptions, @Nullable Object> set,
            boolean nullable) {}

    private static void text(
            String name, Function<SmtpServerOptions, String> get, BiConsumer<SmtpServerOptions, String> set) {
        property(name, get::apply, (property, value) -> as(String.class, property, value), set);
    }

    private static void bool(
            String name, Function<SmtpServerOptions, Boolean> get, BiConsumer<SmtpServerOptions, Boolean> set) {
        property(name, get::apply, (property, value) -> as(Boolean.class, property, value), set);
    }

    private static void integer(
            String name, Function<SmtpServerOptions, Integer> get, BiConsumer<SmtpServerOptions, Integer> set) {
        property(name, get::apply, (property, value) -> toInt(property, as(Number.class, property, value)), set);
    }

    private static void number(
            String name, Function<SmtpServerOptions, Long> get, BiConsumer<SmtpServerOptions, Long> set) {
        property(name, get::apply, (property, value) -> toLong(property, as(Number.class, property, value)), set);
    }

    private static void duration(
            String name, Function<SmtpServerOptions, Duration> get, BiConsumer<SmtpServerOptions, Duration> set) {
        property(
                name,
                options -> roundedUp(get.apply(options)),
                (property, value) -> Duration.ofMillis(toLong(property, as(Number.class, property, value))),
                set);
    }

    private static <E extends Enum<E>> void constant(
            String name, Class<E> type, Function<SmtpServerOptions, E> get, BiConsumer<SmtpServerOptions, E> set) {
        property(
                name,
                options -> get.apply(options).name(),
                (property, value) -> toConstant(type, property, as(String.class, property, value)),
                set);
    }

    private static <T> void property(
            String name,
            Function<SmtpServerOptions, @Nullable Object> get,
            BiFunction<String, Object, T> read,
            BiConsumer<SmtpServerOptions, T> set) {
        PROPERTIES.put(
                name, new Property(get, (options, value) -> set.accept(options, read.apply(name, value)), false));
    }

    private static <T> T as(Class<T> type, String name, @Nullable Object value) {
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException(name + " is " + value + "; expected is a "
                    + type.getSimpleName().toLowerCase(Locale.ROOT));
        }
        return type.cast(value);
    }

    private static List<String> texts(String name, Object value) {
        return as(JsonArray.class, name, value).stream()
                .map(element -> as(String.class, name, element))
                .toList();
    }

    /** A number for every command, or an object with a number for each. */
    private static Map<String, Integer> callLimits(String name, Object value) {
        if (value instanceof Number number) {
            return Map.of("*", toInt(name, number));
        }
        JsonObject json = as(JsonObject.class, name, value);
        return json.fieldNames().stream()
                .collect(Collectors.toMap(
                        Function.identity(), command -> toInt(name, as(Number.class, name, json.getValue(command)))));
    }

    private static int toInt(String name, Number value) {
        return (int) whole(name, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static long toLong(String name, Number value) {
        return whole(name, value, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private static long whole(String name, Number value, long least, long most) {
        try {
            long whole = new BigDecimal(value.toString()).longValueExact();
            if (whole >= least && whole <= most) {
                return whole;
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException(
                name + " is " + value + "; expected is a whole number from " + least + " to " + most);
    }

    /** In milliseconds; what is less than one is not none, which would mean "for ever". */
    private static long roundedUp(Duration duration) {
        return duration.plusNanos(999_999).toMillis();
    }

    private static <E extends Enum<E>> E toConstant(Class<E> type, String name, String value) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(value))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " is \"" + value + "\"; allowed are " + Arrays.toString(type.getEnumConstants())));
    }
}
