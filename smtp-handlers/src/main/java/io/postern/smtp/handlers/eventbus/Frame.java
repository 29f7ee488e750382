package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.Reply;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * What two sides say to each other about a message. The server begins with an {@link Offer}; from then on each frame is the
 * reply of the event bus to the one before, so that all of a message goes to the one consumer that took its beginning:
 *
 * <pre>
 *   server      consumer
 *   Offer    →
 *            ←  More      any number of times, until a Part was the last
 *   Part     →
 *            ←  Wait      when there is nothing else to say, so that the server knows that it is there
 *   Part     →            an empty one, for the same reason
 *            ←  Answer    at any time in place of the other two
 * </pre>
 *
 * <p>In place of a Part the server may say {@link Abort}. Whose turn it is says something within a third of the timeout. A
 * {@link Question} is replied to with an Answer.
 */
sealed interface Frame {

    /**
     * The server has a message; here is its beginning.
     *
     * @param timeoutMillis after how much silence a side is dead
     */
    record Offer(BusEnvelope envelope, long timeoutMillis, Content content) implements Frame {}

    /** More of its body, perhaps nothing. */
    record Part(Content content) implements Frame {

        static final Part NOTHING = new Part(new Content(List.of(), false));
    }

    /** The message will never be whole, or nobody waits for its answer. */
    record Abort(String reason) implements Frame {}

    /** The server wants to know about a recipient. */
    record Question(RecipientQuestion recipient) implements Frame {}

    /** The consumer has taken all that came, and wants more. */
    record More() implements Frame {}

    /** The consumer lives, but wants nothing at present. */
    record Wait() implements Frame {}

    /** The consumer answers the message, or the question. */
    record Answer(List<Reply> replies) implements Frame {

        public Answer {
            replies = List.copyOf(replies);
        }
    }

    /**
     * A piece of a body.
     *
     * @param last whether the message is whole with it
     */
    record Content(List<Buffer> parts, boolean last) {

        public Content {
            parts = List.copyOf(parts);
        }

        long length() {
            return parts.stream().mapToLong(Buffer::length).sum();
        }
    }
}
