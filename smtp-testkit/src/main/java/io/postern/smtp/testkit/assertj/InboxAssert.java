package io.postern.smtp.testkit.assertj;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.ReceivedMessage;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractObjectAssert;

/**
 * Assertions on what is in an {@link Inbox} now; none of them waits, see {@link Inbox#await()}. Messages that one of them
 * expects have been looked at, and so a test does not fail for them at its end.
 */
public final class InboxAssert extends AbstractObjectAssert<InboxAssert, Inbox> {

    InboxAssert(Inbox actual) {
        super(actual, InboxAssert.class);
    }

    /** Nothing has arrived. */
    public InboxAssert isEmpty() {
        isNotNull();
        if (!actual.isEmpty()) {
            throw failed("no message", actual.messages());
        }
        return this;
    }

    /** So many messages have arrived, however many recipients each has. */
    public InboxAssert hasSize(int expected) {
        messages(expected);
        return this;
    }

    /** One message has arrived; the assertions that follow are about it. */
    public ReceivedMessageAssert onlyMessage() {
        return new ReceivedMessageAssert(messages(1).get(0)).describedAs(descriptionText());
    }

    private List<ReceivedMessage> messages(int expected) {
        isNotNull();
        List<ReceivedMessage> messages = actual.messages();
        if (messages.size() != expected) {
            throw failed(expected == 1 ? "1 message" : expected + " messages", messages);
        }
        return messages;
    }

    /** Among the messages there is exactly one of this kind; the assertions that follow are about it, and not of the others. */
    public ReceivedMessageAssert hasOnlyOne(Predicate<? super ReceivedMessage> kind) {
        isNotNull();
        List<ReceivedMessage> found = actual.messages(kind);
        if (found.size() != 1) {
            throw failed("1 message of the kind, not " + found.size() + ",", actual.messages());
        }
        return new ReceivedMessageAssert(found.get(0)).describedAs(descriptionText());
    }

    private AssertionError failed(String expected, List<ReceivedMessage> messages) {
        return failure(
                "%nexpected %s in the inbox of %s but there is:%s",
                expected,
                actual.domain(),
                messages.isEmpty()
                        ? " none"
                        : messages.stream().map(message -> "\n  " + message).collect(Collectors.joining()));
    }
}
