package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.MALFORMED;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CramMd5MechanismTest {

    // RFC 2195 §2
    private static final String CHALLENGE = "<1896.697170952@postoffice.reston.mci.net>";
    private static final String DIGEST = "b913a602c7eda7a495b4e6e7334d3890";

    private final Authenticator<Credentials.CramMd5> tim = (credentials, context) -> Future.succeededFuture(
            credentials.authenticationId().equals("tim") && credentials.isFrom("tanstaaftanstaaf")
                    ? Optional.of(Identity.of("tim"))
                    : Optional.empty());
    private final SaslMechanism mechanism = new CramMd5Mechanism(tim, serverName -> CHALLENGE);

    @Test
    void theExampleOfTheRfcIsLetIn() {
        SaslExchange exchange = mechanism.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.firstStep())).isEqualTo(CHALLENGE);
        assertThat(success(exchange.onResponse(utf8("tim " + DIGEST)))).isEqualTo(Identity.of("tim"));
    }

    @Test
    void aDigestOfAnotherPasswordIsRefused() {
        SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
        exchange.firstStep();

        assertThat(failure(exchange.onResponse(utf8("tim c" + DIGEST.substring(1)))))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    // RFC 4954 §4: 501 for an initial response where the server begins
    @Test
    void anInitialResponseIsMalformed() {
        assertThat(failure(mechanism.begin(PLAIN_TEXT).onResponse(utf8("tim " + DIGEST))))
                .isEqualTo(MALFORMED);
    }

    @Test
    void challengesAreMessageIdsOfThisServerAndNeverTheSame() {
        SaslMechanism random = SaslMechanism.cramMd5(tim);

        String first = challenge(random.begin(PLAIN_TEXT).firstStep());
        String second = challenge(random.begin(PLAIN_TEXT).firstStep());

        assertThat(first).matches("<[0-9a-f]{32}@mx\\.example\\.org>").isNotEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tim",
                DIGEST,
                " " + DIGEST,
                "tim " + DIGEST + "0",
                "tim B913A602C7EDA7A495B4E6E7334D3890",
                "tim x913a602c7eda7a495b4e6e7334d3890",
                "ti\0m " + DIGEST
            })
    void malformedAnswersAreRefused(String answer) {
        SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
        exchange.firstStep();

        assertThat(failure(exchange.onResponse(utf8(answer)))).isEqualTo(MALFORMED);
    }
}
