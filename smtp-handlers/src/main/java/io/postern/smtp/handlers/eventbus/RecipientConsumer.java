package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Reply;
import io.vertx.core.Future;

/** Says over the event bus which recipients there are. What holds for a {@link MailConsumer} holds here too. */
@FunctionalInterface
public interface RecipientConsumer {

    /**
     * A recipient. Its client reads the reply that this gives: 2xx takes the recipient, 4xx and 5xx do not.
     *
     * <p>The answer is due within {@link EventBusHandlerOptions#getTimeout()} of the server.
     */
    Future<Reply> handle(RecipientQuestion question);
}
