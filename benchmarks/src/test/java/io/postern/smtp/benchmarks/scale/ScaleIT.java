package io.postern.smtp.benchmarks.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.benchmarks.scale.Line.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All messages of each table are taken. How fast is not looked at: {@link Scale} prints it. */
@Timeout(120)
class ScaleIT {

    private static final Extent SMALL =
            new Extent(1, Duration.ofMillis(1), Duration.ofMillis(100), 1_000_000, 1_000, 20, 200);

    @ParameterizedTest
    @EnumSource
    void eachLineHasItsFigures(Table table) throws Exception {
        Map<Line, List<Run>> runs = Scale.measure(table, SMALL);
        System.out.println(runs.values());
        assertThat(runs)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy((line, each) -> assertThat(each)
                        .hasSize(1)
                        .allSatisfy(run -> assertThat(run.rate()).isPositive()));
        // of one line it may be less than the 10 ms that the system counts
        assertThat(runs.values())
                .anySatisfy(each -> assertThat(each.get(0).cpuMicros()).isPositive());
    }
}
