package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AuthThrottleTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void eachFailureOfAnAddressDoublesTheDelayUpToALimit() {
        AuthThrottle throttle = new AuthThrottle();
        assertThat(throttle.failed("192.0.2.1", SECOND, 0)).isEqualTo(1_000);
        assertThat(throttle.failed("192.0.2.1", SECOND, 10)).isEqualTo(2_000);
        assertThat(throttle.failed("192.0.2.1", SECOND, 20)).isEqualTo(4_000);
        assertThat(throttle.failed("192.0.2.2", SECOND, 20)).isEqualTo(1_000);
        for (int i = 0; i < 100; i++) {
            throttle.failed("192.0.2.1", SECOND, 30);
        }
        assertThat(throttle.failed("192.0.2.1", SECOND, 30)).isEqualTo(AuthThrottle.MAX_DELAY.toMillis());
    }

    @Test
    void aDelayOfAnyLengthIsWithinTheLimit() {
        AuthThrottle throttle = new AuthThrottle();
        for (int i = 0; i < 100; i++) {
            assertThat(throttle.failed("192.0.2.1", Duration.ofDays(36_500), 0))
                    .isEqualTo(AuthThrottle.MAX_DELAY.toMillis());
        }
    }

    @Test
    void noDelayIsNoneHoweverOftenItIsDoubled() {
        AuthThrottle throttle = new AuthThrottle();
        for (int i = 0; i < 100; i++) {
            assertThat(throttle.failed("192.0.2.1", Duration.ZERO, 0)).isZero();
        }
    }

    @Test
    void aSuccessMakesUpForTheFailuresOfItsAddressOnly() {
        AuthThrottle throttle = new AuthThrottle();
        throttle.failed("192.0.2.1", SECOND, 0);
        throttle.failed("192.0.2.2", SECOND, 0);
        throttle.succeeded("192.0.2.1");
        assertThat(throttle.failed("192.0.2.1", SECOND, 0)).isEqualTo(1_000);
        assertThat(throttle.failed("192.0.2.2", SECOND, 0)).isEqualTo(2_000);
    }

    @Test
    void aFailureIsForgottenWhenNoneFollowedForAWhile() {
        long memory = AuthThrottle.MEMORY.toMillis();
        AuthThrottle throttle = new AuthThrottle();
        throttle.failed("192.0.2.1", SECOND, 0);
        assertThat(throttle.failed("192.0.2.1", SECOND, memory)).isEqualTo(2_000);
        assertThat(throttle.failed("192.0.2.1", SECOND, 2 * memory)).isEqualTo(4_000);
        assertThat(throttle.failed("192.0.2.1", SECOND, 3 * memory + 1)).isEqualTo(1_000);
    }

    @Test
    void ofManyAddressesThoseThatFailedLastAreRemembered() {
        AuthThrottle throttle = new AuthThrottle();
        throttle.failed("first", SECOND, 0);
        throttle.failed("second", SECOND, 0);
        throttle.failed("first", SECOND, 0);
        for (int i = 2; i < AuthThrottle.MAX_ADDRESSES; i++) {
            throttle.failed("192.0.2." + i, SECOND, 0);
        }
        throttle.failed("one too many", SECOND, 0); // "second" is forgotten for it
        assertThat(throttle.failed("first", SECOND, 0)).isEqualTo(4_000);
        assertThat(throttle.failed("second", SECOND, 0)).isEqualTo(1_000);
    }
}
