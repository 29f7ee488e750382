package io.postern.smtp.protocol;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What is said to a message.
 *
 * @param replies one reply to the message as a whole, or one for each recipient in the order of RCPT
 */
record Verdict(List<Reply> replies) {

    Verdict {
        replies = List.copyOf(replies);
    }

    /** The same to everybody. */
    static Verdict of(Reply reply) {
        return new Verdict(List.of(reply));
    }

    /**
     * All of it in one reply: the message is accepted when it is for one recipient, and refused for good only when it is
     * for all.
     */
    Reply overall() {
        if (replies.size() == 1) {
            return replies.get(0);
        }
        return first(Reply::isPositive)
                .or(() -> first(reply -> reply.code() == 421)) // what ends the session has to be said
                .or(() -> first(Reply::isTransient))
                .orElse(replies.get(0));
    }

    private Optional<Reply> first(Predicate<Reply> kind) {
        return replies.stream().filter(kind).findFirst();
    }

    /** What the client of LMTP gets: a reply for each recipient (RFC 2033 §4.2). */
    List<Reply> toEach(int recipients) {
        return replies.size() == 1 ? Collections.nCopies(recipients, replies.get(0)) : replies;
    }

    /**
     * What the client of SMTP gets: one reply, or with PRDR 353, the replies, and at last one that a client takes for all
     * whom it refuses.
     */
    List<Reply> toWhole() {
        if (replies.size() == 1) {
            return replies;
        }
        List<Reply> block = new ArrayList<>(replies.size() + 2);
        block.add(Replies.REPLIES_FOLLOW);
        block.addAll(replies);
        block.add(overall());
        return block;
    }
}
