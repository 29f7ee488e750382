package io.postern.smtp.lmtp;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import java.util.function.Supplier;

/**
 * Hosts an {@link LmtpServer} in a Vert.x application, as {@link SmtpServerVerticle} does an {@link SmtpServer}, with an
 * {@link LmtpHandler} or any other {@link SmtpHandler}.
 */
public class LmtpServerVerticle extends SmtpServerVerticle {

    /** Serves with one handler for all connections of this instance. */
    public LmtpServerVerticle(SmtpHandler handler, SmtpServerOptions options) {
        super(handler, options);
    }

    /** Serves with a new handler for every connection. */
    public LmtpServerVerticle(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        super(handlers, options);
    }

    @Override
    protected SmtpServer createServer(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
        return LmtpServer.create(vertx, handlers, options);
    }
}
