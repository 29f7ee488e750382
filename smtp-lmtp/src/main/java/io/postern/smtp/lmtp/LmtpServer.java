package io.postern.smtp.lmtp;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Servers that speak LMTP (RFC 2033): LHLO takes the place of HELO and EHLO, and after a message there is a reply for each
 * accepted recipient. An {@link LmtpHandler} gives these replies. Any other {@link SmtpHandler} serves as well; the one
 * reply of its {@link SmtpHandler#handleData handleData} is given for each recipient. In all else these servers are
 * {@link SmtpServer}s.
 *
 * <pre>{@code
 * LmtpServer.create(vertx, handler, new SmtpServerOptions().setHostName("store.example.org")).listen(2424, "localhost");
 * }</pre>
 *
 * <p>RFC 2033 §5: LMTP must not be served on port 25.
 */
public final class LmtpServer {

    private LmtpServer() {}

    /** A server with one handler for all connections. */
    public static SmtpServer create(Vertx vertx, SmtpHandler handler, SmtpServerOptions options) {
        Objects.requireNonNull(handler, "handler");
        return create(vertx, () -> handler, options);
    }

    /**
     * A server that takes a new handler for every connection.
     *
     * @param options as for an {@link SmtpServer}; they need not say {@link SmtpServerOptions#setLmtp lmtp}
     */
    public static SmtpServer create(Vertx vertx, Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return SmtpServer.create(vertx, handlers, new SmtpServerOptions(options).setLmtp(true));
    }

    /** Like {@link #create(Vertx, SmtpHandler, SmtpServerOptions)} with default options. */
    public static SmtpServer create(Vertx vertx, SmtpHandler handler) {
        return create(vertx, handler, new SmtpServerOptions());
    }
}
