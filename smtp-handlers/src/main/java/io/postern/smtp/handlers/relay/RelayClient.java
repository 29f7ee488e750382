package io.postern.smtp.handlers.relay;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to one next hop, by SMTP or LMTP, over connections that are kept open and used again. It may be used from
 * any thread; each connection is served by the event loop from which it was first wanted.
 *
 * <pre>{@code
 * RelayClient client = RelayClient.create(vertx, new RelayOptions(NextHop.smtp("mail.example.org", 25)));
 * RelayTransaction message = client.begin(sender);
 * message.rcpt(recipient)
 *         .compose(reply -> reply.isPositive() ? message.send(body) : Future.succeededFuture(List.of(reply)));
 * }</pre>
 *
 * <p>It belongs to no verticle: {@link #close()} it when it is not needed any more.
 */
public final class RelayClient {

    /** For so long it is believed that the next hop offers what it did: it may be repaired, or another one. */
    private static final long KNOWLEDGE_NANOS = Duration.ofMinutes(1).toNanos();

    private record Learnt(HopCapabilities offered, long nanos) {}

    private static final Logger LOG = System.getLogger(RelayClient.class.getName());
    private static final long WARNING_INTERVAL_NANOS = 1_000_000_000;

    private final Vertx vertx;
    private final RelayOptions options;
    private final ConnectionPool pool;
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicLong lastWarning = new AtomicLong(System.nanoTime() - WARNING_INTERVAL_NANOS);

    private volatile @Nullable Learnt learnt;

    private RelayClient(Vertx vertx, RelayOptions options) {
        this.vertx = vertx;
        this.options = options;
        this.pool = new ConnectionPool(vertx, options);
    }

    /**
     * Makes one; it connects when there is a message.
     *
     * @throws IllegalArgumentException when the options have no next hop, or do not fit together
     */
    public static RelayClient create(Vertx vertx, RelayOptions options) {
        RelayOptions copy = new RelayOptions(options);
        copy.check();
        return new RelayClient(vertx, copy);
    }

    /** Begins a message; nothing is sent before its first recipient is named. */
    public RelayTransaction begin(Sender sender) {
        return begin(sender, "relay-" + transactions.incrementAndGet());
    }

    /**
     * Like {@link #begin(Sender)}.
     *
     * @param id what the log calls the transaction
     */
    public RelayTransaction begin(Sender sender, String id) {
        return new RelayTransaction(this, sender, id);
    }

    /** What the next hop offered when it was last asked: its reply to EHLO or LHLO; empty before the first connection. */
    public Optional<EhloReply> nextHopExtensions() {
        return learnt().map(HopCapabilities::ehlo);
    }

    Optional<HopCapabilities> learnt() {
        Learnt last = learnt;
        return last == null || System.nanoTime() - last.nanos() > KNOWLEDGE_NANOS
                ? Optional.empty()
                : Optional.of(last.offered());
    }

    /** How many connections to the next hop there are, those counted that are being opened. */
    public int connections() {
        return pool.open();
    }

    /**
     * Takes no further message, and says QUIT on each connection when its transaction is over.
     *
     * @return completes when no connection is left; it never fails
     */
    public Future<Void> close() {
        return pool.close();
    }

    /** What the next hop would say to this sender, if it is known already that it would refuse. */
    Optional<Reply> knownRefusal(Sender sender) {
        return learnt().flatMap(known -> EnvelopeCommands.refusal(sender, known));
    }

    void learn(HopCapabilities offered) {
        learnt = new Learnt(offered, System.nanoTime());
    }

    RelayOptions options() {
        return options;
    }

    ConnectionPool pool() {
        return pool;
    }

    Loop loop() {
        return Loop.here(vertx);
    }

    /** Tells the operator of trouble with the next hop, once a second at most: with it down, every message has it. */
    void warn(HopFailure failure) {
        long now = System.nanoTime();
        long last = lastWarning.get();
        if (now - last >= WARNING_INTERVAL_NANOS && lastWarning.compareAndSet(last, now)) {
            Throwable cause = failure.getCause();
            LOG.log(
                    Level.WARNING,
                    "next hop " + options.getNextHop().orElseThrow() + ": " + failure.getMessage()
                            + (cause == null ? "" : " (" + cause + ")"));
        }
    }
}
