package io.postern.smtp.sasl;

import io.vertx.core.Future;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.authentication.UsernamePasswordCredentials;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Authenticators that ask an {@link AuthenticationProvider} of Vert.x; the application brings the module
 * {@code io.vertx.auth.common} along. The {@link User} is an attribute of the {@link Identity}, for authorizations.
 *
 * <p>A provider fails alike for a wrong password and for a database that is away. What the server takes for the second is
 * told by a predicate; by default an {@link IOException} or a {@link TimeoutException}, also as a cause. Whether a provider
 * hashes passwords off the event loop, and for unknown users too, is its own affair.
 */
@SuppressWarnings("exports") // whoever calls it requires that module
public final class VertxAuthentication {

    /** The name of the attribute that is the {@link User}. */
    public static final String USER = "user";

    private VertxAuthentication() {}

    /** For PLAIN and LOGIN. Users act for themselves only. */
    public static Authenticator<Credentials.Password> passwords(AuthenticationProvider provider) {
        return passwords(provider, VertxAuthentication::isOutage);
    }

    /**
     * For PLAIN and LOGIN. Users act for themselves only.
     *
     * @param isOutage which failures of the provider mean that it cannot tell now
     */
    public static Authenticator<Credentials.Password> passwords(
            AuthenticationProvider provider, Predicate<Throwable> isOutage) {
        return (credentials, context) -> {
            String name = credentials.authenticationId();
            return ask(provider.authenticate(new UsernamePasswordCredentials(name, credentials.password())), isOutage)
                    .map(user -> user.map(known -> new Identity(name, name, Map.of(USER, known))));
        };
    }

    /** For OAUTHBEARER and XOAUTH2. The client must name the subject of its token, or nobody. */
    public static Authenticator<Credentials.Token> tokens(AuthenticationProvider provider) {
        return tokens(provider, VertxAuthentication::isOutage);
    }

    /**
     * For OAUTHBEARER and XOAUTH2. The client must name the {@link User#subject()} of its token, or nobody.
     *
     * @param isOutage which failures of the provider mean that it cannot tell now
     */
    public static Authenticator<Credentials.Token> tokens(
            AuthenticationProvider provider, Predicate<Throwable> isOutage) {
        return (credentials, context) -> ask(provider.authenticate(new TokenCredentials(credentials.token())), isOutage)
                .map(user -> user.flatMap(known -> Optional.ofNullable(known.subject())
                        .map(subject -> new Identity(subject, subject, Map.of(USER, known)))));
    }

    private static Future<Optional<User>> ask(Future<User> answer, Predicate<Throwable> isOutage) {
        return answer.map(Optional::ofNullable)
                .recover(cause ->
                        isOutage.test(cause) ? Future.failedFuture(cause) : Future.succeededFuture(Optional.empty()));
    }

    private static boolean isOutage(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException || cause instanceof TimeoutException) {
                return true;
            }
        }
        return false;
    }
}
