package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** An answer that a browser stores in a file, and never shows, whatever a message says that it is. */
final class Download {

    /** What is anything else is called octets: some program might run it. */
    private static final Set<String> KNOWN = Set.of(
            "application/pdf",
            "application/zip",
            "application/json",
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "text/calendar",
            "text/csv",
            "text/plain");

    private static final String OCTETS = "application/octet-stream";
    private static final int MAX_NAME = 120;

    private Download() {}

    static void send(HttpServerResponse response, String name, String type, Buffer content) {
        String known = type.toLowerCase(Locale.ROOT);
        send(response, name, content, KNOWN.contains(known) ? known : OCTETS);
    }

    static void sendMessage(HttpServerResponse response, String name, Buffer content) {
        send(response, name, content, "message/rfc822");
    }

    private static void send(HttpServerResponse response, String name, Buffer content, String type) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader("Content-Disposition", disposition(safe(name)))
                .end(content);
    }

    /** A name without a path, and without anything that is not seen. */
    static String safe(String name) {
        String file = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
        // controls, marks that turn the direction, and what some file systems do not take
        String seen = file.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\"<>:|?*%]", "_")
                .strip();
        String shown = MailDigest.cut(seen.replaceAll("^\\.+", "_"), MAX_NAME);
        return shown.isEmpty() ? "attachment" : shown;
    }

    // RFC 6266 §4.3, with the name in ASCII for those that do not know RFC 8187
    private static String disposition(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (octet & 0xFF);
            boolean plain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || ".-_".indexOf(c) >= 0;
            encoded.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
        }
        return "attachment; filename=\"" + name.replaceAll("[^ -~]", "_") + "\"; filename*=UTF-8''" + encoded;
    }
}
