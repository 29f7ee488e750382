package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;

/** LOGIN (draft-murchison-sasl-login): asks for the name, then for the password. */
record LoginMechanism(Authenticator<? super Credentials.Password> authenticator) implements SaslMechanism {

    // the draft's words, with the NUL that some clients compare too
    private static final String USER_NAME = "User Name\0";
    private static final String PASSWORD = "Password\0";

    @Override
    public String name() {
        return "LOGIN";
    }

    @Override
    public boolean exposesSecret() {
        return true;
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.prompt(ascii(USER_NAME), response -> userName(response, context));
    }

    private Future<Next> userName(byte[] response, SaslContext context) {
        return Text.utf8(response)
                .filter(Text::isName)
                .map(userName -> Next.challenge(ascii(PASSWORD), password -> password(userName, password, context)))
                .orElseGet(Next::malformed);
    }

    private Future<Next> password(String userName, byte[] response, SaslContext context) {
        return Text.utf8(response)
                .filter(Text::isPassword)
                .map(password -> new Credentials.Password("", userName, password))
                .map(credentials -> Dialogue.judge(authenticator, credentials, context))
                .orElseGet(Next::malformed);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
