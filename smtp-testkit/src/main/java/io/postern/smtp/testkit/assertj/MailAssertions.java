package io.postern.smtp.testkit.assertj;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.ParsedMail;
import io.postern.smtp.testkit.ReceivedMessage;

/**
 * Where assertions on mail begin. Imported statically, they stand beside those of AssertJ:
 *
 * <pre>{@code
 * assertThat(inbox).onlyMessage()
 *         .hasSender("bounces@shop.example")
 *         .hasRecipients("anne@example.org")
 *         .hasSubject("Your order")
 *         .textContains("Thank you")
 *         .hasNoBcc();
 * }</pre>
 */
public final class MailAssertions {

    private MailAssertions() {}

    /** Begins an assertion on what is in an inbox. */
    public static InboxAssert assertThat(Inbox actual) {
        return new InboxAssert(actual);
    }

    /** Begins an assertion on a message: its envelope, how it came, and what a person sees of it. */
    public static ReceivedMessageAssert assertThat(ReceivedMessage actual) {
        return new ReceivedMessageAssert(actual);
    }

    /** Begins an assertion on what a person sees of a message. */
    public static ParsedMailAssert assertThat(ParsedMail actual) {
        return new ParsedMailAssert(actual);
    }
}
