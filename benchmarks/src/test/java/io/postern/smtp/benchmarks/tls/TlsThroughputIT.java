package io.postern.smtp.benchmarks.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.benchmarks.tls.Clients.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All messages are taken, and all handshakes done and none left out. How fast is not looked at: {@link TlsThroughput} prints it. */
@Timeout(120)
class TlsThroughputIT {

    @ParameterizedTest
    @EnumSource
    void eachLoadHasItsFigures(Load load) throws Exception {
        Map<String, List<Run>> runs =
                TlsThroughput.measure(load, List.of(), 1, Duration.ofMillis(100), Duration.ofMillis(200));
        System.out.println(load + ": " + runs);
        assertThat(runs).containsOnlyKeys(TlsServer.POSTERN).allSatisfy((server, each) -> {
            Run run = each.get(0);
            assertThat(run.rate()).isPositive();
            assertThat(run.cpuMicros()).isPositive();
            assertThat(run.processors()).isPositive();
        });
    }
}
