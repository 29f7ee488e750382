package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CensusTest {

    @Test
    void thereAreAsManyConnectionsAsTheLimitsAllow() {
        Census census = new Census();
        assertThat(census.enter("192.0.2.1", 3, 2)).isEmpty();
        assertThat(census.enter("192.0.2.1", 3, 2)).isEmpty();
        assertThat(census.enter("192.0.2.1", 3, 2)).contains(Limit.CONNECTIONS_PER_ADDRESS);
        assertThat(census.enter("192.0.2.2", 3, 2)).isEmpty();
        assertThat(census.enter("192.0.2.3", 3, 2)).contains(Limit.CONNECTIONS);
    }

    @Test
    void whoWasRefusedIsNotCounted() {
        Census census = new Census();
        census.enter("192.0.2.1", 2, 1);
        for (int i = 0; i < 10; i++) {
            assertThat(census.enter("192.0.2.1", 2, 1)).isPresent();
        }
        assertThat(census.enter("192.0.2.2", 2, 1)).isEmpty();
        census.leave("192.0.2.1");
        assertThat(census.enter("192.0.2.1", 2, 1)).isEmpty();
    }

    @Test
    void zeroIsNoLimit() {
        Census census = new Census();
        for (int i = 0; i < 1_000; i++) {
            assertThat(census.enter("192.0.2.1", 0, 0)).isEmpty();
        }
        assertThat(census.enter("192.0.2.1", 0, 1_000)).isPresent();
        assertThat(census.enter("192.0.2.2", 1_000, 0)).isPresent();
    }

    @Test
    void threadsThatComeAndGoNeverExceedTheLimitAndLeaveNothingBehind() throws Exception {
        int limit = 3;
        Census census = new Census();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<Integer> comeAndGo = () -> {
                int most = 0;
                for (int round = 0; round < 10_000; round++) {
                    int inside = 0;
                    while (inside <= limit
                            && census.enter("192.0.2.1", limit, 0).isEmpty()) {
                        inside++;
                    }
                    most = Math.max(most, inside);
                    for (; inside > 0; inside--) {
                        census.leave("192.0.2.1");
                    }
                }
                return most;
            };
            List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(threads.submit(comeAndGo));
            }
            for (Future<Integer> each : running) {
                assertThat(each.get(SocketTestBase.SECONDS, TimeUnit.SECONDS)).isLessThanOrEqualTo(limit);
            }
        } finally {
            threads.shutdownNow();
        }
        for (int i = 0; i < limit; i++) {
            assertThat(census.enter("192.0.2.1", limit, limit)).isEmpty();
        }
        assertThat(census.enter("192.0.2.1", limit, 0)).isPresent();
    }
}
