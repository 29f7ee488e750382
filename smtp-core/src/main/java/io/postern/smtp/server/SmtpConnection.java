package io.postern.smtp.server;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.ExtensionVerb;
import io.postern.smtp.protocol.Output;
import io.postern.smtp.protocol.Phase;
import io.postern.smtp.protocol.SmtpEngine;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslExchange;
import io.postern.smtp.sasl.SaslFailure;
import io.postern.smtp.sasl.SaslStep;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One connection: feeds what its socket reads to the engine, writes what the engine sends, and puts the engine's questions
 * to the handler. After every call into the engine it {@link #settle() settles}.
 */
final class SmtpConnection implements Output, Session {

    private static final Logger LOG = System.getLogger(SmtpConnection.class.getName());

    /** How long a client may take to read what it is told last. */
    private static final Duration LAST_REPLIES = Duration.ofSeconds(5);

    private final VertxSmtpServer server;
    private final ServerSettings settings;
    private final Context context;
    private final NetSocket socket;
    private final SmtpHandler handler;
    private final SmtpEngine engine;
    private final long number;
    private final Runnable onClosed;

    private @Nullable BodyStream body;
    private @Nullable ProxyInfo proxy;
    private @Nullable SaslExchange exchange;
    private @Nullable Identity identity;
    /** Counts questions, so that an answer to one that was given up is known for what it is. */
    private int question;
    /** Whether the last question, which may be asked between the chunks of a message, waits for its answer. */
    private boolean asking;

    // in milliseconds of Deadlines.now()
    private long lastStep;
    private long lastRead;
    private long stalledSince;
    private long windowStart;
    private long windowOctets;
    private boolean greeted;
    private boolean driving;
    private boolean reading = true;
    private boolean draining;
    private boolean turnDue;
    private boolean inputEnded;
    /** Counts reads, to see whether one was still to come behind the end of the input. */
    private long reads;

    private boolean ending;
    private boolean closed;

    SmtpConnection(
            VertxSmtpServer server,
            ServerSettings settings,
            Context context,
            NetSocket socket,
            SmtpHandler handler,
            long number,
            Runnable onClosed) {
        this.server = server;
        this.settings = settings;
        this.context = context;
        this.socket = socket;
        this.handler = handler;
        this.number = number;
        this.onClosed = onClosed;
        this.engine = new SmtpEngine(settings.engine(), this);
        this.lastStep = server.deadlines().now();
        beginRateWindow(lastStep);
    }

    void start() {
        socket.handler(this::read);
        socket.closeHandler(v -> closed());
        socket.exceptionHandler(cause -> LOG.log(Level.DEBUG, () -> id() + ": " + cause));
        socket.shutdownHandler(grace -> stop());
        Sockets.onInputEnd(socket, () -> Contexts.run(context, this::inputEnded));
        LOG.log(Level.DEBUG, () -> id() + ": connected from " + peer());
        if (socket.isSsl()) {
            watchRenegotiation();
        }
        if (settings.options().isProxyProtocol()) {
            ProxyInfo header = proxyInfo();
            proxy = header;
            hold();
            whenComplete(call(() -> handler.handleProxy(this, header)), this::proxyDecided);
        } else {
            begin();
        }
    }

    private ProxyInfo proxyInfo() {
        Map<Integer, Buffer> tlvs = new HashMap<>();
        socket.proxyProtocolV2HeaderTLVs()
                .forEach(tlv ->
                        tlvs.put(tlv.getKey().getByte(0) & 0xFF, tlv.getValue().copy()));
        return new ProxyInfo(peer(), local(), named(socket.remoteAddress(true)), tlvs);
    }

    private void proxyDecided(Future<Boolean> accepted) {
        if (accepted.failed() && !(accepted.cause() instanceof SmtpException)) {
            LOG.log(Level.ERROR, id() + ": handleProxy failed", accepted.cause());
        }
        if (Boolean.TRUE.equals(accepted.result())) {
            begin();
        } else {
            Sockets.cut(socket);
        }
    }

    private void begin() {
        long delay = settings.options().getGreetingDelay().toMillis();
        if (delay == 0) {
            greet();
        } else {
            // reads meanwhile, to catch a client that does not wait for the greeting
            release();
            server.vertx().setTimer(delay, v -> greet());
        }
    }

    private void hold() {
        reading = false;
        socket.pause();
    }

    private void release() {
        reading = true;
        socket.resume();
    }

    private void greet() {
        if (!closed && !ending) {
            greeted = true;
            drive(() -> engine.start(socket.isSsl()));
        }
    }

    private void read(Buffer buffer) {
        reads++;
        lastRead = server.deadlines().now();
        if (ending) {
            return; // what a client sends behind the end of its session is nobody's
        }
        if (!greeted) {
            terminate(Replies.EARLY_TALKER);
            return;
        }
        drive(() -> Buffers.unwrap(buffer, engine::receive));
    }

    private void watchRenegotiation() {
        Sockets.watchRenegotiation(socket, () -> {
            LOG.log(Level.WARNING, () -> id() + ": the client began a renegotiation, closing the connection");
            Sockets.cut(socket);
        });
    }

    private void inputEnded() {
        inputEnded = true;
        settle();
    }

    /** The server stops: a transaction that is open may finish. */
    void stop() {
        drive(engine::stop);
    }

    /** Ends the session with a reply, whatever is going on. */
    void terminate(Reply reply) {
        drive(() -> engine.terminate(reply));
    }

    /** Ends or goes on with what has waited too long. */
    void checkDeadline() {
        long now = server.deadlines().now();
        SmtpServerOptions options = settings.options();
        if (ending || draining) {
            // what we have to say is not read: RFC 5321 knows no deadline for it, but it cannot wait for ever
            if (isOver(ending ? LAST_REPLIES : options.getTimeout(), now - stalledSince)) {
                LOG.log(Level.DEBUG, () -> id() + ": the client does not read, closing the connection");
                Sockets.cut(socket);
            }
        } else if (awaitsHandler()) {
            beginRateWindow(now);
            if (isOver(options.getHandlerTimeout(), now - Math.max(lastStep, lastRead))) {
                LOG.log(Level.WARNING, () -> id() + ": the handler has not answered in time");
                drive(this::giveUpOnHandler);
            }
        } else if (engine.receivesMessage()) {
            checkRate(now, options);
        } else {
            beginRateWindow(now);
            if (isOver(options.getTimeout(), now - lastStep)) {
                terminate(Replies.CLIENT_TIMEOUT);
            }
        }
    }

    private void checkRate(long now, SmtpServerOptions options) {
        Duration patience = options.getDataTimeout();
        if (isOver(patience, now - lastRead)) {
            terminate(Replies.CLIENT_TIMEOUT);
        } else if (isOver(patience, now - windowStart)) {
            long received = engine.messageOctets() - windowOctets;
            if (received * 1_000 < options.getMinDataRate() * (now - windowStart)) {
                terminate(Replies.CLIENT_TIMEOUT);
            } else {
                beginRateWindow(now);
            }
        }
    }

    private void beginRateWindow(long now) {
        windowStart = now;
        windowOctets = engine.messageOctets();
    }

    /** Whether a time has passed that ends with {@code limit}; zero never does. */
    private static boolean isOver(Duration limit, long waitedMillis) {
        return !limit.isZero() && waitedMillis >= limit.toMillis();
    }

    private boolean awaitsHandler() {
        return engine.awaitsAnswer() || (body != null && !body.wantsMore());
    }

    private void giveUpOnHandler() {
        if (asking) {
            asking = false;
            question++;
            engine.answer(Replies.HANDLER_FAILED);
        } else {
            bodyFailed("the handler has not answered in time");
            engine.bodyAnswer(Replies.HANDLER_FAILED);
        }
    }

    /** Calls into the engine. Whatever goes wrong in there ends the session, never leaves it hanging. */
    private void drive(Runnable call) {
        int steps = engine.steps();
        call(call);
        if (engine.steps() != steps) {
            // counted from the last whole command or answer, not from the last octet: who sends a command octet by
            // octet has no more time for it than others
            lastStep = server.deadlines().now();
        }
    }

    private void call(Runnable call) {
        if (driving) {
            call.run(); // a handler answers inside a question; who asked it settles
            return;
        }
        driving = true;
        try {
            call.run();
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": internal error, closing the connection", fault);
            engine.terminate(Replies.CONNECTION_FAILED);
        } finally {
            driving = false;
        }
        settle();
    }

    /** Reads on or stops reading, takes another turn, closes: as the engine, the body and the write queue want it. */
    private void settle() {
        if (driving || closed || ending) {
            return;
        }
        if (engine.phase() == Phase.CLOSED) {
            end();
            return;
        }
        boolean full = socket.writeQueueFull();
        if (full && !draining) {
            draining = true;
            stalledSince = server.deadlines().now();
            socket.drainHandler(v -> {
                draining = false;
                settle();
            });
        }
        if (engine.wantsTurn() && !full && !turnDue) {
            turnDue = true;
            context.runOnContext(v -> {
                turnDue = false;
                drive(engine::takeTurn);
            });
        }
        boolean read = engine.wantsInput() && !full && (body == null || body.wantsMore());
        if (read != reading) {
            if (read) {
                release();
            } else {
                hold();
            }
        }
        if (inputEnded && read) {
            long before = reads;
            context.runOnContext(v -> endWithInput(before));
        }
    }

    /** The client has closed its side, and has been answered all that it sent. */
    private void endWithInput(long before) {
        if (reads == before && reading && !closed && !ending) {
            end();
        }
    }

    /** Closes the socket when the last replies have left; {@link #checkDeadline()} sees to those that nobody reads. */
    private void end() {
        ending = true;
        stalledSince = server.deadlines().now();
        if (!reading) {
            socket.resume(); // octets that nobody has read would make the close a reset, which may overtake the replies
        }
        // While it has a shutdown handler, Vert.x only tells that one when it is asked to close
        socket.shutdownHandler(null);
        socket.end();
    }

    private void closed() {
        closed = true;
        try {
            engine.disconnected();
            handler.handleDisconnect(this);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": handleDisconnect failed", fault);
        }
        LOG.log(Level.DEBUG, () -> id() + ": disconnected");
        server.remove(this);
        onClosed.run();
    }

    // Output: what the engine wants

    @Override
    public void send(byte[] bytes, int from, int to) {
        if (LOG.isLoggable(Level.DEBUG)) {
            String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
            text.lines().forEach(line -> LOG.log(Level.DEBUG, id() + ": S: " + line));
        }
        if (!closed) {
            socket.write(Buffers.wrap(bytes, from, to));
        }
    }

    @Override
    public void startTls(byte[] bytes, int from, int to) {
        Future<Void> upgraded =
                socket.upgradeToSsl(server.tls(), Buffers.wrap(bytes, from, to)); // writes first, then starts TLS
        whenComplete(upgraded, done -> {
            if (done.succeeded() && engine.phase() == Phase.CLOSED) {
                LOG.log(Level.DEBUG, () -> id() + ": TLS is there, but the session has ended meanwhile");
            } else if (done.succeeded()) {
                watchRenegotiation();
                identity = null;
                drive(engine::tlsStarted);
            } else {
                LOG.log(Level.DEBUG, () -> id() + ": TLS handshake failed: " + done.cause());
                Sockets.cut(socket);
            }
        });
    }

    @Override
    public List<String> mechanisms() {
        return settings.offeredMechanisms(new Authentication(settings, socket, peer()));
    }

    @Override
    public void auth(String mechanism, Optional<byte[]> initialResponse) {
        ask(
                () -> {
                    SaslExchange begun = new Authentication(settings, socket, peer()).begin(mechanism);
                    exchange = begun;
                    return initialResponse.isPresent() ? begun.onResponse(initialResponse.get()) : begun.firstStep();
                },
                this::goOnWithExchange);
    }

    @Override
    public void authResponse(byte[] response) {
        SaslExchange current = Objects.requireNonNull(exchange);
        ask(() -> current.onResponse(response), this::goOnWithExchange);
    }

    @Override
    public void authAborted() {
        exchange = null;
    }

    private void goOnWithExchange(Future<SaslStep> next) {
        SaslStep step = next.succeeded()
                ? next.result()
                : new SaslStep.Failure(SaslFailure.TEMPORARILY_UNAVAILABLE, Optional.of(next.cause()));
        if (step instanceof SaslStep.Challenge challenge) {
            engine.challenge(challenge.data());
        } else if (step instanceof SaslStep.Success success) {
            exchange = null;
            identity = success.identity();
            server.throttle().succeeded(ClientAddress.of(socket));
            LOG.log(Level.DEBUG, () -> id() + ": authenticated as " + success.identity());
            engine.answer(Replies.AUTHENTICATED);
        } else if (step instanceof SaslStep.Failure failure) {
            exchange = null;
            failure.cause().ifPresent(cause -> LOG.log(Level.ERROR, id() + ": authentication is not possible", cause));
            // a guess is slowed down; what went wrong on our side, or was not even an answer, is none
            long delay = failure.reason() == SaslFailure.CREDENTIALS_INVALID
                    ? server.throttle()
                            .failed(ClientAddress.of(socket), server.deadlines().now())
                    : 0;
            answerLater(delay, Authentication.reply(failure.reason()));
        }
    }

    private void answerLater(long delayMillis, Reply reply) {
        if (delayMillis == 0) {
            engine.answer(reply);
            return;
        }
        int asked = question;
        server.vertx().setTimer(delayMillis, v -> {
            if (asked == question && engine.awaitsAnswer()) {
                drive(() -> engine.answer(reply));
            }
        });
    }

    @Override
    public void secured() {
        ask(
                () -> handler.handleStartTls(this, socket.sslSession()),
                accepted -> engine.answer(
                        accepted.failed()
                                ? refusal(accepted)
                                : Boolean.TRUE.equals(accepted.result()) ? Replies.OK : Replies.LACK_OF_SECURITY));
    }

    @Override
    public void received(String line) {
        if (LOG.isLoggable(Level.DEBUG)) {
            LOG.log(Level.DEBUG, id() + ": C: " + line);
        }
    }

    @Override
    public void close() {
        // settle() closes the socket, after what is still to be sent
    }

    @Override
    public void connect() {
        ask(() -> handler.handleConnect(this));
    }

    @Override
    public void helo(String hostName) {
        ask(() -> handler.handleHelo(this, hostName));
    }

    @Override
    public void ehlo(String hostName, EhloReply planned) {
        ask(() -> handler.handleEhlo(this, hostName, planned), this::answerEhlo);
    }

    @Override
    public void mail(Envelope envelope, Sender sender) {
        ask(() -> handler.handleMail(this, envelope, sender));
    }

    @Override
    public void rcpt(Envelope envelope, Recipient recipient) {
        ask(() -> handler.handleRcpt(this, envelope, recipient));
    }

    @Override
    public void rset(Envelope envelope) {
        ask(() -> handler.handleRset(this, envelope));
    }

    @Override
    public void noop(String argument) {
        ask(() -> handler.handleNoop(this, argument));
    }

    @Override
    public void vrfy(String address) {
        ask(() -> handler.handleVrfy(this, address));
    }

    @Override
    public void expn(String list) {
        ask(() -> handler.handleExpn(this, list));
    }

    @Override
    public void help(String topic, Reply planned) {
        ask(() -> handler.handleHelp(this, topic, planned));
    }

    @Override
    public void quit() {
        ask(() -> handler.handleQuit(this));
    }

    @Override
    public void extension(ExtensionVerb verb, Envelope envelope, String argument) {
        ask(() -> settings.extension(verb).handle(this, envelope, argument));
    }

    @Override
    public void bodyStart(Envelope envelope, boolean eachRecipient) {
        BodyStream opened = new BodyStream(context, this::settle, this::bodyHandlerFailed);
        body = opened;
        Future<List<Reply>> answer = eachRecipient
                ? call(() -> handler.handleDataPerRecipient(this, envelope, opened))
                        .map(replies -> answers(replies, envelope.recipients().size()))
                : call(() -> handler.handleData(this, envelope, opened))
                        .map(reply -> answers(Collections.singletonList(reply), 1));
        if (answer.isComplete()) {
            answerBody(opened, answer);
        } else {
            engine.bodyReady();
            whenComplete(answer, done -> {
                if (body == opened) {
                    drive(() -> answerBody(opened, done));
                }
            });
        }
    }

    private static List<Reply> answers(@Nullable List<Reply> given, int wanted) {
        List<Reply> replies = given == null ? List.of() : new ArrayList<>(given); // which may change, or hold null
        if (replies.size() != wanted || !replies.stream().allMatch(SmtpConnection::isAnswer)) {
            throw new IllegalStateException("the hook gave " + given + ", wanted are " + wanted
                    + (wanted == 1 ? " reply" : " replies") + " of 2xx, 4xx or 5xx");
        }
        return replies;
    }

    private void answerBody(BodyStream answered, Future<List<Reply>> answer) {
        body = null;
        answered.close();
        engine.bodyAnswer(answer.succeeded() ? answer.result() : List.of(refusal(answer)));
    }

    private void bodyHandlerFailed(Throwable fault) {
        BodyStream failed = body;
        if (failed != null) {
            drive(() -> answerBody(failed, Future.failedFuture(fault)));
        } else {
            LOG.log(Level.WARNING, id() + ": a handler of a body that is over failed", fault);
        }
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
        if (body != null) {
            body.offer(Buffers.wrap(bytes, from, to));
        }
    }

    @Override
    public void bodyEnd() {
        if (body != null) {
            body.end();
        }
    }

    @Override
    public void bodyFailed(String reason) {
        BodyStream failed = body;
        body = null;
        if (failed != null) {
            failed.fail(reason);
        }
    }

    // Questions

    private void ask(Supplier<@Nullable Future<Reply>> hook) {
        ask(hook, answer -> engine.answer(replyOf(answer)));
    }

    private <T> void ask(Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> answer) {
        int asked = ++question;
        Future<T> future = call(hook);
        if (future.isComplete()) {
            answer.accept(future);
        } else {
            asking = true;
            whenComplete(future, done -> {
                if (asked == question && engine.awaitsAnswer()) {
                    asking = false;
                    drive(() -> answer.accept(done));
                }
            });
        }
    }

    private void answerEhlo(Future<EhloReply> answer) {
        EhloReply reply = answer.succeeded() ? answer.result() : null;
        if (reply != null) {
            engine.answer(reply);
        } else {
            engine.answer(refusal(answer));
        }
    }

    /** Calls a hook; that it throws or gives nothing is a failure like any other. */
    private static <T> Future<T> call(Supplier<@Nullable Future<T>> hook) {
        try {
            Future<T> future = hook.get();
            return future != null ? future : Future.failedFuture(noReply());
        } catch (RuntimeException | Error fault) {
            return Future.failedFuture(fault);
        }
    }

    private <T> void whenComplete(Future<T> future, Consumer<Future<T>> then) {
        future.onComplete(done -> Contexts.run(context, () -> then.accept(future)));
    }

    private Reply replyOf(Future<Reply> answer) {
        Reply reply = answer.succeeded() ? answer.result() : null;
        return reply != null && isAnswer(reply) ? reply : refusal(answer);
    }

    private static boolean isAnswer(@Nullable Reply reply) {
        return reply != null && reply.code() / 100 != 3;
    }

    /** What the client reads of a hook that has failed: never what went wrong. */
    private Reply refusal(Future<?> answer) {
        if (answer.cause() instanceof SmtpException refusal) {
            return refusal.reply();
        }
        Throwable cause = answer.failed() ? answer.cause() : noReply();
        LOG.log(Level.ERROR, id() + ": the handler failed", cause);
        try {
            Reply reply = handler.handleException(this, cause);
            return reply.code() < 400 ? Replies.HANDLER_FAILED : reply;
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": handleException failed", fault);
            return Replies.HANDLER_FAILED;
        }
    }

    private static Throwable noReply() {
        return new IllegalStateException("the hook gave no reply of 2xx, 4xx or 5xx");
    }

    // Session

    @Override
    public String id() {
        return server.sessionId(number);
    }

    @Override
    public SocketAddress peer() {
        return named(socket.remoteAddress());
    }

    @Override
    public SocketAddress local() {
        return named(socket.localAddress());
    }

    /**
     * The peer of a Unix socket has no address, but not every transport says so, and the socket was bound under another
     * path than its clients see.
     */
    private SocketAddress named(SocketAddress end) {
        SocketAddress server = settings.address();
        return server.isDomainSocket() && end.isDomainSocket() ? server : end;
    }

    @Override
    public Optional<String> hostName() {
        return engine.hostName();
    }

    @Override
    public boolean extendedSmtp() {
        return engine.extended();
    }

    @Override
    public Optional<SSLSession> sslSession() {
        return Optional.ofNullable(socket.sslSession());
    }

    @Override
    public Optional<ProxyInfo> proxy() {
        return Optional.ofNullable(proxy);
    }

    @Override
    public Optional<Identity> authenticated() {
        return Optional.ofNullable(identity);
    }

    @Override
    public String serverName() {
        return settings.hostName();
    }

    @Override
    public Reply greeting() {
        return settings.greeting();
    }

    @Override
    public Context context() {
        return context;
    }

    @Override
    public String toString() {
        return "Session[" + id() + ", peer=" + peer() + ", phase=" + engine.phase() + "]";
    }
}
