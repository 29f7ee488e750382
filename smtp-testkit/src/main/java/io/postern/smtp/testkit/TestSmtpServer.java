package io.postern.smtp.testkit;

import io.postern.smtp.Extension;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.server.VertxSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import io.postern.smtp.testkit.tap.ServerTap;
import io.postern.smtp.testkit.web.InboxPage;
import io.postern.smtp.testkit.web.InboxPageOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server on a free port of 127.0.0.1, with a Vert.x of its own, for as long as a test needs it. Where the machine has ::1,
 * the same port is open there too.
 *
 * <pre>{@code
 * try (TestSmtpServer server = TestSmtpServer.start()) {
 *     send(server.host(), server.port());
 *     ReceivedMessage message = server.inbox().await();
 * }
 * }</pre>
 *
 * <p>TLS, LMTP, limits and a Unix socket instead of a port are a matter of {@link SmtpServerOptions}. {@code start} returns
 * when connections are accepted; {@link #close()} when the port is free again. Both block, so they are not for an event loop.
 */
public final class TestSmtpServer implements AutoCloseable {

    static final String HOST_NAME = "mx.example.test";
    static final String LOOPBACK = "127.0.0.1";
    static final String LOOPBACK_V6 = "::1";
    /** Stands for both of them. */
    private static final String BOTH = "localhost";

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final SmtpServer server;
    private final SmtpHandler handler;
    private final List<SocketAddress> addresses; // also when it is closed
    private final ServerTap tap;
    private @Nullable InboxPage page;

    private TestSmtpServer(Vertx vertx, SmtpServer server, SmtpHandler handler, ServerTap tap) {
        this.vertx = vertx;
        this.server = server;
        this.handler = handler;
        this.addresses = server.addresses();
        this.tap = tap;
    }

    /**
     * New options to start from: the server is called {@code mx.example.test}, AUTH needs no TLS, and wrong credentials are
     * refused without delay.
     */
    public static SmtpServerOptions defaultOptions() {
        return new SmtpServerOptions()
                .setHostName(HOST_NAME)
                .setAuthRequireTls(false)
                .setAuthFailureDelay(Duration.ZERO);
    }

    /**
     * Starts a server with the {@linkplain #defaultOptions() default options} that takes all mail; {@link #inbox()} has it.
     * Clients may log in with the {@linkplain Inbox#username() credentials} of the inbox, and need not.
     */
    public static TestSmtpServer start() {
        RecordingHandler handler = new RecordingHandler();
        Inbox inbox = handler.inbox();
        return start(
                handler,
                defaultOptions(),
                server -> SaslMechanism.passwords(inbox.authenticator()).forEach(server::addMechanism));
    }

    /** Starts a server with {@linkplain #defaultOptions() default options}. */
    public static TestSmtpServer start(SmtpHandler handler) {
        return start(handler, defaultOptions());
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
            SmtpServerOptions local =
                    new SmtpServerOptions(options).setHost(BOTH).setPort(0);
            SmtpServer server = new VertxSmtpServer(vertx, () -> handler, local).setWiretap(tap);
            preparation.accept(server);
            await(server.listen());
            if (handler instanceof RecordingHandler recording) {
                recording.inbox().explainedBy(tap::transcripts);
            }
            return new TestSmtpServer(vertx, server, handler, tap);
        } catch (RuntimeException | Error fault) {
            await(vertx.close());
            throw fault;
        }
    }

    /**
     * The address to connect to, {@code 127.0.0.1} where the machine has it.
     *
     * @throws IllegalStateException when the server listens on a Unix socket
     */
    public String host() {
        return inetAddress().host();
    }

    /**
     * The port to connect to, the same on all {@link #addresses()}.
     *
     * @throws IllegalStateException when the server listens on a Unix socket
     */
    public int port() {
        return inetAddress().port();
    }

    private SocketAddress inetAddress() {
        SocketAddress first = addresses().get(0);
        if (first.isDomainSocket()) {
            throw new IllegalStateException("the server has no port, it listens on " + first.path());
        }
        return first;
    }

    /** All that can be connected to: 127.0.0.1, and ::1 where the machine has it, or the Unix socket of the options. */
    public List<SocketAddress> addresses() {
        return addresses;
    }

    /** A client that is connected to the first of the {@link #addresses()}; the greeting is still to be read. */
    public RawSmtpClient connect() {
        SocketAddress first = addresses().get(0);
        return first.isDomainSocket()
                ? RawSmtpClient.connect(UnixDomainSocketAddress.of(first.path()))
                : RawSmtpClient.connect(first.host(), first.port());
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
            running.setReceivingAt(
                    addresses.stream().map(SocketAddress::toString).toList());
            source.observe(running::add);
            page = running;
        }
        return running;
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
