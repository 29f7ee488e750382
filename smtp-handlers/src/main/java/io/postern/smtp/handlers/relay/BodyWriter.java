package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** How a message goes over the wire. To be used on the event loop of its connection. */
sealed interface BodyWriter permits DataWriter, BdatWriter {

    /**
     * Writes the next part.
     *
     * @return completes when there is room for more; fails with a {@link HopFailure}, or with an {@link
     *     io.postern.smtp.SmtpException} when the next hop has refused the message
     */
    Future<Void> write(Buffer part);

    /**
     * The message is whole.
     *
     * @return the next hop's replies to it, as it said them: one in SMTP, one for each recipient in LMTP. The reply of a
     *     {@link HopFailure} stands for each that did not come; the future fails only as that of {@link #write}.
     */
    Future<List<Reply>> end();

    /** The message is not to be delivered. The connection is in step again, or cut. @return completes then */
    Future<Void> abandon();
}
