package io.postern.smtp.server;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The options that are a server's sockets, and cannot become others while it listens on them. */
final class FixedOptions {

    private static final Map<String, Function<SmtpServerOptions, @Nullable Object>> FIXED = new LinkedHashMap<>();

    static {
        FIXED.put("host", options -> options.getHost().orElse(null));
        FIXED.put("port", SmtpServerOptions::getPort);
        FIXED.put("unixSocket", options -> options.getUnixSocket().orElse(null));
        FIXED.put("unixSocketPermissions", SmtpServerOptions::getUnixSocketPermissions);
        FIXED.put("lmtp", SmtpServerOptions::isLmtp);
    }

    private FixedOptions() {}

    /** @throws IllegalArgumentException when one of them would change; it is named, with both values */
    static void check(SmtpServerOptions running, SmtpServerOptions given) {
        FIXED.forEach((property, value) -> check(property, value.apply(running), value.apply(given)));
        JsonObject before = running.getNet().toJson();
        JsonObject after = given.getNet().toJson();
        Set<String> names = new TreeSet<>(before.fieldNames());
        names.addAll(after.fieldNames());
        names.forEach(name -> check("net." + name, before.getValue(name), after.getValue(name)));
    }

    private static void check(String property, @Nullable Object running, @Nullable Object given) {
        if (!Objects.equals(running, given)) {
            throw new IllegalArgumentException(property + " is " + shown(given) + ", but the server listens with "
                    + shown(running) + ", which it cannot change until it is stopped");
        }
    }

    /** What is no plain value may hold keys and passwords. */
    private static Object shown(@Nullable Object value) {
        return value instanceof JsonObject || value instanceof JsonArray
                ? "another"
                : Objects.requireNonNullElse(value, "null");
    }
}
