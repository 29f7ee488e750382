package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The page itself: three files and an icon, which load nothing from elsewhere. */
final class StaticFiles {

    /**
     * Only our own script runs, and it cannot be led to make markup of a text (Trusted Types). Frames are our own as well: so
     * what is in one cannot lead it away.
     */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";

    private StaticFiles() {}

    /** Blocks for as long as it takes to read them, once, from where classes are. */
    static void addTo(Router router) {
        add(router, "/", "inbox.html", "text/html; charset=utf-8");
        add(router, "/inbox.css", "inbox.css", "text/css; charset=utf-8");
        add(router, "/inbox.js", "inbox.js", "text/javascript; charset=utf-8");
        add(router, "/icon.svg", "icon.svg", "image/svg+xml");
    }

    private static void add(Router router, String path, String name, String type) {
        Buffer content = read(name);
        router.get(path)
                .handler(request -> request.response()
                        .putHeader("Content-Security-Policy", POLICY)
                        .putHeader(HttpHeaders.CONTENT_TYPE, type)
                        .end(content));
    }

    private static Buffer read(String name) {
        try (InputStream input = StaticFiles.class.getResourceAsStream(name)) {
            if (input == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            return Buffer.buffer(input.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
