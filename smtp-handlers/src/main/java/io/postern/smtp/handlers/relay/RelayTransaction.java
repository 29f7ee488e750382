package io.postern.smtp.handlers.relay;

import io.postern.smtp.BodyType;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.SmtpException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way to the next hop: a sender, recipients one after the other, then the content. {@link
 * RelayClient#begin} makes it.
 *
 * <p>It takes a connection when the first recipient is named, and the sender is told then as well; so a next hop that does
 * not want the sender says so in the reply to that recipient, and to each that follows. The connection is given back when
 * the message was answered or the transaction {@linkplain #abandon() abandoned}; one of these has to happen.
 *
 * <p>Methods may be called on any thread, one at a time: the next when the future of the one before has completed. Only
 * {@code abandon} may be called at any time. The futures complete on an event loop. What goes wrong on the way is an {@link
 * SmtpException} of 451, for it may work another time; it is in the log with the transaction's id.
 */
public final class RelayTransaction {

    private static final Logger LOG = System.getLogger(RelayTransaction.class.getName());

    private final RelayClient client;
    private final Sender sender;
    private final String id;

    /** A recipient is named. Who has no patience any more may name another, but the next hop is still at this one. */
    private final AtomicBoolean asking = new AtomicBoolean();

    private volatile @Nullable HopTransaction current;
    private volatile @Nullable Reply refusal;
    private volatile boolean over;

    RelayTransaction(RelayClient client, Sender sender, String id) {
        this.client = client;
        this.sender = sender;
        this.id = id;
    }

    /** The recipients that the next hop has accepted so far, in their order. */
    public List<Recipient> recipients() {
        HopTransaction begun = current;
        return begun == null ? List.of() : begun.accepted();
    }

    /**
     * Names a recipient to the next hop.
     *
     * @return what the next hop says to it, or why it does not take the sender. Of its replies only those are replaced, by 451,
     *     that speak of its dialogue with this relay, such as 421 and 530.
     */
    public Future<Reply> rcpt(Recipient recipient) {
        Reply refused = refusal;
        if (refused != null) {
            return Future.succeededFuture(refused);
        }
        if (over) {
            return Future.failedFuture(new IllegalStateException("the transaction is over"));
        }
        if (!recipient.mailbox().isAscii() && !sender.parameters().smtpUtf8()) {
            return Future.succeededFuture(Replies.SMTPUTF8_NEEDED);
        }
        if (!asking.compareAndSet(false, true)) {
            return Future.succeededFuture(HopReplies.TOO_SLOW);
        }
        HopTransaction begun = current;
        Future<Reply> reply = begun == null ? begin(recipient, false) : begun.rcpt(recipient);
        return explained(reply.andThen(answer -> asking.set(false)), "RCPT");
    }

    /** @param fresh whether the connection must be a new one */
    private Future<Reply> begin(Recipient first, boolean fresh) {
        Loop loop = client.loop();
        return client.pool().borrow(loop, fresh).compose(connection -> {
            boolean used = connection.transactions() > 0;
            client.learn(connection.capabilities());
            HopTransaction transaction = new HopTransaction(client.pool(), connection, client.options(), sender);
            LOG.log(Level.DEBUG, () -> id + " is relayed over " + connection);
            return transaction
                    .begin(first)
                    .map(beginning -> begun(transaction, beginning))
                    // The next hop may have closed it just before, and no message was on its way yet
                    .recover(failure -> used && !over && failure instanceof HopFailure
                            ? begin(first, true)
                            : Future.failedFuture(failure));
        });
    }

    private Reply begun(HopTransaction transaction, HopTransaction.Beginning beginning) {
        if (beginning.refusal().isPresent()) {
            refusal = beginning.refusal().get();
        } else {
            current = transaction;
            if (over) {
                transaction.abandon();
            }
        }
        return beginning.rcpt();
    }

    /**
     * Sends the message, as fast as the next hop reads it.
     *
     * @param body the content, without the dots that SMTP adds, lines ending with CR LF. Other line ends are refused, but in a
     *     message that was declared {@link BodyType#BINARYMIME}. If it fails, the message is not delivered.
     * @return a reply for each of {@link #recipients()}, in their order: in SMTP the same for all. A refusal of the message as
     *     a whole is such a reply, too.
     */
    public Future<List<Reply>> send(ReadStream<Buffer> body) {
        return send(body, "", Set.of());
    }

    /**
     * Like {@link #send(ReadStream)}, with changes to the header.
     *
     * @param top fields to put on top, each with its line end
     * @param dropped names of fields to leave out
     */
    Future<List<Reply>> send(ReadStream<Buffer> body, String top, Set<String> dropped) {
        HopTransaction begun = current;
        if (over || begun == null || begun.accepted().isEmpty()) {
            return Future.failedFuture(new SmtpException(HopReplies.NO_RECIPIENTS));
        }
        if (asking.get()) {
            // what the next hop says to this recipient nobody will know
            abandon();
            return Future.failedFuture(new SmtpException(HopReplies.TRANSACTION_CHANGED));
        }
        over = true;
        boolean binary = sender.parameters().body() == BodyType.BINARYMIME;
        BodyFilter filter = new BodyFilter(top, dropped, client.options().getMaxReceived(), binary);
        List<Recipient> recipients = begun.accepted();
        Future<List<Reply>> replies = begun.send(body, filter)
                .recover(failure -> failure instanceof SmtpException refused
                        ? Future.succeededFuture(recipients.stream()
                                .map(recipient -> refused.reply())
                                .toList())
                        : Future.failedFuture(failure));
        return explained(replies, "message")
                .onSuccess(all -> LOG.log(Level.DEBUG, () -> id + " the next hop answers " + codes(all)));
    }

    private static String codes(List<Reply> replies) {
        return replies.stream().map(Reply::code).distinct().toList() + " for " + replies.size() + " recipients";
    }

    /** Ends the transaction: nothing is delivered, unless the whole message is with the next hop already. */
    public void abandon() {
        over = true;
        HopTransaction begun = current;
        if (begun != null) {
            begun.abandon();
        }
    }

    private <T> Future<T> explained(Future<T> result, String what) {
        return result.recover(failure -> {
            if (!(failure instanceof HopFailure hop)) {
                return Future.failedFuture(failure);
            }
            LOG.log(Level.DEBUG, () -> id + " " + what + " not relayed: " + hop.getMessage(), hop.getCause());
            client.warn(hop);
            return Future.failedFuture(new SmtpException(hop.reply()));
        });
    }

    /** The id, for the log. */
    @Override
    public String toString() {
        return id;
    }
}
