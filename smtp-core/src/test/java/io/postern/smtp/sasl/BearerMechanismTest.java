package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.respond;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.MALFORMED;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OAUTHBEARER and XOAUTH2. */
class BearerMechanismTest {

    private static final String USER = "user@example.com";
    private static final String TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

    private final Authenticator<Credentials.Token> tokens = (credentials, context) -> Future.succeededFuture(
            credentials.token().equals(TOKEN) ? Optional.of(Identity.of(USER)) : Optional.empty());
    private final SaslMechanism oauthBearer = SaslMechanism.oauthBearer(tokens);
    private final SaslMechanism xoauth2 = SaslMechanism.xoauth2(tokens);

    // RFC 7628 §4.1 and §4.2: the response as it stands there
    @Test
    void oauthBearerTakesTheExampleOfItsRfc() {
        byte[] response = Base64.getDecoder()
                .decode("bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
                        + "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");

        assertThat(success(oauthBearer.begin(PLAIN_TEXT).onResponse(response))).isEqualTo(Identity.of(USER));
    }

    // RFC 7628 §4.3
    @Test
    void aRefusedTokenIsToldAsJsonBeforeTheFailure() {
        SaslExchange exchange = oauthBearer.begin(PLAIN_TEXT);

        String error = challenge(exchange.onResponse(utf8("n,a=" + USER + ",\1auth=Bearer stolen\1\1")));

        assertThat(new JsonObject(error))
                .isEqualTo(new JsonObject().put("status", "invalid_token").put("schemes", "bearer"));
        assertThat(failure(exchange.onResponse(utf8("\1")))).isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void aClientThatAsksWhatIsNeededIsToldAsJson() {
        SaslExchange exchange = oauthBearer.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.onResponse(utf8("n,,\1\1")))).contains("invalid_token");
        assertThat(failure(exchange.onResponse(utf8("\1")))).isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void whatTheClientAnswersToARefusalDoesNotMatter() {
        SaslExchange exchange = oauthBearer.begin(PLAIN_TEXT);
        challenge(exchange.onResponse(utf8("n,,\1auth=Bearer stolen\1\1")));

        assertThat(failure(exchange.onResponse(utf8("n,,\1auth=Bearer " + TOKEN + "\1\1"))))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void theSchemeIsTakenInAnyCaseAndTheUserMayBeLeftOut() {
        assertThat(success(respond(oauthBearer, "y,,\1auth=bEARER   " + TOKEN + "\1\1")))
                .isEqualTo(Identity.of(USER));
    }

    @Test
    void aTokenOfAnotherUserIsRefused() {
        assertThat(challenge(respond(oauthBearer, "n,a=other@example.com,\1auth=Bearer " + TOKEN + "\1\1")))
                .contains("invalid_token");
        assertThat(challenge(respond(xoauth2, "user=other@example.com\1auth=Bearer " + TOKEN + "\1\1")))
                .contains("401");
    }

    @Test
    void theUserNameIsUnescaped() {
        Authenticator<Credentials.Token> anyone = (credentials, context) ->
                Future.succeededFuture(Optional.of(Identity.of(credentials.authorizationId())));

        assertThat(success(respond(SaslMechanism.oauthBearer(anyone), "n,a=a=2Cb=3Dc,\1auth=Bearer x\1\1")))
                .isEqualTo(Identity.of("a,b=c"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,",
                "n,,",
                "n,,\1",
                "q,,\1auth=Bearer x\1\1",
                "p=tls-exporter,,\1auth=Bearer x\1\1",
                "n,b=user,\1auth=Bearer x\1\1",
                "n,a=us=er,\1auth=Bearer x\1\1",
                "n,a=,\1auth=Bearer x\1\1",
                "n,,auth=Bearer x\1\1",
                "n,,\1auth=Bearer x\1",
                "n,,\1auth=Bearer x",
                "n,,\1=Bearer x\1\1",
                "n,,\1auth\1\1",
                "n,,\1auth=Bearer x\1auth=Bearer y\1\1"
            })
    void oauthBearerRefusesMalformedMessages(String message) {
        assertThat(failure(respond(oauthBearer, message))).isEqualTo(MALFORMED);
    }

    @Test
    void xoauth2TakesUserAndToken() {
        assertThat(success(respond(xoauth2, "user=" + USER + "\1auth=Bearer " + TOKEN + "\1\1")))
                .isEqualTo(Identity.of(USER));
    }

    @Test
    void xoauth2TellsARefusalAsJsonAndFailsAfterAnEmptyAnswer() {
        SaslExchange exchange = xoauth2.begin(PLAIN_TEXT);

        String error = challenge(exchange.onResponse(utf8("user=" + USER + "\1auth=Bearer stolen\1\1")));

        assertThat(new JsonObject(error).getString("status")).isEqualTo("401");
        assertThat(failure(exchange.onResponse(new byte[0]))).isEqualTo(CREDENTIALS_INVALID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\1", "\1\1", "auth=Bearer x\1\1", "user=\1auth=Bearer x\1\1", "user=u\1auth=Bearer x"})
    void xoauth2RefusesMalformedMessages(String message) {
        assertThat(failure(respond(xoauth2, message))).isEqualTo(MALFORMED);
    }
}
