package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Secrets are not in what is printed, whoever prints it. */
class SecretsTest {

    private static final String SECRET = "hunter2";

    static Stream<Object> everythingThatHoldsASecret() {
        byte[] secret = SECRET.getBytes(StandardCharsets.UTF_8);
        ScramVerifier verifier = ScramVerifier.of(SECRET, new byte[] {1}, 4096);
        return Stream.of(
                new Credentials.Password("", "tim", SECRET),
                new Credentials.Token("tim", SECRET),
                new Credentials.CramMd5("tim", secret, secret),
                new SaslStep.Challenge(secret),
                new SaslStep.Success(new Identity("tim", "tim", Map.of("token", SECRET))),
                new StoredSecret.Plain(SECRET),
                StoredSecret.parse(PasswordHash.scramSha256(SECRET, 4096)),
                StoredSecret.parse(PasswordHash.pbkdf2Sha256(SECRET, 4096)),
                verifier);
    }

    @ParameterizedTest
    @MethodSource("everythingThatHoldsASecret")
    void theyAreNotPrinted(Object holder) {
        assertThat(holder.toString())
                .isNotEmpty()
                .doesNotContain(SECRET)
                .doesNotContain(Base64.getEncoder().encodeToString(utf8(SECRET)));
    }

    @Test
    void theKeysOfAVerifierAreNotPrinted() {
        ScramVerifier verifier = ScramVerifier.of(SECRET, new byte[] {1}, 4096);
        Base64.Encoder base64 = Base64.getEncoder();

        for (Object holder : List.of(verifier, new StoredSecret.Scram(verifier))) {
            assertThat(holder.toString())
                    .doesNotContain(base64.encodeToString(verifier.storedKey()))
                    .doesNotContain(base64.encodeToString(verifier.serverKey()))
                    .doesNotContain(Arrays.toString(verifier.storedKey()));
        }
    }

    @Test
    void theyAreInNoStepOfAnExchangeAndInNoMechanism() {
        Authenticator<Credentials> nobody = (credentials, context) -> Future.succeededFuture(Optional.empty());
        List<Map.Entry<SaslMechanism, String>> responses = List.of(
                Map.entry(SaslMechanism.plain(nobody), "\0tim\0" + SECRET),
                Map.entry(SaslMechanism.plain(nobody), "tim\0" + SECRET),
                Map.entry(SaslMechanism.login(nobody), SECRET),
                Map.entry(SaslMechanism.oauthBearer(nobody), "n,,\1auth=Bearer " + SECRET + "\1\1"),
                Map.entry(SaslMechanism.xoauth2(nobody), "user=tim\1auth=Bearer " + SECRET + "\1\1"));

        responses.forEach(entry -> {
            SaslMechanism mechanism = entry.getKey();
            SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
            SaslStep step = Exchanges.step(exchange.onResponse(utf8(entry.getValue())));
            assertThat(step + " " + exchange + " " + mechanism).doesNotContain(SECRET);
            if (step instanceof SaslStep.Challenge challenge) {
                assertThat(new String(challenge.data(), StandardCharsets.UTF_8)).doesNotContain(SECRET);
            }
        });
    }

    @Test
    void valuesWithArraysAreEqualByContent() {
        assertThat(new SaslStep.Challenge(utf8("a")))
                .isEqualTo(new SaslStep.Challenge(utf8("a")))
                .hasSameHashCodeAs(new SaslStep.Challenge(utf8("a")))
                .isNotEqualTo(new SaslStep.Challenge(utf8("b")));
        assertThat(ScramVerifier.of("a", new byte[] {1}, 4096))
                .isEqualTo(ScramVerifier.of("a", new byte[] {1}, 4096))
                .hasSameHashCodeAs(ScramVerifier.of("a", new byte[] {1}, 4096))
                .isNotEqualTo(ScramVerifier.of("b", new byte[] {1}, 4096));
    }
}
