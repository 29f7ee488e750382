package io.postern.smtp.handlers.relay;

import io.postern.smtp.BodyType;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.SmtpException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * MAIL, RCPT and the message on one connection, which goes back to its pool at the end. Its methods may be called on any
 * thread, and give futures that complete on the event loop of the connection.
 */
final class HopTransaction {

    private enum State {
        OPEN,
        SENDING,
        OVER
    }

    private final ConnectionPool pool;
    private final HopConnection connection;
    private final RelayOptions options;
    private final Sender sender;
    private final List<Recipient> accepted = Collections.synchronizedList(new ArrayList<>());
    private State state = State.OPEN;
    private @Nullable BodyTransfer transfer;

    HopTransaction(ConnectionPool pool, HopConnection connection, RelayOptions options, Sender sender) {
        this.pool = pool;
        this.connection = connection;
        this.options = options;
        this.sender = sender;
    }

    /** The recipients that the next hop has accepted. */
    List<Recipient> accepted() {
        synchronized (accepted) {
            return List.copyOf(accepted);
        }
    }

    /**
     * The answers to the commands that a transaction begins with.
     *
     * @param refusal of the sender, which ends the transaction
     * @param rcpt the reply to the recipient, or again the refusal of the sender
     */
    record Beginning(Optional<Reply> refusal, Reply rcpt) {}

    /** Names the sender and the first recipient: in one go where the next hop takes it so. */
    Future<Beginning> begin(Recipient first) {
        return onLoop(() -> {
            connection.countTransaction();
            Optional<Reply> impossible = EnvelopeCommands.refusal(sender, connection.capabilities());
            if (impossible.isPresent()) {
                return Future.succeededFuture(refused(impossible.get()));
            }
            Buffer mail = HopConnection.line(EnvelopeCommands.mail(sender, connection.capabilities()));
            Buffer rcpt = HopConnection.line(EnvelopeCommands.rcpt(first, connection.capabilities()));
            Duration timeout = options.getCommandTimeout();
            if (!connection.capabilities().pipelining()) {
                return connection
                        .ask(mail, timeout)
                        .compose(reply -> reply.isPositive()
                                ? connection.ask(rcpt, timeout).map(answer -> begun(first, answer))
                                : mailRefused(reply));
            }
            Future<Reply> mailReply = connection.ask(mail.appendBuffer(rcpt), timeout);
            Future<Reply> rcptReply = connection.await(timeout);
            return mailReply.compose(reply -> reply.isPositive()
                    ? rcptReply.map(answer -> begun(first, answer))
                    // what it said to RCPT is of no interest, but the connection is free only then
                    : rcptReply.transform(answer -> mailRefused(reply)));
        });
    }

    private Beginning begun(Recipient first, Reply answer) {
        return new Beginning(Optional.empty(), taken(first, answer));
    }

    private Future<Beginning> mailRefused(Reply reply) {
        // a connection that the next hop was about to close anyway
        return reply.code() == 421
                ? Future.failedFuture(new HopFailure(HopReplies.CONNECTION_LOST, "the next hop closes the connection"))
                : Future.succeededFuture(refused(HopReplies.forClient(reply)));
    }

    private Beginning refused(Reply reply) {
        state = State.OVER;
        pool.giveBack(connection);
        return new Beginning(Optional.of(reply), reply);
    }

    /** Names a recipient. */
    Future<Reply> rcpt(Recipient recipient) {
        return onLoop(() -> connection
                .ask(EnvelopeCommands.rcpt(recipient, connection.capabilities()), options.getCommandTimeout())
                .map(reply -> taken(recipient, reply)));
    }

    private Reply taken(Recipient recipient, Reply reply) {
        if (reply.isPositive()) {
            accepted.add(recipient);
        }
        return HopReplies.forClient(reply);
    }

    /** Sends the message. @return a reply for each accepted recipient; it fails as {@link BodyTransfer#begin} */
    Future<List<Reply>> send(ReadStream<Buffer> body, BodyFilter filter) {
        return onLoop(() -> {
            if (state != State.OPEN) {
                return Future.failedFuture(new HopFailure(HopReplies.CLOSED, "the transaction was given up"));
            }
            state = State.SENDING;
            boolean lmtp = options.getNextHop().orElseThrow().lmtp();
            int replies = lmtp ? accepted.size() : 1;
            boolean binary = sender.parameters().body() == BodyType.BINARYMIME;
            boolean chunks =
                    binary || (options.isChunking() && connection.capabilities().chunking());
            Future<BodyWriter> ready = chunks
                    ? Future.succeededFuture(new BdatWriter(connection, options, replies, binary))
                    : data(replies);
            return ready.compose(writer -> transfer(body, filter, writer).onSuccess(all -> sent(writer, all)))
                    .map(this::forEachRecipient)
                    .onFailure(failure -> giveBack());
        });
    }

    private Future<BodyWriter> data(int replies) {
        return connection.ask("DATA", options.getCommandTimeout()).compose(reply -> {
            if (reply.code() == 354) {
                return Future.succeededFuture(new DataWriter(connection, options.getMessageTimeout(), replies));
            }
            boolean refusal = reply.isTransient() || reply.isPermanent();
            if (!refusal) {
                connection.cut("DATA was answered " + reply.code());
                return Future.failedFuture(new HopFailure(HopReplies.NONSENSE, "DATA was answered " + reply.code()));
            }
            return reset().compose(v -> Future.failedFuture(new SmtpException(HopReplies.forClient(reply))));
        });
    }

    private Future<List<Reply>> transfer(ReadStream<Buffer> body, BodyFilter filter, BodyWriter writer) {
        BodyTransfer begun = new BodyTransfer(connection, body, filter, writer);
        transfer = begun;
        return begun.begin();
    }

    private void sent(BodyWriter writer, List<Reply> replies) {
        boolean inStep = writer instanceof DataWriter || replies.stream().allMatch(Reply::isPositive);
        (inStep ? Future.<Void>succeededFuture() : reset()).onComplete(v -> giveBack());
    }

    private List<Reply> forEachRecipient(List<Reply> replies) {
        List<Reply> safe = replies.stream().map(HopReplies::forClient).toList();
        return safe.size() == accepted.size() ? safe : Collections.nCopies(accepted.size(), safe.get(0));
    }

    /** Ends the transaction without a message; one whose end was sent already goes its way. */
    void abandon() {
        connection.loop().run(() -> {
            BodyTransfer running = transfer;
            if (state == State.OPEN) {
                state = State.OVER;
                reset().onComplete(v -> pool.giveBack(connection));
            } else if (state == State.SENDING && running != null) {
                running.giveUp(new HopFailure(HopReplies.CLOSED, "the transaction was given up"));
            } else if (state == State.SENDING) {
                connection.cut("the transaction was given up before the next hop let the message begin");
            }
        });
    }

    private void giveBack() {
        state = State.OVER;
        pool.giveBack(connection);
    }

    /** @return completes when the connection is in step again, or of no use any more */
    private Future<Void> reset() {
        return connection.ask("RSET", options.getCommandTimeout()).transform(reply -> {
            if (reply.succeeded() && !reply.result().isPositive()) {
                connection.cut("RSET was refused");
            }
            return Future.succeededFuture();
        });
    }

    private <T> Future<T> onLoop(Supplier<Future<T>> action) {
        Promise<T> result = connection.loop().promise();
        connection.loop().run(() -> {
            try {
                action.get().onComplete(result);
            } catch (RuntimeException fault) {
                // before anything was sent; what then is open at the next hop nobody knows
                connection.cut("a command could not be made");
                result.fail(fault);
            }
        });
        return result.future();
    }
}
