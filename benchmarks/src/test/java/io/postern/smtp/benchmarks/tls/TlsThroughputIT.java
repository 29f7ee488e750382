package io.postern.smtp.benchmarks.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.benchmarks.tls.Clients.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All messages are taken, and all handshakes done, none of them by resumption. How fast is not looked at: {@link TlsThroughput}
 * prints it.
 */
@Timeout(120)
class TlsThroughputIT {

    private static final Effort SMALL = new Effort(1, Duration.ofMillis(1), Duration.ofMillis(100), 2, 2);

    @Test
    void eachLoadHasItsFigures() throws Exception {
        Map<Load, Map<String, List<Run>>> loads = TlsThroughput.measure(List.of(), SMALL);
        System.out.println(loads);
        assertThat(loads)
                .containsOnlyKeys(Load.values())
                .allSatisfy((load, servers) -> assertThat(servers)
                        .containsOnlyKeys(TlsServer.POSTERN)
                        .allSatisfy((server, each) -> assertThat(each)
                                .hasSize(1)
                                .allSatisfy(run -> assertThat(run.rate()).isPositive())));
        // of one load it may be less than the 10 ms that the system counts
        assertThat(loads.values())
                .anySatisfy(servers -> assertThat(servers.values())
                        .allSatisfy(each -> assertThat(each.get(0).cpuMicros()).isPositive()));
    }
}
