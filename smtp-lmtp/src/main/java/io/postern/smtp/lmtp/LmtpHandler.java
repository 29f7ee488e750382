package io.postern.smtp.lmtp;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.Comparator;
import java.util.List;

/**
 * A handler that answers a message for each recipient, which is what sets LMTP apart (RFC 2033 §4.2). It serves SMTP as
 * well: there clients that ask for PRDR have all its replies, and others one of them, see {@link #handleData}.
 *
 * <p>Whoever has one answer for all recipients implements {@link SmtpHandler}, which serves LMTP, too.
 */
public interface LmtpHandler extends SmtpHandler {

    @Override
    Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body);

    /**
     * A message whose client takes only one reply: gives the worst of those of {@link #handleDataPerRecipient}, so that no
     * recipient misses the message. A 4xx comes before a 5xx, for its recipient would have been served later. The client
     * then sends the message again, or returns it, for all of them; who was served already gets it twice.
     */
    @Override
    default Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handleDataPerRecipient(session, envelope, body).map(replies -> {
            int wanted = envelope.recipients().size();
            if (replies.size() != wanted) {
                throw new IllegalStateException("the hook gave " + replies.size() + " replies, wanted are " + wanted);
            }
            return replies.stream()
                    .max(Comparator.comparingInt(LmtpHandler::severity))
                    .orElseThrow();
        });
    }

    private static int severity(Reply reply) {
        if (reply.isPositive()) {
            return 0;
        } else if (reply.isPermanent()) {
            return 1;
        }
        return reply.isTransient() ? 2 : 3; // 3xx is no answer at all
    }
}
