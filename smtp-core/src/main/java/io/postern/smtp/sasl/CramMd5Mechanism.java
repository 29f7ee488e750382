package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.Function;

/**
 * CRAM-MD5 (RFC 2195). It needs the passwords in plain text on the server and MD5 on the wire, so that nothing offers it
 * unless told to.
 *
 * @param challenges makes the challenge, given the server's name
 */
record CramMd5Mechanism(Authenticator<? super Credentials.CramMd5> authenticator, Function<String, String> challenges)
        implements SaslMechanism {

    private static final SecureRandom RANDOM = new SecureRandom();
    // the digest is 32 hexadecimal digits, and a space stands before it
    private static final int DIGEST = 32;

    CramMd5Mechanism(Authenticator<? super Credentials.CramMd5> authenticator) {
        this(authenticator, CramMd5Mechanism::randomChallenge);
    }

    @Override
    public String name() {
        return "CRAM-MD5";
    }

    @Override
    public boolean exposesSecret() {
        return false;
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.serverFirst(() -> {
            byte[] challenge = challenges.apply(context.serverName()).getBytes(StandardCharsets.UTF_8);
            return Next.challenge(challenge, response -> respond(challenge, response, context));
        });
    }

    private Future<Next> respond(byte[] challenge, byte[] response, SaslContext context) {
        int space = response.length - DIGEST - 1;
        if (space < 1 || response[space] != ' ') {
            return Next.malformed();
        }
        String digest = new String(response, space + 1, DIGEST, StandardCharsets.ISO_8859_1);
        if (!digest.matches("[0-9a-f]*")) {
            return Next.malformed();
        }
        return Text.utf8(response, 0, space)
                .filter(Text::isName)
                .map(userName -> new Credentials.CramMd5(
                        userName, challenge, HexFormat.of().parseHex(digest)))
                .map(credentials -> Dialogue.judge(authenticator, credentials, context))
                .orElseGet(Next::malformed);
    }

    // a message id of RFC 822 that no one can foretell
    private static String randomChallenge(String serverName) {
        byte[] unique = new byte[16];
        RANDOM.nextBytes(unique);
        return "<" + HexFormat.of().formatHex(unique) + "@" + serverName + ">";
    }
}
