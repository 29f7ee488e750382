package io.postern.smtp.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLSession;

/** Words in which the tests of this package speak. */
final class Exchanges {

    static final SaslContext PLAIN_TEXT = new Connection(Optional.empty(), Set.of());

    private Exchanges() {}

    record Connection(Optional<SSLSession> tls, Set<String> offeredMechanisms) implements SaslContext {
        @Override
        public String serverName() {
            return "mx.example.org";
        }

        @Override
        public SocketAddress peer() {
            return SocketAddress.inetSocketAddress(50_000, "192.0.2.1");
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The step of a future, wherever it is computed. */
    static SaslStep step(Future<SaslStep> future) {
        return await(future);
    }

    static <T> T await(Future<T> future) {
        try {
            return future.await(20, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new AssertionError(late);
        }
    }

    static String challenge(Future<SaslStep> future) {
        SaslStep step = step(future);
        assertThat(step).isInstanceOf(SaslStep.Challenge.class);
        return new String(((SaslStep.Challenge) step).data(), StandardCharsets.UTF_8);
    }

    static Identity success(Future<SaslStep> future) {
        SaslStep step = step(future);
        assertThat(step).isInstanceOf(SaslStep.Success.class);
        return ((SaslStep.Success) step).identity();
    }

    static SaslFailure failure(Future<SaslStep> future) {
        SaslStep step = step(future);
        assertThat(step).isInstanceOf(SaslStep.Failure.class);
        return ((SaslStep.Failure) step).reason();
    }

    static Future<SaslStep> respond(SaslMechanism mechanism, String response) {
        return mechanism.begin(PLAIN_TEXT).onResponse(utf8(response));
    }

    /** Lets in whoever has this name and password, for themselves. */
    static Authenticator<Credentials.Password> only(String name, String password) {
        return (credentials, context) -> Future.succeededFuture(
                credentials.authenticationId().equals(name)
                                && credentials.password().equals(password)
                        ? Optional.of(Identity.of(name))
                        : Optional.empty());
    }
}
