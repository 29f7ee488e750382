package io.postern.smtp.server;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ExtensionAnswer;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Limit;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.EngineExtension;
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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.RejectedExecutionException;
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

    /** How long a message may wait, in all, until others have made room for it; clients wait for minutes. */
    static final Duration ROOM_PATIENCE = Duration.ofSeconds(5);

    private final VertxSmtpServer server;
    private final ServerSettings settings;
    private final ListeningAddress shared;
    private final Context context;
    /** Calls hooks where they may block; null when they are called where the connection is served. */
    private final @Nullable Hooks hooks;

    private final NetSocket socket;
    private final SmtpHandler handler;
    private final SmtpEngine engine;
    private final Entry entry;
    private final long number;
    private final Census.Place place;
    private final BytesInFlight.Share inFlight;
    private final SmtpMetrics metrics;
    /** Whether somebody wants to know how long things take. */
    private final boolean timed;

    private @Nullable BodyStream body;
    /** Whether the client still waits for 354, as the handler has neither begun to read the body nor returned. */
    private boolean opening;

    /** Whether the handler holds what it was given of the body. */
    private boolean bodyIsHeld;

    /** Whether the handler has failed, and is asked what the client reads: no answer that comes now makes the body whole. */
    private boolean bodyIsLost;

    private long bodyBegun;
    private String bodyCommand = "";
    private String mechanism = "";
    private @Nullable ProxyInfo proxy;
    private @Nullable ClientOverride override;
    private @Nullable SaslExchange exchange;
    private @Nullable Identity identity;
    /** Counts questions, so that an answer to one that was given up is known for what it is. */
    private int question;
    /** Whether the last question, which may be asked between the chunks of a message, waits for its answer. */
    private boolean asking;
    /** Whether the answer is there, and its reply is held back. */
    private boolean holdingBack;

    // in milliseconds of Deadlines.now()
    private long lastStep;
    private long lastRead;
    private long stalledSince;
    private long windowStart;
    private long windowOctets;

    private boolean driving;
    private boolean reading = true;
    private boolean draining;
    private boolean turnDue;
    private boolean inputEnded;
    /** Counts reads, to see whether one was still to come behind the end of the input. */
    private long reads;

    private boolean ending;
    private boolean closed;

    /**
     * @param context the event loop that serves the connection
     * @param hookContext where hooks are called; the same, or one where they may block
     */
    @SuppressWarnings("ReferenceEquality") // a context is itself and no other
    SmtpConnection(
            VertxSmtpServer server,
            ServerSettings settings,
            ListeningAddress shared,
            Context context,
            Context hookContext,
            NetSocket socket,
            SmtpHandler handler,
            long number,
            Census.Place place) {
        this.server = server;
        this.settings = settings;
        this.shared = shared;
        this.context = context;
        this.hooks = hookContext == context ? null : new Hooks(context, hookContext);
        this.socket = socket;
        this.handler = handler;
        this.number = number;
        this.place = place;
        this.entry = new Entry(server, settings, socket, place, this);
        this.engine = new SmtpEngine(settings.engine(), this);
        this.metrics = server.metrics();
        this.timed = metrics instanceof GuardedMetrics;
        this.inFlight =
                shared.bytesInFlight().new Share(settings.options().getMaxBytesInFlight(), metrics, this::roomCame);
        this.lastStep = server.deadlines().now();
        this.lastRead = lastStep;
        beginRateWindow(lastStep);
    }

    void start() {
        socket.handler(this::read);
        socket.closeHandler(v -> closed());
        socket.exceptionHandler(cause -> LOG.log(Level.DEBUG, () -> id() + ": " + cause));
        socket.shutdownHandler(grace -> stop());
        Sockets.onInputEnd(socket, () -> Contexts.run(context, this::inputEnded));
        LOG.log(Level.DEBUG, () -> id() + ": connected from " + peer());
        entry.begin();
    }

    // What the way in asks for

    /** Notes what a proxy said. */
    ProxyInfo proxied(ProxyGate.Header header) {
        SocketAddress sender = originalPeer();
        ProxyInfo said = new ProxyInfo(
                header.source().orElse(sender), header.destination().orElseGet(this::local), sender, header.tlvs());
        proxy = said;
        LOG.log(Level.DEBUG, () -> id() + ": the proxy speaks for " + peer());
        return said;
    }

    void askAboutProxy(ProxyInfo said, Consumer<Boolean> decided) {
        long begun = nanos();
        callHook(
                () -> handler.handleProxy(this, said),
                decision -> whenComplete(decision, answer -> {
                    answered("PROXY", begun);
                    if (answer.failed() && !(answer.cause() instanceof SmtpException)) {
                        LOG.log(Level.ERROR, id() + ": handleProxy failed", answer.cause());
                    }
                    decided.accept(Boolean.TRUE.equals(answer.result()));
                }));
    }

    void tellProxyFailure(String reason) {
        callHook(
                () -> {
                    handler.handleProxyFailure(this, reason);
                    return Future.succeededFuture();
                },
                told -> {
                    if (told.failed()) {
                        LOG.log(Level.ERROR, id() + ": handleProxyFailure failed", told.cause());
                    }
                });
    }

    void encrypted() {
        metrics.tlsEstablished(socket.sslSession().getProtocol());
        Sockets.watchRenegotiation(socket, () -> {
            LOG.log(Level.WARNING, () -> id() + ": the client began a renegotiation, closing the connection");
            Sockets.cut(socket);
        });
    }

    void greet() {
        lastStep = server.deadlines().now();
        drive(() -> engine.start(socket.isSsl()));
    }

    /** Runs here what the channel tells. */
    void dispatch(Runnable told) {
        Contexts.dispatch(context, told);
    }

    void hold() {
        reading = false;
        socket.pause();
    }

    void release() {
        reading = true;
        socket.resume();
    }

    private void read(Buffer buffer) {
        reads++;
        lastRead = server.deadlines().now();
        if (ending || closed) {
            // what a client sends behind the end of its session is nobody's, and so is what waited in the socket when
            // it was cut, which Vert.x hands on all the same
            return;
        }
        if (!entry.isOver()) {
            metrics.limitHit(Limit.EARLY_TALKER);
            terminate(Replies.EARLY_TALKER);
            return;
        }
        drive(() -> Buffers.unwrap(buffer, engine::receive));
    }

    private void inputEnded() {
        inputEnded = true;
        entry.inputEnded();
        settle();
    }

    /** The server stops: a transaction that is open may finish. */
    void stop() {
        finish(engine::stop);
    }

    /** Ends the session with a reply, whatever is going on. */
    void terminate(Reply reply) {
        finish(() -> engine.terminate(reply));
    }

    private void finish(Runnable inWords) {
        if (entry.isServed()) {
            drive(inWords);
        } else {
            entry.refuse();
        }
    }

    /** Ends or goes on with what has waited too long. */
    void checkDeadline() {
        long now = server.deadlines().now();
        SmtpServerOptions options = settings.options();
        if (ending || draining) {
            // what we have to say is not read: RFC 5321 knows no deadline for it, but it cannot wait for ever
            if (Deadlines.isOver(ending ? LAST_REPLIES : options.getTimeout(), now - stalledSince)) {
                metrics.limitHit(Limit.WRITE_TIMEOUT);
                LOG.log(Level.DEBUG, () -> id() + ": the client does not read, closing the connection");
                Sockets.cut(socket);
            }
        } else if (!entry.isOver()) {
            entry.checkDeadline(now);
        } else if (inFlight.isWaiting()) {
            waitForRoom(now);
        } else if (holdingBack) {
            lastStep = now; // neither the client nor the handler is waited for
        } else if (awaitsHandler()) {
            beginRateWindow(now);
            if (Deadlines.isOver(options.getHandlerTimeout(), now - Math.max(lastStep, lastRead))) {
                metrics.limitHit(Limit.HANDLER_TIMEOUT);
                LOG.log(Level.WARNING, () -> id() + ": the handler has not answered in time");
                drive(this::giveUpOnHandler);
                lastStep = now; // now it is the client's turn, whose time has not run meanwhile
                lastRead = now;
            }
        } else if (engine.receivesMessage()) {
            checkRate(now, options);
        } else {
            beginRateWindow(now);
            if (Deadlines.isOver(options.getTimeout(), now - lastStep)) {
                metrics.limitHit(Limit.COMMAND_TIMEOUT);
                terminate(Replies.CLIENT_TIMEOUT);
            }
        }
    }

    private void waitForRoom(long now) {
        // it is us who do not read, so that the time of the client stands still
        lastStep = now;
        lastRead = now;
        beginRateWindow(now);
        if (inFlight.hasWaited(ROOM_PATIENCE.toMillis(), now)) {
            LOG.log(Level.WARNING, () -> id() + ": too many octets in flight, refused a message");
            drive(engine::outOfStorage);
        }
    }

    private void roomCame() {
        context.runOnContext(v -> {
            inFlight.roomCame(server.deadlines().now());
            settle();
        });
    }

    private void checkRate(long now, SmtpServerOptions options) {
        Duration patience = options.getDataTimeout();
        if (Deadlines.isOver(patience, now - lastRead)) {
            metrics.limitHit(Limit.DATA_TIMEOUT);
            terminate(Replies.CLIENT_TIMEOUT);
        } else if (Deadlines.isOver(patience, now - windowStart)) {
            long received = engine.messageOctets() - windowOctets;
            if (received * 1_000 < options.getMinDataRate() * (now - windowStart)) {
                metrics.limitHit(Limit.DATA_RATE);
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
        if (driving) {
            return;
        }
        countOctets();
        if (closed || ending) {
            return;
        }
        if (engine.phase() == Phase.CLOSED) {
            end();
            return;
        }
        if (!entry.isOver()) {
            return; // what is read before the greeting is no business of the engine
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
            Sockets.afterOthers(
                    socket,
                    () -> context.runOnContext(v -> {
                        turnDue = false;
                        drive(engine::takeTurn);
                    }));
        }
        boolean read = engine.wantsInput() && !full && bodyMayGrow();
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

    private void countOctets() {
        if (body == null) {
            inFlight.release();
        } else {
            inFlight.hold(bodyIsHeld ? body.octetsReceived() : body.octetsWaiting());
        }
    }

    private boolean bodyMayGrow() {
        return body == null
                || (body.wantsMore() && inFlight.mayGrow(server.deadlines().now()));
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

    /** Ends the session with a reply in the place of the greeting. */
    void dismiss(Reply reply) {
        socket.write(Buffer.buffer(reply + "\r\n"));
        end();
    }

    boolean isEnding() {
        return ending || closed;
    }

    private void closed() {
        closed = true;
        try {
            engine.disconnected();
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": internal error at the end of the connection", fault);
        }
        if (hooks == null) {
            tellDisconnect();
        }
        inFlight.release();
        if (entry.isServed()) {
            metrics.connectionClosed();
        } else {
            metrics.connectionRefused();
        }
        LOG.log(Level.DEBUG, () -> id() + ": disconnected");
        server.remove(this);
        place.leave();
        if (hooks == null) {
            server.told();
        } else {
            tellDisconnectLast(hooks);
        }
    }

    private void tellDisconnectLast(Hooks elsewhere) {
        try {
            elsewhere.callLast(this::tellDisconnect, server::told);
        } catch (RejectedExecutionException gone) {
            LOG.log(Level.WARNING, id() + ": no thread is left for handleDisconnect", gone);
            server.told();
        }
    }

    private void tellDisconnect() {
        try {
            handler.handleDisconnect(this);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": handleDisconnect failed", fault);
        }
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
        Future<Void> upgraded = socket.upgradeToSsl(
                settings.tls().orElseThrow(), Buffers.wrap(bytes, from, to)); // writes first, then starts TLS
        whenComplete(upgraded, done -> {
            if (done.succeeded() && engine.phase() == Phase.CLOSED) {
                LOG.log(Level.DEBUG, () -> id() + ": TLS is there, but the session has ended meanwhile");
            } else if (done.succeeded()) {
                encrypted();
                identity = null;
                if (override != null) {
                    override = override.withLogin(Optional.empty());
                }
                drive(engine::tlsStarted);
            } else {
                metrics.tlsFailed();
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
    public void auth(String name, Optional<byte[]> initialResponse) {
        mechanism = name;
        ask(
                () -> {
                    SaslExchange begun = new Authentication(settings, socket, peer()).begin(name);
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
        SaslStep given = next.succeeded() ? next.result() : null;
        SaslStep step = given != null
                ? given
                : new SaslStep.Failure(
                        SaslFailure.TEMPORARILY_UNAVAILABLE,
                        Optional.of(next.succeeded() ? new IllegalStateException("no step was given") : next.cause()));
        if (step instanceof SaslStep.Challenge challenge) {
            engine.challenge(challenge.data());
        } else if (step instanceof SaslStep.Success success) {
            exchange = null;
            identity = success.identity();
            metrics.authSucceeded(mechanism);
            shared.throttle().succeeded(clientAddress());
            LOG.log(Level.DEBUG, () -> id() + ": authenticated as " + success.identity());
            engine.answer(Replies.AUTHENTICATED);
        } else if (step instanceof SaslStep.Failure failure) {
            exchange = null;
            metrics.authFailed(mechanism, failure.reason());
            failure.cause().ifPresent(cause -> LOG.log(Level.ERROR, id() + ": authentication is not possible", cause));
            // a guess is slowed down; what went wrong on our side, or was not even an answer, is none
            Duration delay = failure.reason() == SaslFailure.CREDENTIALS_INVALID
                    ? Duration.ofMillis(shared.throttle()
                            .failed(
                                    clientAddress(),
                                    settings.options().getAuthFailureDelay(),
                                    server.deadlines().now()))
                    : Duration.ZERO;
            answerLater(delay, Authentication.reply(failure.reason()));
        }
    }

    /** Whom a failure is held against: the clients of one that speaks for others are told apart. */
    private String clientAddress() {
        return clientOverride().flatMap(ClientOverride::address).orElseGet(() -> ClientAddress.of(originalPeer()));
    }

    private void answerLater(Duration delay, Reply reply) {
        if (delay.isZero()) {
            engine.answer(reply);
            return;
        }
        holdingBack = true;
        server.deadlines().after(delay, () -> {
            holdingBack = false;
            if (engine.awaitsAnswer()) {
                drive(() -> engine.answer(reply));
            }
        });
    }

    @Override
    public void secured() {
        ask(() -> handler.handleStartTls(this, socket.sslSession()), accepted -> {
            if (accepted.failed()) {
                answerRefusal(accepted);
            } else {
                engine.answer(Boolean.TRUE.equals(accepted.result()) ? Replies.OK : Replies.LACK_OF_SECURITY);
            }
        });
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
        if (!inFlight.mayBegin()) {
            metrics.limitHit(Limit.BYTES_IN_FLIGHT);
            engine.answer(Replies.INSUFFICIENT_STORAGE);
            return;
        }
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
    public boolean offers(EngineExtension extension) {
        try {
            return settings.extension(extension).isOffered(this);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": isOffered failed", fault);
            return false;
        }
    }

    @Override
    public void extension(EngineExtension extension, Envelope envelope, String argument) {
        ask(() -> answerOf(settings.extension(extension).handle(this, envelope, argument)), this::answerExtension);
    }

    private static <T extends ExtensionAnswer> @Nullable Future<ExtensionAnswer> answerOf(@Nullable Future<T> answer) {
        return answer == null ? null : answer.map(given -> given);
    }

    private void answerExtension(Future<ExtensionAnswer> answer) {
        ExtensionAnswer given = answer.succeeded() ? answer.result() : null;
        if (given instanceof ClientOverride client) {
            override = client;
            identity = client.login().map(Identity::of).orElse(null);
            LOG.log(Level.DEBUG, () -> id() + ": speaks for " + client);
            engine.restart(identity != null);
        } else if (given instanceof ForwardedClient client) {
            engine.answer(client);
        } else {
            answer(answer.map(other -> (Reply) other));
        }
    }

    @Override
    public void bodyStart(Envelope envelope, boolean eachRecipient) {
        BodyStream opened = newBody();
        body = opened;
        bodyIsHeld = handler.holdsMessages();
        bodyIsLost = false;
        bodyBegun = nanos();
        bodyCommand = engine.command();
        opening = true;
        if (eachRecipient) {
            callHook(
                    () -> handler.handleDataPerRecipient(this, envelope, opened),
                    answer -> opened(
                            opened,
                            answer.map(given ->
                                    answers(given, envelope.recipients().size()))));
        } else {
            callHook(
                    () -> handler.handleData(this, envelope, opened),
                    answer -> opened(opened, answer.map(reply -> answers(Collections.singletonList(reply), 1))));
        }
    }

    private BodyStream newBody() {
        return hooks == null
                ? new BodyStream(context, this::settle, this::bodyHandlerFailed)
                : new CrossingBodyStream(
                        hooks.context(),
                        () -> context.runOnContext(v -> bodyWanted()),
                        (failed, fault) -> context.runOnContext(v -> bodyHandlerFailed(failed, fault)));
    }

    private static List<Reply> answers(@Nullable List<Reply> given, int wanted) {
        List<Reply> replies = given == null ? List.of() : new ArrayList<>(given); // which may change, or hold null
        if (replies.size() != wanted || !replies.stream().allMatch(SmtpConnection::isAnswer)) {
            throw new IllegalStateException("the hook gave " + given + ", wanted are " + wanted
                    + (wanted == 1 ? " reply" : " replies") + " of 2xx, 4xx or 5xx");
        }
        return replies;
    }

    /** The hook has returned, perhaps with an answer already. */
    private void opened(BodyStream opened, Future<List<Reply>> answer) {
        if (isOpen(opened) && !answer.isComplete()) {
            bodyReady();
        }
        whenComplete(answer, done -> {
            if (isOpen(opened)) {
                drive(() -> answerBody(opened, done));
            }
        });
    }

    /** A hook that may block may do so until it has the body, so the client is told to send it before the hook returns. */
    private void bodyWanted() {
        if (opening && body != null && body.wantsMore()) {
            bodyReady();
        }
        settle();
    }

    private void bodyReady() {
        if (opening) {
            opening = false;
            drive(engine::bodyReady);
        }
    }

    private boolean isOpen(BodyStream stream) {
        return stream.equals(body); // it equals itself only
    }

    private void answerBody(BodyStream answered, Future<List<Reply>> answer) {
        if (bodyIsLost) {
            return;
        }
        if (answer.succeeded()) {
            answerBody(answered, answer.result());
        } else {
            bodyIsLost = true;
            refusal(answer, refusal -> {
                if (isOpen(answered)) {
                    drive(() -> answerBody(answered, List.of(refusal)));
                }
            });
        }
    }

    private void answerBody(BodyStream answered, List<Reply> replies) {
        body = null;
        opening = false;
        answered.close();
        answered(bodyCommand, bodyBegun);
        engine.bodyAnswer(replies);
    }

    private void bodyHandlerFailed(BodyStream failed, Throwable fault) {
        if (isOpen(failed)) {
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
        opening = false;
        if (failed != null) {
            failed.fail(reason);
        }
    }

    // Questions

    private void ask(Supplier<@Nullable Future<Reply>> hook) {
        ask(hook, this::answer);
    }

    private <T> void ask(Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> answer) {
        int asked = ++question;
        String command = engine.command();
        long begun = nanos();
        if (hooks != null) {
            asking = true;
            hooks.call(() -> call(hook), future -> whenAnswered(asked, future, command, begun, answer));
            return;
        }
        Future<T> future = call(hook);
        if (future.isComplete()) {
            answered(command, begun);
            answer.accept(future);
        } else {
            asking = true;
            whenAnswered(asked, future, command, begun, answer);
        }
    }

    private <T> void whenAnswered(int asked, Future<T> future, String command, long begun, Consumer<Future<T>> answer) {
        whenComplete(
                future,
                done -> ifAwaited(asked, () -> {
                    answered(command, begun);
                    answer.accept(done);
                }));
    }

    /** Goes on with the answer to a question, unless the question was given up. */
    private void ifAwaited(int asked, Runnable then) {
        if (asked == question && engine.awaitsAnswer()) {
            asking = false;
            drive(then);
        }
    }

    private void answer(Future<Reply> answer) {
        Reply reply = acceptable(answer);
        if (reply != null) {
            engine.answer(reply);
        } else {
            answerRefusal(answer);
        }
    }

    private void answerRefusal(Future<?> answer) {
        int asked = question;
        asking = true; // still, or again
        refusal(answer, reply -> ifAwaited(asked, () -> engine.answer(reply)));
    }

    private void answerEhlo(Future<EhloReply> answer) {
        EhloReply reply = answer.succeeded() ? answer.result() : null;
        if (reply != null) {
            engine.answer(reply);
        } else {
            answerRefusal(answer);
        }
    }

    /** Calls a hook where hooks are called, and goes on here with the future that it gives. */
    private <T> void callHook(Supplier<@Nullable Future<T>> hook, Consumer<Future<T>> then) {
        if (hooks == null) {
            then.accept(call(hook));
        } else {
            hooks.call(() -> call(hook), then);
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

    <T> void whenComplete(Future<T> future, Consumer<Future<T>> then) {
        future.onComplete(done -> Contexts.run(context, () -> then.accept(future)));
    }

    private static @Nullable Reply acceptable(Future<Reply> answer) {
        Reply reply = answer.succeeded() ? answer.result() : null;
        return isAnswer(reply) ? reply : null;
    }

    private static boolean isAnswer(@Nullable Reply reply) {
        return reply != null && reply.code() / 100 != 3;
    }

    /** Finds what the client reads of a hook that has failed: never what went wrong. */
    private void refusal(Future<?> answer, Consumer<Reply> then) {
        if (answer.cause() instanceof SmtpException refusal) {
            then.accept(refusal.reply());
            return;
        }
        Throwable cause = answer.failed() ? answer.cause() : noReply();
        LOG.log(Level.ERROR, id() + ": the handler failed", cause);
        callHook(() -> Future.succeededFuture(replyTo(cause)), reply -> then.accept(reply.result()));
    }

    private Reply replyTo(Throwable cause) {
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

    // Measurements

    /** The time, when somebody wants to know it. */
    private long nanos() {
        return timed ? System.nanoTime() : 0;
    }

    private void answered(String command, long begun) {
        if (timed) {
            metrics.handlerAnswered(command, Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    @Override
    public void commandAnswered(String verb, int replyCode) {
        metrics.commandAnswered(verb, replyCode);
    }

    @Override
    public void messageAnswered(long octets, Reply reply) {
        if (timed) {
            metrics.messageReceived(octets, reply, Duration.ofNanos(System.nanoTime() - bodyBegun));
        }
    }

    @Override
    public void limitHit(Limit limit) {
        metrics.limitHit(limit);
    }

    // Session

    @Override
    public String id() {
        return server.sessionId(number);
    }

    @Override
    public SocketAddress peer() {
        ClientOverride client = override;
        return client == null ? originalPeer() : overridden(originalPeer(), client.address(), client.port());
    }

    @Override
    public SocketAddress originalPeer() {
        return proxy == null ? named(socket.remoteAddress()) : proxy.source();
    }

    @Override
    public SocketAddress local() {
        ClientOverride client = override;
        SocketAddress own = proxy == null ? named(socket.localAddress()) : proxy.destination();
        return client == null ? own : overridden(own, client.localAddress(), client.localPort());
    }

    private static SocketAddress overridden(SocketAddress own, Optional<String> address, OptionalInt port) {
        if (address.isPresent()) {
            return SocketAddress.inetSocketAddress(port.orElse(0), address.get());
        }
        return port.isEmpty() || own.isDomainSocket()
                ? own
                : SocketAddress.inetSocketAddress(port.getAsInt(), own.host());
    }

    @Override
    public Optional<ClientOverride> clientOverride() {
        return Optional.ofNullable(override);
    }

    @Override
    public Optional<ForwardedClient> forwardedClient() {
        return engine.forwarded();
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
    public boolean lmtp() {
        return settings.options().isLmtp();
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
        return hooks == null ? context : hooks.context();
    }

    @Override
    public String toString() {
        return "Session[" + id() + ", peer=" + peer() + ", phase=" + engine.phase() + "]";
    }
}
