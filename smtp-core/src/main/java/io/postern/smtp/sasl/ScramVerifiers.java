package io.postern.smtp.sasl;

import io.vertx.core.Future;
import java.util.Optional;

/** Where SCRAM finds what the server keeps of the users' passwords. */
@FunctionalInterface
public interface ScramVerifiers {

    /**
     * The verifier of a user. Called on the connection's context, which it must not block; the future may complete on any
     * thread. It should take as long for a user that does not exist.
     *
     * @param authenticationId the user's name as the client sent it
     * @return empty when there is no such user, who is then asked for a proof all the same; a failed future when that
     *     cannot be told now
     */
    Future<Optional<ScramVerifier>> find(String authenticationId, SaslContext context);

    /**
     * Who a client is that has proved to know the password.
     *
     * @param authorizationId whom it wants to act for; empty when it did not say
     * @return empty when it may not act for that one; by default every user acts for themselves only
     */
    default Future<Optional<Identity>> identify(String authenticationId, String authorizationId, SaslContext context) {
        boolean self = authorizationId.isEmpty() || authorizationId.equals(authenticationId);
        return Future.succeededFuture(self ? Optional.of(Identity.of(authenticationId)) : Optional.empty());
    }

    /** The iteration count that a user is told who does not exist: that of most users, so that they look the same. */
    default int iterations() {
        return PasswordHash.DEFAULT_ITERATIONS;
    }
}
