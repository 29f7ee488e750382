package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.respond;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.TEMPORARILY_UNAVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.VertxException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.authentication.UsernamePasswordCredentials;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class VertxAuthenticationTest {

    private final AuthenticationProvider provider = credentials -> {
        if (credentials instanceof UsernamePasswordCredentials password) {
            return password.getUsername().equals("tim")
                            && password.getPassword().equals("pencil")
                    ? Future.succeededFuture(User.fromName("tim"))
                    : Future.failedFuture("invalid username/password");
        }
        return ((TokenCredentials) credentials).getToken().equals("good")
                ? Future.succeededFuture(User.create(new JsonObject().put("sub", "tim")))
                : Future.failedFuture("invalid token");
    };

    @Test
    void aUserOfTheProviderIsLetInAndGoesAlong() {
        Identity identity =
                success(respond(SaslMechanism.plain(VertxAuthentication.passwords(provider)), "\0tim\0pencil"));

        assertThat(identity.authenticationId()).isEqualTo("tim");
        assertThat(identity.attributes().get(VertxAuthentication.USER))
                .isInstanceOfSatisfying(
                        User.class, user -> assertThat(user.subject()).isEqualTo("tim"));
    }

    @Test
    void whomTheProviderDoesNotKnowIsRefused() {
        SaslMechanism plain = SaslMechanism.plain(VertxAuthentication.passwords(provider));

        assertThat(failure(respond(plain, "\0tim\0wrong"))).isEqualTo(CREDENTIALS_INVALID);
        assertThat(failure(respond(plain, "root\0tim\0pencil"))).isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void aTokenLetsInItsSubjectOnly() {
        SaslMechanism oauthBearer = SaslMechanism.oauthBearer(VertxAuthentication.tokens(provider));

        assertThat(success(respond(oauthBearer, "n,a=tim,\1auth=Bearer good\1\1"))
                        .authorizationId())
                .isEqualTo("tim");
        assertThat(challenge(respond(oauthBearer, "n,a=root,\1auth=Bearer good\1\1")))
                .contains("invalid_token");
        assertThat(challenge(respond(oauthBearer, "n,a=tim,\1auth=Bearer bad\1\1")))
                .contains("invalid_token");
    }

    @Test
    void aUserWithoutASubjectIsRefused() {
        SaslMechanism oauthBearer = SaslMechanism.oauthBearer(
                VertxAuthentication.tokens(credentials -> Future.succeededFuture(User.create(new JsonObject()))));

        assertThat(challenge(respond(oauthBearer, "n,,\1auth=Bearer good\1\1"))).contains("invalid_token");
    }

    @Test
    void anOutageIsAPassingFailure() {
        AuthenticationProvider away = credentials ->
                Future.failedFuture(new VertxException("no connection", new IOException("connection refused")));

        assertThat(failure(respond(SaslMechanism.plain(VertxAuthentication.passwords(away)), "\0tim\0pencil")))
                .isEqualTo(TEMPORARILY_UNAVAILABLE);
    }

    @Test
    void anApplicationMayTellWhatIsAnOutage() {
        AuthenticationProvider away = credentials -> Future.failedFuture(new IllegalStateException("pool is closed"));

        assertThat(failure(respond(
                        SaslMechanism.plain(
                                VertxAuthentication.passwords(away, IllegalStateException.class::isInstance)),
                        "\0tim\0pencil")))
                .isEqualTo(TEMPORARILY_UNAVAILABLE);
    }
}
