package io.postern.smtp.testkit.assertj;

import io.postern.smtp.sasl.Identity;
import io.postern.smtp.testkit.ParsedMail;
import io.postern.smtp.testkit.ReceivedMessage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on a {@link ReceivedMessage}. Those on the envelope are {@link #hasSender}, {@link #hasRecipients} and {@link
 * #hasBlindCopiesTo}; {@link #isFrom} and {@link #isTo} look at the header.
 */
public final class ReceivedMessageAssert extends AbstractMailAssert<ReceivedMessageAssert, ReceivedMessage> {

    /** How much of the content is shown when an assertion fails. */
    private static final int MAX_SHOWN = 4_096;

    private @Nullable ParsedMail mail;

    ReceivedMessageAssert(ReceivedMessage actual) {
        super(actual, ReceivedMessageAssert.class);
    }

    @Override
    ParsedMail mail() {
        isNotNull();
        if (mail == null) {
            mail = actual.mail();
        }
        return mail;
    }

    @Override
    String shown() {
        String content = actual.text();
        return actual + ":\n" + (content.length() > MAX_SHOWN ? content.substring(0, MAX_SHOWN) + "..." : content);
    }

    /** The sender of the envelope, that of MAIL FROM, is this address; empty for the null sender. */
    public ReceivedMessageAssert hasSender(String address) {
        isNotNull();
        return require(
                actual.mailFrom().equals(address),
                () -> "the sender to be " + quoted(address) + " but it is " + quoted(actual.mailFrom()));
    }

    /** The recipients of the envelope, those of RCPT TO, are these and no others, in any order. */
    public ReceivedMessageAssert hasRecipients(String... addresses) {
        isNotNull();
        return requireAddresses("the envelope", actual.rcptTos(), List.of(addresses));
    }

    /** The recipients of the envelope whom To and Cc do not name are these and no others, in any order. */
    public ReceivedMessageAssert hasBlindCopiesTo(String... addresses) {
        isNotNull();
        return requireAddresses("the recipients of blind copies", actual.bcc(), List.of(addresses));
    }

    /** It came over TLS. */
    public ReceivedMessageAssert isEncrypted() {
        isNotNull();
        return require(actual.ssl(), () -> "an encrypted connection but it was a plain one");
    }

    /** It came without TLS. */
    public ReceivedMessageAssert isNotEncrypted() {
        isNotNull();
        return require(!actual.ssl(), () -> "a plain connection but it was an encrypted one");
    }

    /** The client had logged in with this name. */
    public ReceivedMessageAssert isAuthenticatedAs(String username) {
        Optional<String> user = user();
        return require(
                user.equals(Optional.of(username)),
                () -> "the client to have logged in as " + quoted(username) + " but "
                        + user.map(name -> "it has as " + quoted(name)).orElse("it has not logged in"));
    }

    /** The client had not logged in. */
    public ReceivedMessageAssert isNotAuthenticated() {
        Optional<String> user = user();
        return require(
                user.isEmpty(), () -> "the client not to have logged in but it has as " + quoted(user.orElse("")));
    }

    private Optional<String> user() {
        isNotNull();
        return actual.authenticated().map(Identity::authenticationId);
    }

    /** It arrived at this time, by the clock of the server. */
    public ReceivedMessageAssert wasReceivedAt(Instant time) {
        isNotNull();
        return require(
                actual.receivedAt().equals(time),
                () -> "it to have arrived at " + time + " but it did at " + actual.receivedAt());
    }
}
