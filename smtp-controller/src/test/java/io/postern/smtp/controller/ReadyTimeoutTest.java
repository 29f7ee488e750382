package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a start may take. */
class ReadyTimeoutTest {

    private static final Duration CONFIGURED = Duration.ofSeconds(7);

    @Test
    void isFiveSecondsByDefault() {
        assertThat(SmtpController.DEFAULT_READY_TIMEOUT).isEqualTo(Duration.ofSeconds(5));
        assertThat(SmtpController.create(new Recording()).readyTimeout())
                .isEqualTo(ReadyTimeout.of(Duration.ofSeconds(5), System.getenv(ReadyTimeout.VARIABLE)));
    }

    @Test
    void isWhatTheProgramSaysWithoutTheVariable() {
        assertThat(ReadyTimeout.of(CONFIGURED, null)).isEqualTo(CONFIGURED);
    }

    @ParameterizedTest
    @CsvSource({"3, 3000", "2.5, 2500", "0.001, 1", "' 10 ', 10000", "999999999, 999999999000"})
    void isWhatTheVariableSaysInSeconds(String variable, long millis) {
        assertThat(ReadyTimeout.of(CONFIGURED, variable)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0.0", "-1", "5s", "1e3", "NaN", "Infinity", ".5", "5.", "1000000000", "٣"})
    void aVariableThatIsNoNumberOfSecondsIsRefused(String variable) {
        assertThatThrownBy(() -> ReadyTimeout.of(CONFIGURED, variable))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("POSTERN_CONTROLLER_TIMEOUT is \"" + variable
                        + "\"; allowed is a number of seconds above 0, such as 2.5");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void aProgramMustAllowSomeTime(long seconds) {
        SmtpController controller = SmtpController.create(new Recording());
        assertThatThrownBy(() -> controller.readyTimeout(Duration.ofSeconds(seconds)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("readyTimeout");
    }

    @Test
    void aTimeLongerThanTheClockCanTellIsAllowed() {
        try (SmtpController controller = SmtpController.create(new Recording(), SmtpControllerTest.options())
                .readyTimeout(Duration.ofSeconds(Long.MAX_VALUE))) {
            controller.start();
            assertThat(controller.port()).isPositive();
        }
    }
}
