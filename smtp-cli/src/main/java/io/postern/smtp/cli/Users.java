package io.postern.smtp.cli;

import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.sasl.SaslExchange;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.sasl.ScramVerifier;
import io.postern.smtp.sasl.ScramVerifiers;
import io.postern.smtp.sasl.UsersFile;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The users of a file that can be read again while servers run: their mechanisms stay, and ask whoever is in the file now.
 */
final class Users implements Authenticator<Credentials.Password>, ScramVerifiers {

    private final Vertx vertx;
    private final Path path;
    private volatile Loaded current;

    /** @param mechanisms the names of those that all of these users can use */
    private record Loaded(UsersFile file, Set<String> mechanisms) {

        static Loaded of(UsersFile file) {
            return new Loaded(
                    file, file.mechanisms().stream().map(SaslMechanism::name).collect(Collectors.toUnmodifiableSet()));
        }
    }

    private Users(Vertx vertx, Path path, Loaded first) {
        this.vertx = vertx;
        this.path = path;
        this.current = first;
    }

    /** Fails like {@link UsersFile#load}. */
    static Future<Users> load(Vertx vertx, Path path) {
        return UsersFile.load(vertx, path).map(file -> new Users(vertx, path, Loaded.of(file)));
    }

    /** Reads the file again; if that fails, everything stays as it is. */
    Future<Void> reload() {
        return UsersFile.load(vertx, path).map(file -> {
            current = Loaded.of(file);
            return null;
        });
    }

    /** All that a users file can serve, best first. Which of them are offered is up to the users of the moment. */
    List<SaslMechanism> mechanisms() {
        return Stream.concat(SaslMechanism.scram(this).stream(), SaslMechanism.passwords(this).stream())
                .<SaslMechanism>map(OfTheMoment::new)
                .toList();
    }

    private final class OfTheMoment implements SaslMechanism {

        private final SaslMechanism mechanism;

        OfTheMoment(SaslMechanism mechanism) {
            this.mechanism = mechanism;
        }

        @Override
        public String name() {
            return mechanism.name();
        }

        @Override
        public boolean isOffered(SaslContext context) {
            return current.mechanisms().contains(name()) && mechanism.isOffered(context);
        }

        @Override
        public boolean exposesSecret() {
            return mechanism.exposesSecret();
        }

        @Override
        public SaslExchange begin(SaslContext context) {
            return mechanism.begin(context);
        }
    }

    @Override
    public Future<Optional<Identity>> authenticate(Credentials.Password credentials, SaslContext context) {
        return current.file().authenticate(credentials, context);
    }

    @Override
    public Future<Optional<ScramVerifier>> find(String authenticationId, SaslContext context) {
        return current.file().find(authenticationId, context);
    }

    @Override
    public Future<Optional<Identity>> identify(String authenticationId, String authorizationId, SaslContext context) {
        return current.file().identify(authenticationId, authorizationId, context);
    }
}
