package io.postern.smtp.testkit;

import io.postern.smtp.Extension;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.server.VertxSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import io.postern.smtp.testkit.tap.ServerTap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A server on a free port of 127.0.0.1, with a Vert.x of its own, for as long as a test needs it.
 *
 * <pre>{@code
 * try (TestSmtpServer server = TestSmtpServer.start()) {
 *     send(server.host(), server.port());
 *     ReceivedMessage message = server.inbox().await();
 * }
 * }</pre>
 *
 * <p>{@code start} returns when connections are accepted; {@link #close()} when the port is free again. Both block, so they
 * are not for an event loop.
 */
public final class TestSmtpServer implements AutoCloseable {

    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final SmtpServer server;
    private final SmtpHandler handler;
    private final ServerTap tap;

    private TestSmtpServer(Vertx vertx, SmtpServer server, SmtpHandler handler, ServerTap tap) {
        this.vertx = vertx;
        this.server = server;
        this.handler = handler;
        this.tap = tap;
    }

    /** Starts a server that takes all mail, called {@code mx.example.test}; {@link #inbox()} has the mail. */
    public static TestSmtpServer start() {
        return start(new RecordingHandler());
    }

    /** Starts a server with default options, called {@code mx.example.test}. */
    public static TestSmtpServer start(SmtpHandler handler) {
        return start(handler, new SmtpServerOptions().setHostName("mx.example.test"));
    }

    /**
     * Starts a server.
     *
     * @param options their host and port are not used
     */
    public static TestSmtpServer start(SmtpHandler handler, SmtpServerOptions options, Extension... extensions) {
        return start(handler, options, server -> List.of(extensions).forEach(server::addExtension));
    }

    /**
     * Starts a server.
     *
     * @param options their host and port are not used
     * @param preparation what is to be done before the server listens: adding extensions, mechanisms of AUTH or metrics
     */
    public static TestSmtpServer start(
            SmtpHandler handler, SmtpServerOptions options, Consumer<? super SmtpServer> preparation) {
        Vertx vertx = Vertx.vertx();
        try {
            ServerTap tap = new ServerTap();
            SmtpServer server = new VertxSmtpServer(vertx, () -> handler, options).setWiretap(tap);
            preparation.accept(server);
            await(server.listen(0, LOOPBACK));
            return new TestSmtpServer(vertx, server, handler, tap);
        } catch (RuntimeException | Error fault) {
            await(vertx.close());
            throw fault;
        }
    }

    /** The address to connect to. */
    public String host() {
        return LOOPBACK;
    }

    /** The port to connect to. */
    public int port() {
        return server.actualPort();
    }

    /** A client that is connected to this server; the greeting is still to be read. */
    public RawSmtpClient connect() {
        return RawSmtpClient.connect(host(), port());
    }

    /**
     * The inbox of the server's {@link RecordingHandler}.
     *
     * @throws IllegalStateException when it has another handler, which does with the mail whatever it does
     */
    public Inbox inbox() {
        if (handler instanceof RecordingHandler recording) {
            return recording.inbox();
        }
        throw new IllegalStateException(
                "the server has a " + handler.getClass().getName() + ", only a RecordingHandler has an inbox");
    }

    /** What goes wrong at this server when a test wants it to. It concerns all clients of the server. */
    public Faults faults() {
        return tap.faults();
    }

    /** What was said in each session, also in those that are open, the earliest first; in the last 200 of them. */
    public List<Transcript> transcripts() {
        return tap.transcripts();
    }

    /** The server, for what it knows about itself. */
    public SmtpServer server() {
        return server;
    }

    /** Closes all connections, open transactions included. */
    @Override
    public void close() {
        try {
            await(server.close());
        } finally {
            await(vertx.close());
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the test server failed", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the test server gave no sign of life for " + TIMEOUT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
