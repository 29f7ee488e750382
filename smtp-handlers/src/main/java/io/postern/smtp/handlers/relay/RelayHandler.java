package io.postern.smtp.handlers.relay;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.trace.TraceFields;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes mail on to a next hop while the client waits, and gives the client the next hop's own answers: to each recipient,
 * and to the message. Nothing is stored, so nothing can be lost: {@code 250} means that the next hop has said so.
 *
 * <p>A message goes through as it comes, as fast as the slower side reads. The next hop may speak SMTP or LMTP, and so may
 * the client, each in any combination. When the next hop cannot be reached, is slow, or goes away, the client reads {@code
 * 451} and comes again.
 *
 * <p>One handler serves any number of sessions and servers of one Vertx; {@link #close()} it after them.
 */
public final class RelayHandler implements SmtpHandler {

    /** What the server in front may offer only if the next hop does: RFC 6152, RFC 3030, RFC 6531, RFC 3461. */
    private static final List<String> PASSED_ON = List.of("8BITMIME", "SMTPUTF8", "DSN");

    private static final String BINARYMIME = "BINARYMIME";
    private static final String SIZE = "SIZE";
    private static final Set<String> PEER_FIELD = Set.of("X-Peer");

    private final RelayClient client;
    private final Map<String, RelayTransaction> transactions = new ConcurrentHashMap<>();

    /**
     * A handler with a client of its own.
     *
     * @throws IllegalArgumentException when the options have no next hop, or do not fit together
     */
    public RelayHandler(Vertx vertx, RelayOptions options) {
        this.client = RelayClient.create(vertx, options);
    }

    /** The client that it sends with. */
    public RelayClient client() {
        return client;
    }

    /** Ends the connections to the next hop. @return completes when none is left; it never fails */
    public Future<Void> close() {
        return client.close();
    }

    /** Messages are passed on as they come. */
    @Override
    public boolean holdsMessages() {
        return false;
    }

    /** Leaves out what the next hop does not offer, once that is known. */
    @Override
    public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        discard(session);
        return Future.succeededFuture(
                client.learnt().map(known -> narrowed(planned, known)).orElse(planned));
    }

    private static EhloReply narrowed(EhloReply planned, HopCapabilities hop) {
        EhloReply offered = planned;
        for (String keyword : PASSED_ON) {
            offered = hop.has(keyword) ? offered : offered.without(keyword);
        }
        if (!hop.binaryMime()) {
            offered = offered.without(BINARYMIME);
        }
        if (hop.sizeLimit().isPresent() && offered.has(SIZE)) {
            long own = new HopCapabilities(offered).sizeLimit().orElse(Long.MAX_VALUE);
            offered = offered.with(SIZE + " " + Math.min(own, hop.sizeLimit().getAsLong()));
        }
        return offered;
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        discard(session);
        return SmtpHandler.super.handleHelo(session, hostName);
    }

    /** Refuses what the next hop is known not to take. It is asked about the sender together with the first recipient. */
    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        discard(session);
        Optional<Reply> refusal = client.knownRefusal(sender);
        if (refusal.isPresent()) {
            return Future.succeededFuture(refusal.get());
        }
        transactions.put(session.id(), client.begin(sender, session.id()));
        return Future.succeededFuture(Replies.SENDER_OK);
    }

    /** Asks the next hop. */
    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        RelayTransaction transaction = transactions.get(session.id());
        return transaction == null
                ? Future.succeededFuture(HopReplies.TRANSACTION_CHANGED)
                : transaction.rcpt(recipient);
    }

    /** Passes the message on. Where the next hop answers for each recipient, the worst answer counts. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handleDataPerRecipient(session, envelope, body).map(Reply::worstOf);
    }

    /** Passes the message on. Where the next hop answers once, that is the answer for each recipient. */
    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        RelayTransaction transaction = transactions.get(session.id());
        // an answer to RCPT that came after the client had been told something else
        if (transaction == null || !transaction.recipients().equals(envelope.recipients())) {
            discard(session);
            return Future.failedFuture(new SmtpException(HopReplies.TRANSACTION_CHANGED));
        }
        RelayOptions options = client.options();
        String received =
                options.isReceived() ? TraceFields.received(session, envelope, session.id(), Instant.now()) : "";
        String peer = options.isPeerField() ? TraceFields.peer(session.peer()) : "";
        return transaction
                .send(body, received + peer, options.isPeerField() ? PEER_FIELD : Set.of())
                .onComplete(answered -> transactions.remove(session.id(), transaction));
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        discard(session);
        return SmtpHandler.super.handleRset(session, envelope);
    }

    @Override
    public void handleDisconnect(Session session) {
        discard(session);
    }

    private void discard(Session session) {
        RelayTransaction open = transactions.remove(session.id());
        if (open != null) {
            open.abandon();
        }
    }
}
