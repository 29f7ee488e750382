package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Sender;
import java.util.List;
import java.util.Optional;

/**
 * The envelope of a message on the event bus. It is the same wherever the consumer is.
 *
 * @param id a name for this message that no other has, of whatever server; it stands in the logs of both sides. A client that
 *     sends a message again has another one
 * @param session who sent it
 * @param answeredPerRecipient whether each recipient gets a reply of its own, as in LMTP and with PRDR
 * @param sender who the message is from
 * @param recipients who the message is for, in the order in which they came
 */
public record BusEnvelope(
        String id,
        BusSession session,
        boolean answeredPerRecipient,
        Optional<Sender> sender,
        List<Recipient> recipients)
        implements Envelope {

    public BusEnvelope {
        recipients = List.copyOf(recipients);
    }

    /** How many replies there must be. */
    int answers() {
        return answeredPerRecipient ? recipients.size() : 1;
    }
}
