package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import java.util.Optional;

/** PLAIN (RFC 4616): {@code [authzid] NUL authcid NUL passwd}. */
record PlainMechanism(Authenticator<? super Credentials.Password> authenticator) implements SaslMechanism {

    @Override
    public String name() {
        return "PLAIN";
    }

    @Override
    public boolean exposesSecret() {
        return true;
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.clientFirst(message -> parse(message)
                .map(credentials -> Dialogue.judge(authenticator, credentials, context))
                .orElseGet(Next::malformed));
    }

    private static Optional<Credentials.Password> parse(byte[] message) {
        int first = indexOfNul(message, 0);
        int second = first < 0 ? -1 : indexOfNul(message, first + 1);
        if (second < 0) {
            return Optional.empty();
        }
        // a third NUL fails as one in the password
        return Text.utf8(message, 0, first)
                .filter(Text::isNameOrEmpty)
                .flatMap(authorizationId -> Text.utf8(message, first + 1, second)
                        .filter(Text::isName)
                        .flatMap(authenticationId -> Text.utf8(message, second + 1, message.length)
                                .filter(Text::isPassword)
                                .map(password ->
                                        new Credentials.Password(authorizationId, authenticationId, password))));
    }

    private static int indexOfNul(byte[] octets, int from) {
        for (int i = from; i < octets.length; i++) {
            if (octets[i] == 0) {
                return i;
            }
        }
        return -1;
    }
}
