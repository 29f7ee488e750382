package io.postern.smtp.sasl;

import java.util.Arrays;
import java.util.Optional;

/**
 * What the server does next in an exchange. Data that a mechanism sends along with its success (RFC 4422 §3.6) goes out
 * as a last challenge, which the client answers with an empty response.
 */
public sealed interface SaslStep {

    /** Sends data and waits for a response: 334 (RFC 4954 §4). The data may be empty; it is not copied. */
    @SuppressWarnings("ArrayRecordComponent") // compared by content below
    record Challenge(byte[] data) implements SaslStep {
        static final Challenge EMPTY = new Challenge(new byte[0]);

        @Override
        public boolean equals(Object other) {
            return other instanceof Challenge challenge && Arrays.equals(data, challenge.data);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(data);
        }

        @Override
        public String toString() {
            return "Challenge[" + data.length + " octets]";
        }
    }

    /** The client is who it says: 235. */
    record Success(Identity identity) implements SaslStep {}

    /**
     * The client is not let in.
     *
     * @param cause what went wrong on our side, for the log; empty when the client is to blame
     */
    record Failure(SaslFailure reason, Optional<Throwable> cause) implements SaslStep {

        /** A failure of the client's making. */
        public Failure(SaslFailure reason) {
            this(reason, Optional.empty());
        }
    }
}
