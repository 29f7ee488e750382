package io.postern.smtp.testkit;

import io.postern.smtp.Extension;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.web.InboxPage;
import io.postern.smtp.testkit.web.InboxPageOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

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
    private @Nullable InboxPage page;

    private TestSmtpServer(Vertx vertx, SmtpServer server, SmtpHandler handler) {
        this.vertx = vertx;
        this.server = server;
        this.handler = handler;
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
        Vertx vertx = Vertx.vertx();
        try {
            SmtpServer server = SmtpServer.create(vertx, handler, options);
            for (Extension extension : extensions) {
                server.addExtension(extension);
            }
            await(server.listen(0, LOOPBACK));
            return new TestSmtpServer(vertx, server, handler);
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

    /** Like {@link #ui(InboxPageOptions)}, on a free port of 127.0.0.1. */
    public InboxPage ui() {
        return ui(new InboxPageOptions().setPort(0));
    }

    /**
     * A web page with the messages of this server, to look at while a test is written or stopped in a debugger; it is closed
     * with the server. Needs {@code vertx-web} and {@code apache-mime4j-dom} on the class path.
     *
     * <p>The page has a store of its own, which is bounded: what is deleted there remains in the inbox, and what a test has
     * looked at remains there. It shows the messages of a {@link RecordingHandler} from the first on, and those that are
     * sorted by {@link io.postern.smtp.testkit.junit.SmtpServerExtension} from now on.
     *
     * @param options where it listens and how much it keeps; not looked at when the page is there already
     * @throws IllegalStateException when the handler of the server is no {@link MessageSource}, or the page cannot start
     */
    public synchronized InboxPage ui(InboxPageOptions options) {
        InboxPage running = page;
        if (running == null) {
            if (!(handler instanceof MessageSource source)) {
                throw new IllegalStateException("the server has a "
                        + handler.getClass().getName() + ", only the messages of a MessageSource can be shown");
            }
            running = await(InboxPage.create(vertx, options).listen());
            running.setReceivingAt(List.of(host() + ":" + port()));
            source.observe(running::add);
            page = running;
        }
        return running;
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
            closePage();
        } finally {
            await(vertx.close());
        }
    }

    private synchronized void closePage() {
        if (page != null) {
            await(page.close());
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
