package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The page itself: three files and an icon, which load nothing from elsewhere. */
final class StaticFiles {

    /**
     * Only our own script runs, and it cannot be led to make markup of a text (Trusted Types). Frames are our own as well: so
     * what is in one cannot lead it away.
     */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";

    private record StaticFile(String path, String type, Buffer content) {

        static StaticFile read(String path, String name, String type) {
            try (InputStream input = StaticFiles.class.getResourceAsStream(name)) {
                if (input == null) {
                    throw new IllegalStateException("the resource " + name + " is missing");
                }
                return new StaticFile(path, type, Buffer.buffer(input.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void answer(RoutingContext request) {
            request.response()
                    .putHeader("Content-Security-Policy", POLICY)
                    .putHeader(HttpHeaders.CONTENT_TYPE, type)
                    .end(content);
        }
    }

    private final List<StaticFile> files;

    private StaticFiles(List<StaticFile> files) {
        this.files = files;
    }

    /** Reads them, from where classes are, which blocks. */
    static StaticFiles read() {
        return new StaticFiles(List.of(
                StaticFile.read("/", "inbox.html", "text/html; charset=utf-8"),
                StaticFile.read("/inbox.css", "inbox.css", "text/css; charset=utf-8"),
                StaticFile.read("/inbox.js", "inbox.js", "text/javascript; charset=utf-8"),
                StaticFile.read("/icon.svg", "icon.svg", "image/svg+xml")));
    }

    void addTo(Router router) {
        files.forEach(file -> router.get(file.path()).handler(file::answer));
    }
}
