package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Recipient;
import io.postern.smtp.Sender;
import java.util.Optional;

/**
 * A client asks for a recipient.
 *
 * @param session the client
 * @param sender who its message is from
 * @param recipient who it shall be for
 */
public record RecipientQuestion(BusSession session, Optional<Sender> sender, Recipient recipient) {}
