package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.respond;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.MALFORMED;
import static io.postern.smtp.sasl.SaslFailure.TEMPORARILY_UNAVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SCRAM-SHA-256, with the words of its RFC and against a client that knows nothing of this server. */
class ScramMechanismTest {

    // RFC 7677 §3
    private static final String CLIENT_FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String CLIENT_FINAL = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private static final ScramVerifier PENCIL =
            ScramVerifier.of("pencil", Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);

    private final ScramVerifiers users =
            (name, context) -> Future.succeededFuture(name.equals("user") ? Optional.of(PENCIL) : Optional.empty());
    private final SaslMechanism example = new ScramMechanism(false, users, () -> SERVER_NONCE);
    private final SaslMechanism mechanism = SaslMechanism.scramSha256(users);

    @Test
    void theExampleOfTheRfcIsLetInAfterTheClientHasSeenTheSignature() {
        SaslExchange exchange = example.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.onResponse(utf8(CLIENT_FIRST)))).isEqualTo(SERVER_FIRST);
        assertThat(challenge(exchange.onResponse(utf8(CLIENT_FINAL)))).isEqualTo(SERVER_FINAL);
        assertThat(success(exchange.onResponse(new byte[0]))).isEqualTo(Identity.of("user"));
    }

    @Test
    void withoutAnInitialResponseTheClientIsAskedWithAnEmptyChallenge() {
        SaslExchange exchange = example.begin(PLAIN_TEXT);

        assertThat(challenge(exchange.firstStep())).isEmpty();
        assertThat(challenge(exchange.onResponse(utf8(CLIENT_FIRST)))).isEqualTo(SERVER_FIRST);
    }

    @Test
    void anAnswerToTheSignatureMustBeEmpty() {
        SaslExchange exchange = example.begin(PLAIN_TEXT);
        challenge(exchange.onResponse(utf8(CLIENT_FIRST)));
        challenge(exchange.onResponse(utf8(CLIENT_FINAL)));

        assertThat(failure(exchange.onResponse(utf8("x")))).isEqualTo(MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // another proof
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                // another nonce
                "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                // another header than in the first message
                "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
            })
    void aFinalMessageThatDoesNotFitIsRefused(String message) {
        SaslExchange exchange = example.begin(PLAIN_TEXT);
        challenge(exchange.onResponse(utf8(CLIENT_FIRST)));

        assertThat(failure(exchange.onResponse(utf8(message)))).isEqualTo(CREDENTIALS_INVALID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "c=biws",
                "c=biws,r=x",
                "r=x,c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "c=b,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "c=biws,r=x,p=dHzb",
                "c=biws,r=x,p=====",
                "c=biws,r=x,p=",
                "c=biws,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=,x=y"
            })
    void malformedFinalMessagesAreRefused(String message) {
        SaslExchange exchange = example.begin(PLAIN_TEXT);
        challenge(exchange.onResponse(utf8(CLIENT_FIRST)));

        assertThat(failure(exchange.onResponse(utf8(message)))).isEqualTo(MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,n=user",
                "n,,n=user,",
                "n,,n=user,r=",
                "n,,n=,r=x",
                "n,,r=x,n=user",
                "n,,n=us=er,r=x",
                "n,,n=us=2cer,r=x",
                "n,,n=us=3=2CDer,r=x",
                "n,,n=user,r=x,",
                "n,,n=user,r=x,y",
                "n,,n=us\u0001er,r=x",
                "n,,n=user,r=a b",
                "n,,n=user,r=\u00e4",
                // RFC 5802 §5.1: m= is for extensions that must be understood
                "n,,m=x,n=user,r=x",
                "x,,n=user,r=x",
                "n,x=y,n=user,r=x",
                "p=tls-exporter,,n=user,r=x",
                "p=,,n=user,r=x"
            })
    void malformedFirstMessagesAreRefused(String message) {
        assertThat(failure(respond(mechanism, message))).isEqualTo(MALFORMED);
    }

    @Test
    void extensionsThatNeedNotBeUnderstoodAreIgnored() {
        assertThat(challenge(respond(mechanism, "n,,n=user,r=abc,x=anything"))).startsWith("r=abc");
    }

    @Test
    void theServersNonceIsNeverTheSame() {
        assertThat(challenge(respond(mechanism, CLIENT_FIRST)))
                .isNotEqualTo(challenge(respond(mechanism, CLIENT_FIRST)));
    }

    // RFC 5802 §6
    @Test
    void aClientThatWasToldOfNoChannelBindingIsRefusedWhereItIsOffered() {
        SaslContext offersPlus =
                new Exchanges.Connection(Optional.empty(), Set.of(ScramMechanism.NAME, ScramMechanism.PLUS));

        assertThat(failure(mechanism.begin(offersPlus).onResponse(utf8("y,,n=user,r=x"))))
                .isEqualTo(CREDENTIALS_INVALID);
        assertThat(challenge(mechanism.begin(offersPlus).onResponse(utf8("n,,n=user,r=x"))))
                .startsWith("r=x");
        assertThat(challenge(mechanism.begin(PLAIN_TEXT).onResponse(utf8("y,,n=user,r=x"))))
                .startsWith("r=x");
    }

    @Test
    void plusIsNotOfferedWithoutTlsAndTakesNoUnboundClient() {
        SaslMechanism plus = SaslMechanism.scramSha256Plus(users);

        assertThat(plus.name()).isEqualTo("SCRAM-SHA-256-PLUS");
        assertThat(plus.isOffered(PLAIN_TEXT)).isFalse();
        assertThat(failure(respond(plus, "n,,n=user,r=x"))).isEqualTo(MALFORMED);
        assertThat(failure(respond(plus, "y,,n=user,r=x"))).isEqualTo(MALFORMED);
        assertThat(failure(respond(plus, "p=tls-exporter,,n=user,r=x"))).isEqualTo(MALFORMED);
    }

    @Test
    void anUnknownUserIsAskedForAProofWithASaltThatStaysTheSame() {
        String first = challenge(respond(mechanism, "n,,n=nobody,r=x"));
        String again = challenge(respond(mechanism, "n,,n=nobody,r=x"));
        String other = challenge(respond(mechanism, "n,,n=noone,r=x"));

        assertThat(saltAndIterations(first)).isEqualTo(saltAndIterations(again));
        assertThat(saltAndIterations(first)).isNotEqualTo(saltAndIterations(other));
        assertThat(Base64.getDecoder().decode(first.replaceAll(".*,s=([^,]*),.*", "$1")))
                .hasSize(PasswordHash.SALT_LENGTH);
        assertThat(first).endsWith(",i=" + PasswordHash.DEFAULT_ITERATIONS);
    }

    private static String saltAndIterations(String serverFirst) {
        return serverFirst.substring(serverFirst.indexOf(",s="));
    }

    @Test
    void verifiersThatCannotBeHadAreAPassingFailure() {
        SaslMechanism away = SaslMechanism.scramSha256((name, context) -> Future.failedFuture(new IOException("away")));

        assertThat(failure(respond(away, CLIENT_FIRST))).isEqualTo(TEMPORARILY_UNAVAILABLE);
    }

    @Test
    void fewerIterationsThanTheRfcAsksForAreRefused() {
        assertThatThrownBy(() -> ScramVerifier.of("pencil", new byte[16], 4095))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4095")
                .hasMessageContaining("4096");
    }

    @Test
    void anotherClientIsLetInAndBelievesTheServer() throws ScramException {
        assertThat(login(mechanism, client("user", "pencil"))).isEqualTo(Identity.of("user"));
    }

    @Test
    void anotherClientWithTheWrongPasswordIsRefused() throws ScramException {
        ScramClient client = client("user", "pen");
        SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
        client.serverFirstMessage(
                challenge(exchange.onResponse(utf8(client.clientFirstMessage().toString()))));

        assertThat(failure(exchange.onResponse(utf8(client.clientFinalMessage().toString()))))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void anotherClientMayHaveCommasEqualsSignsAndAccentsInItsName() throws ScramException {
        String name = "=a,b=\u00e9";
        ScramVerifier verifier = ScramVerifier.of("\u2168 p\u00e4ss", new byte[] {1, 2, 3}, 5000);
        SaslMechanism known = SaslMechanism.scramSha256((user, context) ->
                Future.succeededFuture(user.equals(name) ? Optional.of(verifier) : Optional.empty()));

        assertThat(login(known, client(name, "IX p\u00e4ss"))).isEqualTo(Identity.of(name));
    }

    @Test
    void anotherClientMayActForItselfByNameButNotForAnother() throws ScramException {
        assertThat(login(mechanism, builder("user", "pencil").authzid("user").build()))
                .isEqualTo(Identity.of("user"));

        ScramClient client = builder("user", "pencil").authzid("root").build();
        SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
        client.serverFirstMessage(
                challenge(exchange.onResponse(utf8(client.clientFirstMessage().toString()))));
        assertThat(failure(exchange.onResponse(utf8(client.clientFinalMessage().toString()))))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    static ScramClient client(String name, String password) {
        return builder(name, password).build();
    }

    private static ScramClient.FinalBuildStage builder(String name, String password) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256"))
                .username(name)
                .password(password.toCharArray())
                .stringPreparation(StringPreparation.SASL_PREPARATION);
    }

    static Identity login(SaslMechanism mechanism, ScramClient client) throws ScramException {
        return login(mechanism, client, PLAIN_TEXT);
    }

    static Identity login(SaslMechanism mechanism, ScramClient client, SaslContext context) throws ScramException {
        SaslExchange exchange = mechanism.begin(context);
        client.serverFirstMessage(
                challenge(exchange.onResponse(utf8(client.clientFirstMessage().toString()))));
        // throws when the signature is not that of someone who knows the user
        client.serverFinalMessage(
                challenge(exchange.onResponse(utf8(client.clientFinalMessage().toString()))));
        return success(exchange.onResponse(new byte[0]));
    }
}
