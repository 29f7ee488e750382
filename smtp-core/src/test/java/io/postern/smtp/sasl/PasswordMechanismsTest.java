package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.only;
import static io.postern.smtp.sasl.Exchanges.respond;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.MALFORMED;
import static io.postern.smtp.sasl.SaslFailure.TEMPORARILY_UNAVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PLAIN and LOGIN. */
class PasswordMechanismsTest {

    private final SaslMechanism plain = SaslMechanism.plain(only("tim", "tanstaaftanstaaf"));
    private final SaslMechanism login = SaslMechanism.login(only("tim", "tanstaaftanstaaf"));

    // RFC 4616 §4, first example
    @Test
    void plainTakesNameAndPassword() {
        assertThat(success(respond(plain, "\0tim\0tanstaaftanstaaf"))).isEqualTo(Identity.of("tim"));
    }

    // RFC 4616 §4, second example
    @Test
    void plainRefusesToActForAnother() {
        assertThat(failure(respond(SaslMechanism.plain(only("Kurt", "xipj3plmq")), "Ursel\0Kurt\0xipj3plmq")))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void plainLetsActForOneselfByName() {
        assertThat(success(respond(plain, "tim\0tim\0tanstaaftanstaaf"))).isEqualTo(Identity.of("tim"));
    }

    @Test
    void plainLetsActForAnotherWhenTheAuthenticatorNamesThatOne() {
        Authenticator<Credentials.Password> proxies = (credentials, context) -> Future.succeededFuture(
                Optional.of(Identity.of(credentials.authenticationId()).actingFor(credentials.authorizationId())));

        Identity identity = success(respond(SaslMechanism.plain(proxies), "Ursel\0Kurt\0xipj3plmq"));

        assertThat(identity.authenticationId()).isEqualTo("Kurt");
        assertThat(identity.authorizationId()).isEqualTo("Ursel");
    }

    @Test
    void plainAsksWithAnEmptyChallengeWhenThereIsNoInitialResponse() {
        SaslExchange exchange = plain.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.firstStep())).isEmpty();
        assertThat(success(exchange.onResponse(utf8("\0tim\0tanstaaftanstaaf"))))
                .isEqualTo(Identity.of("tim"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\0",
                "\0\0",
                "tim",
                "tim\0secret",
                "\0tim\0",
                "\0\0secret",
                "\0tim\0sec\0ret",
                "\0ti\u0007m\0s",
                "a\u0085\0tim\0s"
            })
    void plainRefusesWhatIsNotThreePartsAsMalformed(String message) {
        assertThat(failure(respond(plain, message))).isEqualTo(MALFORMED);
    }

    @Test
    void plainRefusesNamesAndPasswordsWithoutBound() {
        assertThat(failure(respond(plain, "\0" + "t".repeat(Text.MAX_NAME + 1) + "\0secret")))
                .isEqualTo(MALFORMED);
        assertThat(failure(respond(plain, "t".repeat(Text.MAX_NAME + 1) + "\0tim\0secret")))
                .isEqualTo(MALFORMED);
        assertThat(failure(respond(plain, "\0tim\0" + "s".repeat(Text.MAX_PASSWORD + 1))))
                .isEqualTo(MALFORMED);
    }

    @Test
    void namesAndPasswordsMustBeWellFormedUtf8() {
        byte[] overlong = {0, 't', 0, (byte) 0xC0, (byte) 0xAF};
        byte[] surrogate = {0, (byte) 0xED, (byte) 0xA0, (byte) 0x80, 0, 's'};

        assertThat(failure(plain.begin(PLAIN_TEXT).onResponse(overlong))).isEqualTo(MALFORMED);
        assertThat(failure(plain.begin(PLAIN_TEXT).onResponse(surrogate))).isEqualTo(MALFORMED);
        assertThat(failure(login.begin(PLAIN_TEXT).onResponse(new byte[] {(byte) 0xFF})))
                .isEqualTo(MALFORMED);
    }

    @Test
    void loginAsksForUserNameAndPasswordInTheWordsThatClientsKnow() {
        SaslExchange exchange = login.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.firstStep())).isEqualTo("User Name\0");
        assertThat(challenge(exchange.onResponse(utf8("tim")))).isEqualTo("Password\0");
        assertThat(success(exchange.onResponse(utf8("tanstaaftanstaaf")))).isEqualTo(Identity.of("tim"));
    }

    @Test
    void loginTakesTheNameAsInitialResponse() {
        SaslExchange exchange = login.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.onResponse(utf8("tim")))).isEqualTo("Password\0");
        assertThat(failure(exchange.onResponse(utf8("wrong")))).isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void loginRefusesEmptyAnswersAndNul() {
        assertThat(failure(respond(login, ""))).isEqualTo(MALFORMED);
        assertThat(failure(respond(login, "tim\0x"))).isEqualTo(MALFORMED);
        SaslExchange exchange = login.begin(PLAIN_TEXT);
        challenge(exchange.onResponse(utf8("tim")));
        assertThat(failure(exchange.onResponse(new byte[0]))).isEqualTo(MALFORMED);
    }

    @Test
    void anAuthenticatorThatCannotTellIsAPassingFailureWithItsCause() {
        IOException away = new IOException("the directory is away");

        SaslStep failed = Exchanges.step(
                respond(SaslMechanism.plain((credentials, context) -> Future.failedFuture(away)), "\0tim\0secret"));

        assertThat(failed).isEqualTo(new SaslStep.Failure(TEMPORARILY_UNAVAILABLE, Optional.of(away)));
    }

    @Test
    void anAuthenticatorThatThrowsOrAnswersNullIsAPassingFailure() {
        assertThat(failure(respond(
                        SaslMechanism.plain((credentials, context) -> {
                            throw new IllegalStateException("broken");
                        }),
                        "\0tim\0secret")))
                .isEqualTo(TEMPORARILY_UNAVAILABLE);
        assertThat(failure(respond(SaslMechanism.plain((credentials, context) -> null), "\0tim\0secret")))
                .isEqualTo(TEMPORARILY_UNAVAILABLE);
        assertThat(failure(respond(
                        SaslMechanism.plain((credentials, context) -> Future.succeededFuture(null)), "\0tim\0secret")))
                .isEqualTo(TEMPORARILY_UNAVAILABLE);
    }

    @Test
    void aFinishedExchangeTakesNothingMore() {
        SaslExchange exchange = plain.begin(PLAIN_TEXT);
        success(exchange.onResponse(utf8("\0tim\0tanstaaftanstaaf")));

        assertThat(failure(exchange.onResponse(utf8("\0tim\0tanstaaftanstaaf"))))
                .isEqualTo(MALFORMED);
    }
}
