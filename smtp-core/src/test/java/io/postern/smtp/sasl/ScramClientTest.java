package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client of SCRAM, with the vectors of RFC 7677 §3 and against our own server. */
class ScramClientTest {

    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private static ScramClient client() {
        return new ScramClient("user", "pencil", CLIENT_NONCE);
    }

    @Test
    void itSpeaksAsInTheExampleOfRfc7677() {
        ScramClient client = client();
        assertThat(client.first()).isEqualTo(utf8("n,,n=user,r=" + CLIENT_NONCE));
        assertThat(client.answer(utf8(SERVER_FIRST)))
                .hasValueSatisfying(answer -> assertThat(new String(answer, StandardCharsets.UTF_8))
                        .isEqualTo("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
        assertThat(client.provesServer(utf8(SERVER_FINAL))).isTrue();
    }

    @Test
    void aServerWithAnotherSignatureIsNotBelieved() {
        ScramClient client = client();
        assertThat(client.answer(utf8(SERVER_FIRST))).isPresent();
        assertThat(client.provesServer(utf8(SERVER_FINAL.replace("6rri", "7rri"))))
                .isFalse();
        assertThat(client.provesServer(utf8("e=other-error"))).isFalse();
        assertThat(client.provesServer(new byte[0])).isFalse();
    }

    @Test
    void aServerThatSkipsItsFirstChallengeIsNotBelieved() {
        assertThat(client().provesServer(utf8(SERVER_FINAL))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=somebodyElse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999",
                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999999",
                "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
                "r=rOprNGfwEbeRWgbNEkqOx,s=???,i=4096",
                "m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "r=rOprNGfwEbeRWgbNEkqOx,i=4096"
            })
    void aChallengeThatCannotBeRightHasNoAnswer(String challenge) {
        assertThat(client().answer(utf8(challenge))).isEmpty();
    }

    @Test
    void ourServerAcceptsWhoKnowsThePasswordAndProvesItself() {
        ScramVerifier verifier = ScramVerifier.of("caf\u00e9, = secret", utf8("salt"), ScramVerifier.MIN_ITERATIONS);
        SaslExchange server = new ScramMechanism(
                        false,
                        (user, context) ->
                                Future.succeededFuture(user.equals("a,b=c") ? Optional.of(verifier) : Optional.empty()))
                .begin(Exchanges.PLAIN_TEXT);
        ScramClient client = new ScramClient("a,b=c", "caf\u00e9, = secret");
        String first = Exchanges.challenge(server.onResponse(client.first()));
        String last =
                Exchanges.challenge(server.onResponse(client.answer(utf8(first)).orElseThrow()));
        assertThat(client.provesServer(utf8(last))).isTrue();
        assertThat(Exchanges.success(server.onResponse(new byte[0])).authenticationId())
                .isEqualTo("a,b=c");
    }

    @Test
    void whatSaslPrepProhibitsIsRefusedWithoutBeingRepeated() {
        assertThatThrownBy(() -> new ScramClient("user", "bell\u0007"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("bell");
        assertThatThrownBy(() -> new ScramClient("", "pencil")).isInstanceOf(IllegalArgumentException.class);
    }
}
