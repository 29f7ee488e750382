package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** EXTERNAL (RFC 4422 appendix A) by the client's certificate; the response is whom it wants to act for, or empty. */
record ExternalMechanism(Authenticator<? super Credentials.Certificate> authenticator) implements SaslMechanism {

    @Override
    public String name() {
        return "EXTERNAL";
    }

    @Override
    public boolean exposesSecret() {
        return false;
    }

    @Override
    public boolean isOffered(SaslContext context) {
        return certificate(context).isPresent();
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.clientFirst(response -> respond(response, context));
    }

    private Future<Next> respond(byte[] response, SaslContext context) {
        Optional<String> authorizationId = Text.utf8(response).filter(Text::isNameOrEmpty);
        if (authorizationId.isEmpty()) {
            return Next.malformed();
        }
        return certificate(context)
                .map(certificate -> new Credentials.Certificate(authorizationId.get(), certificate))
                .map(credentials -> Dialogue.judge(authenticator, credentials, context))
                .orElseGet(() -> Next.failure(SaslFailure.CREDENTIALS_INVALID));
    }

    private static Optional<X509Certificate> certificate(SaslContext context) {
        return context.tls().flatMap(ExternalMechanism::verified);
    }

    private static Optional<X509Certificate> verified(SSLSession session) {
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? Optional.of(certificate)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        }
    }
}
