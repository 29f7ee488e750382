package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Reply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.Collections;
import java.util.List;

/**
 * Takes messages from the event bus and answers them.
 *
 * <p>It is called on the Vert.x context on which it was {@link EventBusConsumer#register registered}, for any number of
 * messages at a time, and must not block it. A Future may be completed on any thread. What fails with {@link
 * io.postern.smtp.SmtpException} is answered with its reply, and what fails otherwise, throws or gives no fitting reply with
 * {@code 451 4.3.0}; the cause goes to the log of the consumer and nowhere else.
 */
@FunctionalInterface
public interface MailConsumer {

    /**
     * A message. Its client reads the reply that this gives: 2xx when the message is safe, 4xx for now, 5xx for good.
     *
     * <p>The body comes as it arrives from the client, as fast as the stream is read, and waits until a handler is set. Its end
     * means that the message is whole. It fails with {@link io.postern.smtp.MessageAbortedException} when the client, the
     * server or its node is gone: throw away what was read of it. An answer may come before the end.
     *
     * @param body the content; its buffers share memory with what was read from a network: copy what you keep of them
     */
    Future<Reply> handle(BusEnvelope envelope, ReadStream<Buffer> body);

    /**
     * A message that is answered for each recipient, in LMTP and with PRDR. The default gives the reply of {@link #handle}
     * for each.
     *
     * @return a 2xx, 4xx or 5xx reply for each recipient of the envelope, in their order
     */
    default Future<List<Reply>> handlePerRecipient(BusEnvelope envelope, ReadStream<Buffer> body) {
        return handle(envelope, body)
                .map(reply -> Collections.nCopies(envelope.recipients().size(), reply));
    }
}
