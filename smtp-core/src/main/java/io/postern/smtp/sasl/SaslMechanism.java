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
     * certificate or channel binding says so here.
     */
    default boolean isOffered(SaslContext context) {
        return true;
    }

    /** Whether the client sends a secret that someone who reads the connection could use again. */
    boolean exposesSecret();

    /** Begins what one AUTH command asks for. Called on the connection's context. */
    SaslExchange begin(SaslContext context);

    /** PLAIN (RFC 4616) and LOGIN: for authenticators that need to see the password. */
    static List<SaslMechanism> passwords(Authenticator<? super Credentials.Password> authenticator) {
        return List.of(plain(authenticator), login(authenticator));
    }

    /** PLAIN (RFC 4616). */
    static SaslMechanism plain(Authenticator<? super Credentials.Password> authenticator) {
        throw new UnsupportedOperationException("" + authenticator);
    }

    /** LOGIN: no standard, but older clients know nothing else. It asks for {@code User Name} and {@code Password}. */
    static SaslMechanism login(Authenticator<? super Credentials.Password> authenticator) {
        throw new UnsupportedOperationException("" + authenticator);
    }
}
