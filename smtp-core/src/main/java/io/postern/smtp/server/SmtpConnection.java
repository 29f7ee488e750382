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
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.TransactionOutcome;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.Output;
import io.postern.smtp.protocol.Phase;
import io.postern.smtp.protocol.SmtpEngine;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection: feeds what its socket reads to the engine, writes what the engine sends, and puts the engine's questions
 * to the handler. After every call into the engine it {@link #settle() settles}.
 */
final class SmtpConnection implements Output {

    /** The log of all that happens on a connection, whichever class of the driver it happens in. */
    static final Logger LOG = System.getLogger(SmtpConnection.class.getName());

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
    private final ConnectionSession session;
    private final Transactions transactions;
    private final Questions questions;
    private final Census.Place place;
    private final SmtpMetrics metrics;
    /** Who listens in; null but in tests. */
    private final Wiretap.@Nullable Wire wire;

    /** How the client comes in; null once it has. */
    private @Nullable Entry entry;
    /** Null until the first MAIL, as many clients wait long for it. */
    private @Nullable MailData mail;
    /** Null until the first AUTH. */
    private @Nullable Login login;

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
        this.place = place;
        this.metrics = server.metrics();
        this.entry = new Entry(server, settings, socket, place, this);
        this.engine = new SmtpEngine(settings.engine(), this);
        this.session = new ConnectionSession(server, number, settings, socket, engine, hookContext);
        this.transactions =
                new Transactions(session, hookContext, settings.options().getTracingPolicy(), metrics);
        this.questions = new Questions(this, session, handler, engine, context, hooks, transactions, metrics);
        Wiretap wiretap = server.wiretap();
        this.wire = wiretap == null ? null : wiretap.attach(session, this::terminate);
        this.lastStep = server.deadlines().now();
        this.lastRead = lastStep;
        beginRateWindow(lastStep);
    }

    void start() {
        socket.handler(this::read);
        socket.closeHandler(v -> closed());
        socket.exceptionHandler(cause -> LOG.log(Level.DEBUG, () -> id() + ": " + cause));
        socket.shutdownHandler(grace -> stop());
        if (wire != null) {
            Sockets.insert(socket, wire.channelHandler());
        }
        Sockets.sendNoFiles(socket);
        Sockets.giveRoomToRead(socket);
        Sockets.onInputEnd(socket, () -> Contexts.run(context, this::inputEnded));
        LOG.log(Level.DEBUG, () -> id() + ": connected from " + peer());
        Objects.requireNonNull(entry).begin();
    }

    // What the way in asks for

    /** Notes what a proxy said. */
    ProxyInfo proxied(ProxyGate.Header header) {
        ProxyInfo said = session.proxied(header);
        LOG.log(Level.DEBUG, () -> id() + ": the proxy speaks for " + peer());
        return said;
    }

    void askAboutProxy(ProxyInfo said, Consumer<Boolean> decided) {
        questions.askAboutProxy(said, decided);
    }

    void tellProxyFailure(String reason) {
        questions.tellProxyFailure(reason);
    }

    <T> void whenComplete(Future<T> future, Consumer<Future<T>> then) {
        questions.whenComplete(future, then);
    }

    void encrypted() {
        Sockets.sendNoFiles(socket); // TLS has brought it back
        String protocol = socket.sslSession().getProtocol();
        metrics.tlsEstablished(protocol);
        if (wire != null) {
            wire.encrypted(protocol);
        }
        Sockets.watchRenegotiation(socket, () -> {
            LOG.log(Level.WARNING, () -> id() + ": the client began a renegotiation, closing the connection");
            Sockets.cut(socket);
        });
    }

    /** The client is in. */
    void greet() {
        entry = null;
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
        if (entry != null) {
            metrics.limitHit(Limit.EARLY_TALKER);
            terminate(Replies.EARLY_TALKER);
            return;
        }
        drive(() -> Buffers.feed(engine, buffer));
    }

    private void inputEnded() {
        inputEnded = true;
        if (entry != null) {
            entry.inputEnded();
        }
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
        Entry coming = entry;
        if (coming == null || coming.isServed()) {
            drive(inWords);
        } else {
            coming.refuse();
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
        } else if (entry != null) {
            entry.checkDeadline(now);
        } else if (mail != null && mail.isWaitingForRoom()) {
            waitForRoom(mail, now);
        } else if (login != null && login.isHoldingBack()) {
            lastStep = now; // neither the client nor the handler is waited for
        } else if (awaitsHandler()) {
            beginRateWindow(now);
            if (Deadlines.isOver(options.getHandlerTimeout(), now - Math.max(lastStep, lastRead))) {
                metrics.limitHit(Limit.HANDLER_TIMEOUT);
                transactions.hookFailed(new TimeoutException("the handler has not answered in time"));
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

    private void waitForRoom(MailData waiting, long now) {
        // it is us who do not read, so that the time of the client stands still
        lastStep = now;
        lastRead = now;
        beginRateWindow(now);
        if (waiting.hasWaitedForRoom(ROOM_PATIENCE.toMillis(), now)) {
            LOG.log(Level.WARNING, () -> id() + ": too many octets in flight, refused a message");
            drive(engine::outOfStorage);
        }
    }

    private void roomCame() {
        context.runOnContext(v -> {
            mail().roomCame(server.deadlines().now());
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
        return engine.awaitsAnswer() || (mail != null && !mail.wantsMore());
    }

    private void giveUpOnHandler() {
        if (questions.isAsking()) {
            questions.giveUp();
        } else {
            mail().giveUp();
        }
    }

    /** Calls into the engine. Whatever goes wrong in there ends the session, never leaves it hanging. */
    void drive(Runnable call) {
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
    void settle() {
        if (driving) {
            return;
        }
        if (mail != null) {
            mail.countOctets();
        }
        if (closed || ending) {
            return;
        }
        if (engine.phase() == Phase.CLOSED) {
            end();
            return;
        }
        if (entry != null) {
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
        boolean read = engine.wantsInput()
                && !full
                && (mail == null || mail.mayGrow(server.deadlines().now()));
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

    /** Ends the session with a reply in the place of the greeting. */
    void dismiss(Reply reply) {
        String line = reply + "\r\n";
        if (wire != null) {
            wire.sent(line);
        }
        socket.write(Buffer.buffer(line));
        end();
    }

    /** The name of the session in the log. */
    String id() {
        return session.id();
    }

    SocketAddress peer() {
        return session.peer();
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
            questions.tellDisconnect();
        }
        if (mail != null) {
            mail.close();
        }
        if (entry == null || entry.isServed()) {
            metrics.connectionClosed();
        } else {
            metrics.connectionRefused();
        }
        LOG.log(Level.DEBUG, () -> id() + ": disconnected");
        if (wire != null) {
            wire.ended();
        }
        server.remove(this);
        place.leave();
        if (hooks == null) {
            server.told();
        } else {
            questions.tellDisconnectLast(hooks, server::told);
        }
    }

    // Output: what the engine wants

    @Override
    public void send(byte[] bytes, int from, int to) {
        tellSent(bytes, from, to);
        if (LOG.isLoggable(Level.DEBUG)) {
            String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
            text.lines().forEach(line -> LOG.log(Level.DEBUG, id() + ": S: " + line));
        }
        if (!closed) {
            Sockets.write(socket, bytes, from, to);
        }
    }

    private void tellSent(byte[] bytes, int from, int to) {
        if (wire != null && !closed) {
            wire.sent(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        }
    }

    @Override
    public void startTls(byte[] bytes, int from, int to) {
        tellSent(bytes, from, to);
        Future<Void> upgraded = socket.upgradeToSsl(
                settings.tls().orElseThrow(), Buffers.wrap(bytes, from, to)); // writes first, then starts TLS
        questions.whenComplete(upgraded, done -> {
            if (done.succeeded() && engine.phase() == Phase.CLOSED) {
                LOG.log(Level.DEBUG, () -> id() + ": TLS is there, but the session has ended meanwhile");
            } else if (done.succeeded()) {
                encrypted();
                session.encrypted();
                drive(engine::tlsStarted);
            } else {
                metrics.tlsFailed();
                LOG.log(Level.DEBUG, () -> id() + ": TLS handshake failed: " + done.cause());
                Sockets.cut(socket);
            }
        });
    }

    private MailData mail() {
        MailData begun = mail;
        if (begun == null) {
            BytesInFlight all = shared.bytesInFlight();
            BytesInFlight.Share share =
                    all.new Share(settings.options().getMaxBytesInFlight(), metrics, this::roomCame);
            begun = new MailData(this, share, questions, session, handler, engine, context, hooks, transactions);
            mail = begun;
        }
        return begun;
    }

    private Login login() {
        Login begun = login;
        if (begun == null) {
            begun = new Login(this, questions, session, engine, server, settings, socket, shared.throttle());
            login = begun;
        }
        return begun;
    }

    @Override
    public List<String> mechanisms() {
        return settings.offeredMechanisms(new Authentication(settings, socket, peer()));
    }

    @Override
    public void auth(String name, Optional<byte[]> initialResponse) {
        login().begin(name, initialResponse);
    }

    @Override
    public void authResponse(byte[] response) {
        login().respond(response);
    }

    @Override
    public void authAborted() {
        login().abort();
    }

    @Override
    public void secured() {
        questions.ask(() -> handler.handleStartTls(session, socket.sslSession()), accepted -> {
            if (accepted.failed()) {
                questions.answerRefusal(accepted);
            } else {
                engine.answer(Boolean.TRUE.equals(accepted.result()) ? Replies.OK : Replies.LACK_OF_SECURITY);
            }
        });
    }

    @Override
    public boolean isFollowed() {
        return wire != null || LOG.isLoggable(Level.DEBUG);
    }

    @Override
    public void received(String line) {
        if (LOG.isLoggable(Level.DEBUG)) {
            LOG.log(Level.DEBUG, id() + ": C: " + line);
        }
        if (wire != null) {
            wire.received(line);
        }
    }

    @Override
    public boolean holdsUp(String step, String argument, Envelope envelope) {
        Future<Optional<Reply>> leave = wire == null ? null : wire.holdUp(step, argument, envelope);
        if (leave == null) {
            return false;
        }
        questions.askLater(leave, answer -> {
            if (answer.failed()) {
                engine.answer(Replies.HANDLER_FAILED);
            } else {
                answer.result().ifPresentOrElse(engine::answer, engine::proceed);
            }
        });
        return true;
    }

    @Override
    public void close() {
        transactions.sessionEnded();
        // settle() closes the socket, after what is still to be sent
    }

    @Override
    public void connect() {
        questions.ask(() -> handler.handleConnect(session));
    }

    @Override
    public void helo(String hostName) {
        questions.ask(() -> handler.handleHelo(session, hostName));
    }

    @Override
    public void ehlo(String hostName, EhloReply planned) {
        questions.askEhlo(() -> handler.handleEhlo(session, hostName, planned));
    }

    @Override
    public void mail(Envelope envelope, Sender sender) {
        if (!mail().mayBegin()) {
            metrics.limitHit(Limit.BYTES_IN_FLIGHT);
            engine.answer(Replies.INSUFFICIENT_STORAGE);
            return;
        }
        transactions.mailReceived();
        questions.ask(() -> handler.handleMail(session, envelope, sender));
    }

    @Override
    public void rcpt(Envelope envelope, Recipient recipient) {
        questions.ask(() -> handler.handleRcpt(session, envelope, recipient));
    }

    @Override
    public void rset(Envelope envelope) {
        questions.ask(() -> handler.handleRset(session, envelope));
    }

    @Override
    public void noop(String argument) {
        questions.ask(() -> handler.handleNoop(session, argument));
    }

    @Override
    public void vrfy(String address) {
        questions.ask(() -> handler.handleVrfy(session, address));
    }

    @Override
    public void expn(String list) {
        questions.ask(() -> handler.handleExpn(session, list));
    }

    @Override
    public void help(String topic, Reply planned) {
        questions.ask(() -> handler.handleHelp(session, topic, planned));
    }

    @Override
    public void quit() {
        questions.ask(() -> handler.handleQuit(session));
    }

    @Override
    public boolean offers(EngineExtension extension) {
        try {
            return settings.extension(extension).isOffered(session);
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, id() + ": isOffered failed", fault);
            return false;
        }
    }

    @Override
    public void extension(EngineExtension extension, Envelope envelope, String argument) {
        questions.ask(
                () -> answerOf(settings.extension(extension).handle(session, envelope, argument)),
                this::answerExtension);
    }

    private static <T extends ExtensionAnswer> @Nullable Future<ExtensionAnswer> answerOf(@Nullable Future<T> answer) {
        return answer == null ? null : answer.map(given -> given);
    }

    private void answerExtension(Future<ExtensionAnswer> answer) {
        ExtensionAnswer given = answer.succeeded() ? answer.result() : null;
        if (given instanceof ClientOverride client) {
            session.speaksFor(client);
            LOG.log(Level.DEBUG, () -> id() + ": speaks for " + client);
            engine.restart(session.authenticated().isPresent());
        } else if (given instanceof ForwardedClient client) {
            engine.answer(client);
        } else {
            questions.answer(answer.map(other -> (Reply) other));
        }
    }

    @Override
    public void bodyStart(Envelope envelope, boolean eachRecipient) {
        mail().start(envelope, eachRecipient);
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
        if (wire != null) {
            wire.content(to - from);
        }
        mail().content(bytes, from, to);
    }

    @Override
    public void bodyEnd() {
        mail().end();
    }

    @Override
    public void bodyFailed(String reason) {
        mail().fail(reason);
    }

    // Measurements

    @Override
    public void commandAnswered(String verb, int replyCode) {
        metrics.commandAnswered(verb, replyCode);
    }

    @Override
    public void mailAnswered(Reply reply) {
        transactions.mailAnswered(reply);
    }

    @Override
    public void transactionEnded(TransactionOutcome outcome, @Nullable Reply reply) {
        transactions.ended(outcome, reply);
    }

    @Override
    public void messageAnswered(long octets, Reply reply) {
        if (questions.areTimed()) {
            metrics.messageReceived(octets, reply, Questions.since(mail().begun()));
        }
    }

    @Override
    public void limitHit(Limit limit) {
        metrics.limitHit(limit);
    }
}
