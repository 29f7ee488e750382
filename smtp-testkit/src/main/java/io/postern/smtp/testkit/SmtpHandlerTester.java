package io.postern.smtp.testkit;

import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.server.VertxSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import io.postern.smtp.testkit.memory.MemoryTransport;
import io.postern.smtp.testkit.memory.TestLoop;
import io.postern.smtp.testkit.tap.ServerTap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drives a handler without a socket, on the thread of the test, and in time that passes only when the test says so:
 *
 * <pre>{@code
 * try (SmtpHandlerTester tester = SmtpHandlerTester.of((vertx, clock) -> new MyHandler(vertx, clock))) {
 *     RawSmtpClient client = tester.client().peer("192.0.2.7").hello();
 *     client.command("MAIL FROM:<a@b.example>").expect(250);
 *     client.command("RCPT TO:<c@d.example>").expect(450);
 *     tester.advance(Duration.ofMinutes(1));
 *     client.command("RCPT TO:<c@d.example>").expect(250);
 * }
 * }</pre>
 *
 * <p>It is the server itself that asks the handler, on a Vert.x whose network is memory and whose one event loop is the
 * calling thread. So what a client reads is what it reads of a server on a socket: the replies to commands that are wrong,
 * 451 when the handler fails, gives no Future or takes too long, back-pressure, TLS. When a method of a client returns, all
 * that follows from it has been done, hooks included; only what other threads do, such as in {@code executeBlocking}, may
 * still be under way, and is waited for where a reply is read or {@link #await} is called.
 *
 * <p>A tester, its clients and the messages it shows belong to the thread that has made it. Nothing in it needs to be waited for
 * by blocking, and cannot be: {@link Inbox#await()} on the thread of the test would keep the mail from coming.
 *
 * <p>Not like a socket is that nothing is lost on the way, and that either side can be 65536 octets ahead of the other.
 */
public final class SmtpHandlerTester implements AutoCloseable {

    private static final SocketAddress ADDRESS = SocketAddress.inetSocketAddress(25, TestSmtpServer.LOOPBACK);

    /** For what other threads have to do, such as loading certificates. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Makes the handler that is tested. */
    @FunctionalInterface
    public interface Handlers {

        /**
         * Makes a handler.
         *
         * @param vertx the Vert.x of the tester: its timers go by {@code clock}, and it has no network
         * @param clock the clock of the tester, to be read; it is moved with {@link SmtpHandlerTester#advance}
         */
        SmtpHandler create(Vertx vertx, MovableClock clock);
    }

    private final MovableClock clock = new MovableClock();
    private final TestLoop loop = new TestLoop(clock);
    private final MemoryTransport transport = new MemoryTransport(loop);
    private final Vertx vertx = Vertx.builder().withTransport(transport).build();
    private final ServerTap tap = new ServerTap(clock, loop.ticker()::nanoTime);
    private final SmtpServerOptions options;
    private final ObservedHandler handler;
    private final SmtpServer server;
    private @Nullable Session session;
    private boolean closed;

    private SmtpHandlerTester(Handlers handlers, SmtpServerOptions options, Consumer<? super SmtpServer> preparation) {
        this.options = new SmtpServerOptions(options);
        try {
            SmtpHandler tested = handlers.create(vertx, clock);
            if (tested instanceof RecordingHandler recording) {
                recording.inbox().explainedBy(tap::transcripts);
            }
            handler = new ObservedHandler(tested, asked -> session = asked);
            server = new VertxSmtpServer(vertx, () -> handler, this.options, loop::millis).setWiretap(tap);
            preparation.accept(server);
            await(server.listen(ADDRESS));
        } catch (RuntimeException | Error fault) {
            closeVertx();
            throw fault;
        }
    }

    /** Drives a handler that needs neither Vert.x nor a clock, with {@link TestSmtpServer#defaultOptions()}. */
    public static SmtpHandlerTester of(SmtpHandler handler) {
        return of(handler, TestSmtpServer.defaultOptions());
    }

    /** Like {@link #of(Handlers, SmtpServerOptions)}, for a handler that needs neither Vert.x nor a clock. */
    public static SmtpHandlerTester of(SmtpHandler handler, SmtpServerOptions options) {
        return of((vertx, clock) -> handler, options);
    }

    /** Drives a handler with {@link TestSmtpServer#defaultOptions()}. */
    public static SmtpHandlerTester of(Handlers handlers) {
        return of(handlers, TestSmtpServer.defaultOptions());
    }

    /**
     * Drives a handler. Clients may log in as whom they like, with any password.
     *
     * @param options of the server that asks the handler, such as {@link SmtpServerOptions#setLmtp}; host, port and Unix socket
     *     are not used
     */
    public static SmtpHandlerTester of(Handlers handlers, SmtpServerOptions options) {
        return of(
                handlers,
                options,
                server -> SaslMechanism.passwords(everybody()).forEach(server::addMechanism));
    }

    private static Authenticator<Credentials.Password> everybody() {
        return (credentials, context) ->
                Future.succeededFuture(Optional.of(Identity.of(credentials.authenticationId())));
    }

    /**
     * Drives a handler.
     *
     * @param preparation what is to be done before the first client connects: adding extensions, mechanisms of AUTH or metrics
     */
    public static SmtpHandlerTester of(
            Handlers handlers, SmtpServerOptions options, Consumer<? super SmtpServer> preparation) {
        return new SmtpHandlerTester(handlers, options, preparation);
    }

    /** A client that is connected, from 127.0.0.1; the greeting is still to be read, unless the handler holds it back. */
    public RawSmtpClient connect() {
        return client().connect();
    }

    /** A client that is about to connect: who it is, and how far it goes by itself. */
    public TesterClient client() {
        return new TesterClient(this);
    }

    RawSmtpClient connect(InetSocketAddress from) {
        return RawSmtpClient.over(transport.connect(from));
    }

    SmtpServerOptions options() {
        return options;
    }

    /** The Vert.x that the handler was made with. */
    public Vertx vertx() {
        return vertx;
    }

    /** The time as the server, its Vert.x and the handler see it. */
    public MovableClock clock() {
        return clock;
    }

    /**
     * Lets time pass. The deadlines of the server and the timers of its Vert.x that become due on the way run each at its time;
     * the server looks at its deadlines four times a second.
     */
    public void advance(Duration by) {
        loop.advance(by);
    }

    /** Does what there is to do. Needed only when the test itself has given tasks to {@link #vertx()}. */
    public void run() {
        loop.runDue();
    }

    /**
     * Waits for a future that other threads may have a part in, and does what there is to do meanwhile. The clock stands still.
     *
     * @throws AssertionError when it has failed, with its cause, or has not completed within 10 seconds
     */
    public <T> T await(Future<T> future) {
        if (!loop.runUntil(future::isComplete, PATIENCE)) {
            throw new AssertionError("the future has not completed within " + PATIENCE);
        }
        if (future.failed()) {
            throw new AssertionError("the future has failed: " + future.cause(), future.cause());
        }
        return future.result();
    }

    /**
     * What the handler was told so far, over all sessions: a verb and its argument, such as {@code CONNECT}, {@code EHLO
     * client.example}, {@code MAIL a@b.example SIZE=100}, {@code DATA} for BDAT as well, {@code EXCEPTION} with what a hook
     * has failed with, or {@code DISCONNECT}.
     */
    public List<String> told() {
        return handler.told();
    }

    /**
     * The last message that the handler was given: what it has read of it, and what it still asks for.
     *
     * @throws IllegalStateException when it was given none
     */
    public ObservedBody body() {
        return handler.body().orElseThrow(() -> new IllegalStateException("no message has begun"));
    }

    /**
     * The session that the handler was last asked about.
     *
     * @throws IllegalStateException when it was asked nothing
     */
    public Session session() {
        Session last = session;
        if (last == null) {
            throw new IllegalStateException("no client has connected");
        }
        return last;
    }

    /** What was said in each session, the earliest first. */
    public List<Transcript> transcripts() {
        return tap.transcripts();
    }

    /** What goes wrong between server and client when the test wants it to. Delays go by the clock of the tester. */
    public Faults faults() {
        return tap.faults();
    }

    /** The server that asks the handler. */
    public SmtpServer server() {
        return server;
    }

    /** Closes all connections, open transactions included, and the Vert.x. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            end(server.close());
        } finally {
            closeVertx();
        }
    }

    private void closeVertx() {
        loop.hasten();
        end(vertx.close());
    }

    /** Waits for an end before which time may have to pass, and which may be told when the event loop has ended itself. */
    private void end(Future<Void> end) {
        loop.runUntil(() -> passTimeUntil(end), PATIENCE);
        try {
            end.toCompletionStage().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the tester could not be closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private boolean passTimeUntil(Future<Void> end) {
        if (!end.isComplete()) {
            loop.advance(Duration.ofSeconds(1));
        }
        return end.isComplete();
    }
}
