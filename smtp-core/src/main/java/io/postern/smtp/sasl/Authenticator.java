package io.postern.smtp.sasl;

import io.vertx.core.Future;
import java.util.Optional;

/**
 * Decides whether credentials are good. One authenticator serves all connections.
 *
 * <pre>{@code
 * Authenticator<Credentials.Password> accounts = (credentials, context) ->
 *         directory.check(credentials.authenticationId(), credentials.password())
 *                 .map(good -> good ? Optional.of(Identity.of(credentials.authenticationId())) : Optional.empty());
 * }</pre>
 *
 * @param <C> the kind of credentials that it can check
 */
@FunctionalInterface
public interface Authenticator<C extends Credentials> {

    /**
     * Checks credentials. Called where hooks are called: on an event loop, which it must not block, or on a worker or
     * virtual thread, where it may; the future may complete on any thread.
     *
     * <p>A client may ask to act for another by an {@link Credentials#authorizationId() authorization identity}. Whoever
     * allows that returns an identity with that very {@link Identity#authorizationId()}; with any other, the client is
     * refused.
     *
     * @return the identity; empty when the credentials are not good; a failed future when that cannot be told now, which
     *     the client hears as a passing error and the log in full
     */
    Future<Optional<Identity>> authenticate(C credentials, SaslContext context);
}
