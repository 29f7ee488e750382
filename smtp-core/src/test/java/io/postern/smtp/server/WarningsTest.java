package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class WarningsTest {

    private static final Logger LOG = System.getLogger(WarningsTest.class.getName());

    private final ManualClock clock = new ManualClock();
    private final Warnings warnings = new Warnings(LOG, clock);

    @Test
    void oneInAWhileIsLoggedWithTheNumberOfThoseThatWereNot() {
        try (CapturedLog log = CapturedLog.of(WarningsTest.class)) {
            for (int i = 1; i <= 1_000; i++) {
                int number = i;
                warnings.warn(() -> "number " + number);
            }
            assertThat(log.at(Level.WARNING)).containsExactly("number 1");
            clock.advance(Warnings.INTERVAL);
            warnings.warn(() -> "the next");
            clock.advance(Warnings.INTERVAL);
            warnings.warn(() -> "the last");
            assertThat(log.at(Level.WARNING))
                    .containsExactly("number 1", "the next (and 999 like it before)", "the last");
        }
    }
}
