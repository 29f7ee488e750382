package io.postern.smtp.handlers.relay;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The JSON form of {@link RelayOptions}: what each property is called and how its value is written. */
final class RelayOptionsJson {

    private static final Map<String, Property> PROPERTIES = new LinkedHashMap<>();

    static {
        property(
                "nextHop",
                options -> options.getNextHop().map(NextHop::toString).orElse(null),
                (name, value) -> NextHop.parse(as(String.class, name, value)),
                RelayOptions::setNextHop);
        text("heloName", options -> options.getHeloName().orElse(null), RelayOptions::setHeloName);
        property(
                "startTls",
                options -> options.getStartTls().name(),
                (name, value) -> Checks.constant(StartTlsPolicy.class, name, value),
                RelayOptions::setStartTls);
        bool("implicitTls", RelayOptions::isImplicitTls, RelayOptions::setImplicitTls);
        text("tlsName", options -> options.getTlsName().orElse(null), RelayOptions::setTlsName);
        bool("verifyHostName", RelayOptions::isVerifyHostName, RelayOptions::setVerifyHostName);
        texts("trustedCertificates", RelayOptions::getTrustedCertificates, RelayOptions::setTrustedCertificates);
        text(
                "clientCertificate",
                options -> options.getClientCertificate().orElse(null),
                RelayOptions::setClientCertificate);
        text("clientKey", options -> options.getClientKey().orElse(null), RelayOptions::setClientKey);
        text("userName", options -> options.getUserName().orElse(null), RelayOptions::setUserName);
        text("password", options -> options.getPassword().orElse(null), RelayOptions::setPassword);
        texts("authMechanisms", RelayOptions::getAuthMechanisms, RelayOptions::setAuthMechanisms);
        bool("plainWithoutTls", RelayOptions::isPlainWithoutTls, RelayOptions::setPlainWithoutTls);
        bool("chunking", RelayOptions::isChunking, RelayOptions::setChunking);
        integer("maxConnections", RelayOptions::getMaxConnections, RelayOptions::setMaxConnections);
        integer("maxWaiting", RelayOptions::getMaxWaiting, RelayOptions::setMaxWaiting);
        integer(
                "maxMessagesPerConnection",
                RelayOptions::getMaxMessagesPerConnection,
                RelayOptions::setMaxMessagesPerConnection);
        duration("idleTimeout", RelayOptions::getIdleTimeout, RelayOptions::setIdleTimeout);
        duration("acquireTimeout", RelayOptions::getAcquireTimeout, RelayOptions::setAcquireTimeout);
        duration("connectTimeout", RelayOptions::getConnectTimeout, RelayOptions::setConnectTimeout);
        duration("greetingTimeout", RelayOptions::getGreetingTimeout, RelayOptions::setGreetingTimeout);
        duration("commandTimeout", RelayOptions::getCommandTimeout, RelayOptions::setCommandTimeout);
        duration("dataTimeout", RelayOptions::getDataTimeout, RelayOptions::setDataTimeout);
        duration("messageTimeout", RelayOptions::getMessageTimeout, RelayOptions::setMessageTimeout);
        integer("maxReceived", RelayOptions::getMaxReceived, RelayOptions::setMaxReceived);
        bool("received", RelayOptions::isReceived, RelayOptions::setReceived);
        bool("peerField", RelayOptions::isPeerField, RelayOptions::setPeerField);
    }

    private RelayOptionsJson() {}

    static JsonObject write(RelayOptions options) {
        JsonObject json = new JsonObject();
        PROPERTIES.forEach((name, property) -> {
            Object value = property.get.apply(options);
            if (value != null) {
                json.put(name, value);
            }
        });
        return json;
    }

    static void read(JsonObject json, RelayOptions options) {
        for (String name : json.fieldNames()) {
            Property property = PROPERTIES.get(name);
            if (property == null) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is no option of a relay; allowed are " + PROPERTIES.keySet());
            }
            property.set.accept(options, json.getValue(name));
        }
    }

    private record Property(
            Function<RelayOptions, @Nullable Object> get, BiConsumer<RelayOptions, @Nullable Object> set) {}

    private static void text(
            String name, Function<RelayOptions, @Nullable String> get, BiConsumer<RelayOptions, String> set) {
        property(name, get::apply, (property, value) -> as(String.class, property, value), set);
    }

    private static void texts(
            String name, Function<RelayOptions, List<String>> get, BiConsumer<RelayOptions, List<String>> set) {
        property(
                name,
                options -> new JsonArray(get.apply(options)),
                (property, value) -> as(JsonArray.class, property, value).stream()
                        .map(element -> as(String.class, property, element))
                        .toList(),
                set);
    }

    private static void bool(String name, Function<RelayOptions, Boolean> get, BiConsumer<RelayOptions, Boolean> set) {
        property(name, get::apply, (property, value) -> as(Boolean.class, property, value), set);
    }

    private static void integer(
            String name, Function<RelayOptions, Integer> get, BiConsumer<RelayOptions, Integer> set) {
        property(name, get::apply, (property, value) -> as(Integer.class, property, value), set);
    }

    private static void duration(
            String name, Function<RelayOptions, Duration> get, BiConsumer<RelayOptions, Duration> set) {
        property(
                name,
                options -> get.apply(options).toMillis(),
                (property, value) -> Duration.ofMillis(milliseconds(property, value)),
                set);
    }

    private static <T> void property(
            String name,
            Function<RelayOptions, @Nullable Object> get,
            BiFunction<String, @Nullable Object, T> read,
            BiConsumer<RelayOptions, T> set) {
        PROPERTIES.put(name, new Property(get, (options, value) -> set.accept(options, read.apply(name, value))));
    }

    private static long milliseconds(String name, @Nullable Object value) {
        return value instanceof Integer number ? number : as(Long.class, name, value);
    }

    private static <T> T as(Class<T> type, String name, @Nullable Object value) {
        if (!type.isInstance(value)) {
            // the value itself may be a password
            throw new IllegalArgumentException(name + " is a "
                    + (value == null ? "null" : value.getClass().getSimpleName().toLowerCase(Locale.ROOT))
                    + "; allowed is a " + type.getSimpleName().toLowerCase(Locale.ROOT));
        }
        return type.cast(value);
    }
}
