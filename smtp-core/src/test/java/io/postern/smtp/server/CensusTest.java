package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CensusTest {

    private static Census.Place enter(Census census) {
        return census.enter(0).orElseThrow();
    }

    @Test
    void thereAreAsManyConnectionsAsTheLimitAllows() {
        Census census = new Census();
        Census.Place first = census.enter(2).orElseThrow();
        assertThat(census.enter(2)).isPresent();
        assertThat(census.enter(2)).isEmpty();
        assertThat(census.enter(2)).isEmpty();
        first.leave();
        assertThat(census.enter(2)).isPresent();
        assertThat(census.enter(2)).isEmpty();
    }

    @Test
    void thereAreAsManyOfAnAddressAsTheLimitAllows() {
        Census census = new Census();
        Census.Place first = enter(census);
        assertThat(first.claim("192.0.2.1", 2)).isTrue();
        assertThat(enter(census).claim("192.0.2.1", 2)).isTrue();
        assertThat(enter(census).claim("192.0.2.2", 2)).isTrue();
        Census.Place refused = enter(census);
        assertThat(refused.claim("192.0.2.1", 2)).isFalse();
        refused.leave(); // takes nothing away from the others
        assertThat(enter(census).claim("192.0.2.1", 2)).isFalse();
        first.leave();
        assertThat(enter(census).claim("192.0.2.1", 2)).isTrue();
    }

    @Test
    void aConnectionWhoseClientIsNotKnownYetIsOfNoAddress() {
        Census census = new Census();
        enter(census);
        assertThat(enter(census).claim("192.0.2.1", 1)).isTrue();
    }

    @Test
    void zeroIsNoLimit() {
        Census census = new Census();
        for (int i = 0; i < 1_000; i++) {
            assertThat(enter(census).claim("192.0.2.1", 0)).isTrue();
        }
        assertThat(enter(census).claim("192.0.2.1", 1_000)).isFalse();
        assertThat(census.enter(1_001)).isEmpty();
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
                    List<Census.Place> inside = new ArrayList<>();
                    Optional<Census.Place> place = census.enter(limit);
                    while (place.isPresent() && place.get().claim("192.0.2.1", limit)) {
                        inside.add(place.get());
                        place = census.enter(limit);
                    }
                    most = Math.max(most, inside.size());
                    place.ifPresent(Census.Place::leave);
                    inside.forEach(Census.Place::leave);
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
            assertThat(census.enter(limit).orElseThrow().claim("192.0.2.1", limit))
                    .isTrue();
        }
        assertThat(census.enter(limit)).isEmpty();
    }
}
