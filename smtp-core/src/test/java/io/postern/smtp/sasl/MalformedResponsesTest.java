package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client sends, an exchange answers with a step: no exception, no failed future, nobody let in. */
class MalformedResponsesTest {

    private static final long SEED = 4954;
    private static final int ROUNDS = 5_000;
    // RFC 4954 §4: a line has 12,288 octets, and base64 makes 4 octets of 3
    private static final int LONGEST = 12_288 / 4 * 3;

    private static final String SCRAM_FIRST = "n,a=tim,n=tim,r=rOprNGfwEbeRWgbNEkqO";

    private static final List<byte[]> GOOD = Stream.of(
                    "\0tim\0tanstaaftanstaaf",
                    "tim",
                    "n,a=user@example.com,\1host=server.example.com\1auth=Bearer vF9dft4qmTc2Nv==\1\1",
                    "user=user@example.com\1auth=Bearer vF9dft4qmTc2Nv==\1\1",
                    SCRAM_FIRST,
                    "y,,n=tim,r=abc,x=y",
                    "p=tls-exporter,,n=tim,r=abc",
                    "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                    "tim b913a602c7eda7a495b4e6e7334d3890")
            .map(Exchanges::utf8)
            .toList();

    static Stream<SaslMechanism> mechanisms() {
        Authenticator<Credentials> nobody = (credentials, context) -> Future.succeededFuture(Optional.empty());
        ScramVerifier verifier = ScramVerifier.of("tanstaaftanstaaf", new byte[] {1}, 4096);
        ScramVerifiers users = (name, context) -> Future.succeededFuture(Optional.of(verifier));
        return Stream.of(
                SaslMechanism.plain(nobody),
                SaslMechanism.login(nobody),
                SaslMechanism.scramSha256(users),
                SaslMechanism.scramSha256Plus(users),
                SaslMechanism.oauthBearer(nobody),
                SaslMechanism.xoauth2(nobody),
                SaslMechanism.external(nobody),
                SaslMechanism.cramMd5(nobody));
    }

    @ParameterizedTest
    @MethodSource("mechanisms")
    void mutilatedResponsesAreAnsweredWithSteps(SaslMechanism mechanism) {
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
            boolean open = !random.nextBoolean() || answers(exchange.firstStep(), round, new byte[0]);
            for (int turn = 0; open && turn < 4; turn++) {
                byte[] response = mutilated(random);
                open = answers(exchange.onResponse(response), round, response);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("mechanisms")
    void theLongestResponsesAreAnsweredWithSteps(SaslMechanism mechanism) {
        for (String filling : List.of("\0", "a", ",", "=", "\1", " ", "n,,n=,r=", ",a=b", "=2C", "=3D", "\u00e9")) {
            for (byte[] good : GOOD) {
                byte[] response = (new String(good, StandardCharsets.UTF_8)
                                + filling.repeat(LONGEST / filling.length()))
                        .getBytes(StandardCharsets.UTF_8);
                answers(mechanism.begin(PLAIN_TEXT).onResponse(response), 0, response);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("mechanisms")
    void mutilatedFinalMessagesOfScramAreAnsweredWithSteps(SaslMechanism mechanism) {
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS / 5; round++) {
            SaslExchange exchange = mechanism.begin(PLAIN_TEXT);
            if (answers(exchange.onResponse(utf8(SCRAM_FIRST)), round, utf8(SCRAM_FIRST))) {
                byte[] response = mutilated(random);
                answers(exchange.onResponse(response), round, response);
            }
        }
    }

    /** Whether the exchange goes on. */
    private static boolean answers(Future<SaslStep> answer, int round, byte[] response) {
        if (!answer.succeeded()) {
            return fail("seed " + SEED + ", round " + round + ", response "
                    + Base64.getEncoder().encodeToString(response) + ": " + answer.cause());
        }
        SaslStep step = answer.result();
        assertThat(step).as(() -> "seed " + SEED + ", round " + round).isNotInstanceOf(SaslStep.Success.class);
        if (step instanceof SaslStep.Failure failure) {
            // a passing failure would be an exception of ours
            assertThat(failure.reason())
                    .as(() -> "seed " + SEED + ", round " + round + ": " + failure)
                    .isNotEqualTo(SaslFailure.TEMPORARILY_UNAVAILABLE);
            return false;
        }
        return true;
    }

    private static byte[] mutilated(Random random) {
        byte[] response = GOOD.get(random.nextInt(GOOD.size())).clone();
        for (int cuts = random.nextInt(4); cuts > 0 && response.length > 0; cuts--) {
            int at = random.nextInt(response.length);
            switch (random.nextInt(4)) {
                case 0 -> response[at] = (byte) random.nextInt(256);
                case 1 -> response = Arrays.copyOf(response, at);
                case 2 -> response = Arrays.copyOfRange(response, at, response.length);
                default -> response = doubled(response, at);
            }
        }
        return response;
    }

    private static byte[] doubled(byte[] response, int from) {
        byte[] longer = Arrays.copyOf(response, response.length + response.length - from);
        System.arraycopy(response, from, longer, response.length, response.length - from);
        return longer;
    }
}
