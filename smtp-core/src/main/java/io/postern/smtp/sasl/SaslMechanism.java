package io.postern.smtp.sasl;

import java.util.List;

/**
 * A SASL mechanism on the server's side (RFC 4422). It is immutable and serves all connections at once; what belongs to
 * one AUTH command is in the {@link SaslExchange}.
 *
 * <p>An application may bring its own.
 */
public interface SaslMechanism {

    /** The registered name in upper case, such as {@code SCRAM-SHA-256} (RFC 4422 §3.1). */
    String name();

    /**
     * Whether this connection can use it; if not, it is neither listed nor accepted. A mechanism that needs a client
     * certificate or channel binding says so here. Called on the connection's event loop, at each EHLO and AUTH: it should
     * just return a value.
     */
    default boolean isOffered(SaslContext context) {
        return true;
    }

    /** Whether the client sends a secret that someone who reads the connection could use again. */
    boolean exposesSecret();

    /** Begins what one AUTH command asks for. Called on the connection's context. */
    SaslExchange begin(SaslContext context);

    /** PLAIN and LOGIN, for authenticators that need to see the password. */
    static List<SaslMechanism> passwords(Authenticator<? super Credentials.Password> authenticator) {
        return List.of(plain(authenticator), login(authenticator));
    }

    /** PLAIN (RFC 4616). */
    static SaslMechanism plain(Authenticator<? super Credentials.Password> authenticator) {
        return new PlainMechanism(authenticator);
    }

    /** LOGIN: no standard, but older clients know nothing else. It asks for {@code User Name} and {@code Password}. */
    static SaslMechanism login(Authenticator<? super Credentials.Password> authenticator) {
        return new LoginMechanism(authenticator);
    }

    /** SCRAM-SHA-256-PLUS and SCRAM-SHA-256. */
    static List<SaslMechanism> scram(ScramVerifiers verifiers) {
        return List.of(scramSha256Plus(verifiers), scramSha256(verifiers));
    }

    /** SCRAM-SHA-256 (RFC 5802, RFC 7677): server and client prove to each other that they know the password. */
    static SaslMechanism scramSha256(ScramVerifiers verifiers) {
        return new ScramMechanism(false, verifiers);
    }

    /**
     * SCRAM-SHA-256-PLUS: the same, bound to the TLS connection, so that no one stands between. It is offered when the
     * connection has data for {@code tls-exporter} or {@code tls-server-end-point}; see
     * {@link SaslContext#channelBinding(String)}.
     */
    static SaslMechanism scramSha256Plus(ScramVerifiers verifiers) {
        return new ScramMechanism(true, verifiers);
    }

    /** OAUTHBEARER (RFC 7628): an access token of OAuth 2.0. */
    static SaslMechanism oauthBearer(Authenticator<? super Credentials.Token> authenticator) {
        return new BearerMechanism(BearerMechanism.Kind.OAUTHBEARER, authenticator);
    }

    /** XOAUTH2: what OAUTHBEARER was before it became a standard. */
    static SaslMechanism xoauth2(Authenticator<? super Credentials.Token> authenticator) {
        return new BearerMechanism(BearerMechanism.Kind.XOAUTH2, authenticator);
    }

    /** EXTERNAL (RFC 4422 appendix A): the client's certificate. It is offered when TLS has verified one. */
    static SaslMechanism external(Authenticator<? super Credentials.Certificate> authenticator) {
        return new ExternalMechanism(authenticator);
    }

    /** CRAM-MD5 (RFC 2195): for clients that know nothing better. It needs the passwords as they are. */
    static SaslMechanism cramMd5(Authenticator<? super Credentials.CramMd5> authenticator) {
        return new CramMd5Mechanism(authenticator);
    }
}
