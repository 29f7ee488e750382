package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AuthThrottleTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void eachFailureOfAnAddressDoublesTheDelayUpToALimit() {
        AuthThrottle throttle = new AuthThrottle(SECOND);
        assertThat(throttle.failed("192.0.2.1", 0)).isEqualTo(1_000);
        assertThat(throttle.failed("192.0.2.1", 10)).isEqualTo(2_000);
        assertThat(throttle.failed("192.0.2.1", 20)).isEqualTo(4_000);
        assertThat(throttle.failed("192.0.2.2", 20)).isEqualTo(1_000);
        for (int i = 0; i < 100; i++) {
            throttle.failed("192.0.2.1", 30);
        }
        assertThat(throttle.failed("192.0.2.1", 30)).isEqualTo(AuthThrottle.MAX_DELAY.toMillis());
    }

    @Test
    void aDelayOfAnyLengthIsWithinTheLimit() {
        AuthThrottle throttle = new AuthThrottle(Duration.ofDays(36_500));
        for (int i = 0; i < 100; i++) {
            assertThat(throttle.failed("192.0.2.1", 0)).isEqualTo(AuthThrottle.MAX_DELAY.toMillis());
        }
    }

    @Test
    void noDelayIsNoneHoweverOftenItIsDoubled() {
        AuthThrottle throttle = new AuthThrottle(Duration.ZERO);
        for (int i = 0; i < 100; i++) {
            assertThat(throttle.failed("192.0.2.1", 0)).isZero();
        }
    }

    @Test
    void aSuccessMakesUpForTheFailuresOfItsAddressOnly() {
        AuthThrottle throttle = new AuthThrottle(SECOND);
        throttle.failed("192.0.2.1", 0);
        throttle.failed("192.0.2.2", 0);
        throttle.succeeded("192.0.2.1");
        assertThat(throttle.failed("192.0.2.1", 0)).isEqualTo(1_000);
        assertThat(throttle.failed("192.0.2.2", 0)).isEqualTo(2_000);
    }

    @Test
    void aFailureIsForgottenWhenNoneFollowedForAWhile() {
        long memory = AuthThrottle.MEMORY.toMillis();
        AuthThrottle throttle = new AuthThrottle(SECOND);
        throttle.failed("192.0.2.1", 0);
        assertThat(throttle.failed("192.0.2.1", memory)).isEqualTo(2_000);
        assertThat(throttle.failed("192.0.2.1", 2 * memory)).isEqualTo(4_000);
        assertThat(throttle.failed("192.0.2.1", 3 * memory + 1)).isEqualTo(1_000);
    }

    @Test
    void ofManyAddressesThoseThatFailedLastAreRemembered() {
        AuthThrottle throttle = new AuthThrottle(SECOND);
        throttle.failed("first", 0);
        throttle.failed("second", 0);
        throttle.failed("first", 0);
        for (int i = 2; i < AuthThrottle.MAX_ADDRESSES; i++) {
            throttle.failed("192.0.2." + i, 0);
        }
        throttle.failed("one too many", 0); // "second" is forgotten for it
        assertThat(throttle.failed("first", 0)).isEqualTo(4_000);
        assertThat(throttle.failed("second", 0)).isEqualTo(1_000);
    }
}
