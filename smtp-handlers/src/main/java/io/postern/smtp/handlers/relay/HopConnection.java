package io.postern.smtp.handlers.relay;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the next hop, as lines out and replies in. Commands may be sent while replies to others are awaited; their
 * replies come in the same order (RFC 2920). Whatever goes wrong ends the connection, and fails all that is awaited with the
 * same {@link HopFailure}. To be used on its {@link #loop} only.
 */
final class HopConnection {

    private static final Logger LOG = System.getLogger(HopConnection.class.getName());

    private final Loop loop;
    private final NetSocket socket;
    private final String id;
    private final Duration dataTimeout;
    private final ReplyParser parser = new ReplyParser();
    private final Deque<Awaited> awaited = new ArrayDeque<>();
    private final Promise<Void> ended;

    private Optional<HopCapabilities> capabilities = Optional.empty();
    private @Nullable HopFailure failure;
    private @Nullable Consumer<Throwable> transfer;
    private @Nullable Promise<Void> room;
    private long timer = -1;
    private long roomTimer = -1;
    private int transactions;
    private boolean upgrading;
    private boolean closed;

    /** A reply that is to come, and how long it may take once those before it have come. */
    private record Awaited(Promise<Reply> reply, Duration timeout) {}

    /** @param id for the log */
    HopConnection(Loop loop, NetSocket socket, String id, Duration dataTimeout) {
        this.loop = loop;
        this.socket = socket;
        this.id = id;
        this.dataTimeout = dataTimeout;
        this.ended = loop.promise();
        socket.handler(this::received);
        socket.exceptionHandler(
                cause -> fail(new HopFailure(HopReplies.CONNECTION_LOST, "the connection failed", cause)));
        socket.closeHandler(v -> closed());
    }

    /** Where everything about this connection happens. */
    Loop loop() {
        return loop;
    }

    /** Completes when the connection has ended, for whatever reason; it never fails. */
    Future<Void> ended() {
        return ended.future();
    }

    /**
     * The body of a message is about to be sent.
     *
     * @param onFailure told when the connection fails before {@link #endTransfer}, at once when it has
     */
    void beginTransfer(Consumer<Throwable> onFailure) {
        if (failure == null) {
            transfer = onFailure;
        } else {
            onFailure.accept(failure);
        }
    }

    /** The body was sent, or given up. */
    void endTransfer() {
        transfer = null;
    }

    /** Whether commands can be sent. */
    boolean isUsable() {
        return failure == null && !closed;
    }

    boolean isEncrypted() {
        return socket.isSsl();
    }

    /** What the next hop offers. */
    HopCapabilities capabilities() {
        return capabilities.orElseThrow(() -> new IllegalStateException("EHLO was not answered yet"));
    }

    void setCapabilities(HopCapabilities offered) {
        capabilities = Optional.of(offered);
    }

    /** How many transactions were begun on it. */
    int transactions() {
        return transactions;
    }

    void countTransaction() {
        transactions++;
    }

    /** Sends a command and gives its reply. */
    Future<Reply> ask(String command, Duration timeout) {
        return ask(line(command), timeout);
    }

    /** Sends octets that one reply will come to. */
    Future<Reply> ask(Buffer octets, Duration timeout) {
        if (failure == null) {
            socket.write(octets);
        }
        return await(timeout);
    }

    /** The next reply to come that nobody waits for yet: the greeting, or one more reply of LMTP. */
    Future<Reply> await(Duration timeout) {
        Promise<Reply> reply = loop.promise();
        if (failure != null) {
            reply.fail(failure);
            return reply.future();
        }
        awaited.add(new Awaited(reply, timeout));
        if (awaited.size() == 1) {
            startTimer();
        }
        return reply.future();
    }

    /**
     * A command with its line end.
     *
     * @throws IllegalArgumentException when it has a control character: whoever made it, that would be another command
     */
    static Buffer line(String command) {
        for (int i = 0; i < command.length(); i++) {
            if (Character.isISOControl(command.charAt(i))) {
                throw new IllegalArgumentException("a command has a control character in it");
            }
        }
        return Buffer.buffer(command).appendString("\r\n");
    }

    /** Sends octets to which no reply comes. @return completes when there is room for more */
    Future<Void> write(Buffer octets) {
        if (failure != null) {
            return Future.failedFuture(failure);
        }
        socket.write(octets);
        return room();
    }

    /** Completes when so much of what was written has gone that more may follow. */
    Future<Void> room() {
        if (failure != null) {
            return Future.failedFuture(failure);
        }
        Promise<Void> pending = room;
        if (pending != null) {
            return pending.future(); // with the timer that runs already
        }
        if (!socket.writeQueueFull()) {
            return Future.succeededFuture();
        }
        Promise<Void> waiting = loop.promise();
        room = waiting;
        roomTimer = loop.setTimer(
                dataTimeout.toMillis(),
                () -> fail(new HopFailure(HopReplies.TOO_SLOW, "the next hop has read nothing for " + dataTimeout)));
        socket.drainHandler(v -> loop.run(this::drained));
        return waiting.future();
    }

    private void drained() {
        Promise<Void> waiting = room;
        if (waiting != null) {
            stopRoomTimer();
            room = null;
            waiting.tryComplete();
        }
    }

    /**
     * Encrypts the connection; what was said before is forgotten (RFC 3207 §4.2).
     *
     * @return fails with a {@link HopFailure}, after which the connection is closed
     */
    Future<Void> encrypt(ClientSSLOptions options, String serverName) {
        // one that has failed has said more than its reply to STARTTLS
        if (failure != null || !parser.isEmpty() || !awaited.isEmpty()) {
            // RFC 3207 §6: it would be taken for what came encrypted
            HopFailure injected = new HopFailure(HopReplies.NOT_SECURE, "something came in the clear behind STARTTLS");
            fail(injected);
            return Future.failedFuture(injected);
        }
        capabilities = Optional.empty();
        upgrading = true;
        Promise<Void> upgraded = loop.promise();
        socket.upgradeToSsl(options, serverName)
                .onComplete(handshake -> loop.run(() -> {
                    upgrading = false;
                    if (handshake.failed()) {
                        fail(new HopFailure(HopReplies.NOT_SECURE, "the TLS handshake failed", handshake.cause()));
                    }
                    if (failure != null) {
                        upgraded.fail(failure);
                    } else {
                        upgraded.complete();
                    }
                }));
        return upgraded.future();
    }

    private void received(Buffer octets) {
        if (failure != null) {
            return;
        }
        if (upgrading) {
            fail(new HopFailure(HopReplies.NOT_SECURE, "something came in the clear while TLS began"));
            return;
        }
        try {
            parser.feed(octets);
        } catch (HopFailure nonsense) {
            fail(nonsense);
            return;
        }
        List<Reply> replies = new ArrayList<>(1);
        for (Reply reply = parser.next(); reply != null; reply = parser.next()) {
            replies.add(reply);
        }
        if (!replies.isEmpty()) {
            LOG.log(
                    Level.TRACE,
                    () -> id + " next hop: " + replies.stream().map(Reply::code).toList());
            answer(replies);
        }
    }

    /** Whoever gets a reply may ask for the next one at once. What has come by now is no answer to that. */
    private void answer(List<Reply> replies) {
        List<Awaited> answered = new ArrayList<>(replies.size());
        while (answered.size() < replies.size() && !awaited.isEmpty()) {
            answered.add(awaited.remove());
        }
        stopTimer();
        if (!awaited.isEmpty()) {
            startTimer();
        }
        if (answered.size() < replies.size()) {
            Reply surplus = replies.get(answered.size());
            fail(new HopFailure(unasked(surplus), "the next hop said without being asked: " + surplus.code()));
        }
        for (int i = 0; i < answered.size(); i++) {
            answered.get(i).reply().tryComplete(replies.get(i));
            if (replies.get(i).code() == Replies.SHUTTING_DOWN.code()) {
                HopFailure closing = new HopFailure(HopReplies.CONNECTION_LOST, "the next hop closes the connection");
                answered.subList(i + 1, answered.size())
                        .forEach(lost -> lost.reply().tryFail(closing));
                fail(closing);
                return;
            }
        }
    }

    /**
     * 421 may come at any time (RFC 5321 §3.8), a refusal in the middle of a message. What comes between messages is about the
     * connection, and says nothing of those to come.
     */
    private Reply unasked(Reply reply) {
        if (reply.isPositive()) {
            return HopReplies.NONSENSE;
        }
        return transfer == null ? HopReplies.CONNECTION_LOST : HopReplies.forClient(reply);
    }

    private void startTimer() {
        Duration timeout = Objects.requireNonNull(awaited.peek()).timeout();
        timer = loop.setTimer(
                timeout.toMillis(),
                () -> fail(new HopFailure(HopReplies.TOO_SLOW, "the next hop did not answer within " + timeout)));
    }

    private void stopTimer() {
        loop.cancelTimer(timer);
    }

    private void stopRoomTimer() {
        loop.cancelTimer(roomTimer);
    }

    /** Ends the connection without a word, so that a message that is under way never comes to its end. */
    void cut(String reason) {
        fail(new HopFailure(HopReplies.CONNECTION_LOST, reason));
    }

    /** Says goodbye and closes. @return completes when the connection has ended */
    Future<Void> quit(Duration timeout) {
        if (isUsable()) {
            ask("QUIT", timeout).onComplete(bye -> cut("said QUIT"));
        }
        return ended.future();
    }

    private void fail(HopFailure cause) {
        if (failure != null) {
            return;
        }
        failure = cause;
        LOG.log(Level.DEBUG, () -> id + " connection to next hop ends: " + cause.getMessage(), cause.getCause());
        stopTimer();
        stopRoomTimer();
        Loop.cut(socket);
        awaited.forEach(waiting -> waiting.reply().tryFail(cause));
        awaited.clear();
        Promise<Void> waiting = room;
        if (waiting != null) {
            room = null;
            waiting.tryFail(cause);
        }
        Consumer<Throwable> told = transfer;
        if (told != null) {
            transfer = null;
            told.accept(cause);
        }
    }

    private void closed() {
        closed = true;
        fail(new HopFailure(HopReplies.CONNECTION_LOST, "the next hop closed the connection"));
        ended.tryComplete();
    }

    /** For the log. */
    @Override
    public String toString() {
        return id;
    }
}
