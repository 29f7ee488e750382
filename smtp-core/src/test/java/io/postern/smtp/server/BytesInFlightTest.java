package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BytesInFlightTest {

    private static final long LIMIT = 80;
    private static final long ROOM = LIMIT / BytesInFlight.PARTS;
    private static final long PATIENCE = 5_000;

    private final BytesInFlight all = new BytesInFlight();
    private final List<BytesInFlight.Share> given = new ArrayList<>();

    private BytesInFlight.Share share() {
        BytesInFlight.Share[] self = new BytesInFlight.Share[1];
        self[0] = all.new Share(LIMIT, SmtpMetrics.NONE, () -> given.add(self[0]));
        return self[0];
    }

    private BytesInFlight.Share holding(long octets) {
        BytesInFlight.Share share = share();
        share.hold(octets);
        return share;
    }

    @Test
    void whatConnectionsHoldIsCountedAndGivenBackOnce() {
        BytesInFlight.Share one = holding(10);
        BytesInFlight.Share other = holding(5);
        one.hold(30);
        assertThat(all.octets()).isEqualTo(35);
        one.hold(20);
        assertThat(all.octets()).isEqualTo(25);
        one.release();
        one.release();
        assertThat(all.octets()).isEqualTo(5);
        other.release();
        assertThat(all.octets()).isZero();
    }

    @Test
    void whoWouldPassTheLimitWaitsAndNothingNewBegins() {
        BytesInFlight.Share one = holding(LIMIT - 1);
        BytesInFlight.Share other = share();
        assertThat(other.mayBegin()).isTrue();
        assertThat(other.mayGrow(0)).isTrue();
        one.hold(LIMIT);
        assertThat(other.mayBegin()).isFalse();
        assertThat(other.mayGrow(0)).isFalse();
        assertThat(other.isWaiting()).isTrue();
    }

    @Test
    void zeroIsNoLimit() {
        BytesInFlight.Share share = all.new Share(0, SmtpMetrics.NONE, () -> {});
        share.hold(Long.MAX_VALUE / 2);
        assertThat(share.mayGrow(0)).isTrue();
        assertThat(share.mayBegin()).isTrue();
    }

    @Test
    void whoComesLaterDoesNotTakeTheRoomThatAnotherWaitsFor() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share first = share();
        assertThat(first.mayGrow(0)).isFalse();
        full.hold(LIMIT - 1);
        assertThat(share().mayGrow(0)).isFalse();
        full.hold(LIMIT - ROOM);
        assertThat(given).containsExactly(first);
    }

    @Test
    void thoseThatWaitGetRoomInTheirOrderAndNoMoreThanThereIs() {
        BytesInFlight.Share full = holding(LIMIT);
        List<BytesInFlight.Share> waiting = List.of(share(), share(), share());
        waiting.forEach(share -> assertThat(share.mayGrow(0)).isFalse());
        full.hold(LIMIT - 2 * ROOM);
        assertThat(given).containsExactly(waiting.get(0), waiting.get(1));
        assertThat(all.octets()).isEqualTo(LIMIT);
        given.forEach(share -> {
            share.roomCame(0);
            assertThat(share.mayGrow(0)).isTrue();
        });
        waiting.get(0).hold(1); // it did not need all its room
        assertThat(given).hasSize(2);
        waiting.get(1).hold(1);
        assertThat(given).containsExactlyElementsOf(waiting);
    }

    @Test
    void roomThatCameBeforeTheWaitIsNotMissed() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share waiting = share();
        assertThat(waiting.mayGrow(0)).isFalse();
        full.release();
        waiting.roomCame(0);
        waiting.hold(LIMIT);
        assertThat(waiting.mayGrow(0)).isFalse();
        assertThat(given).hasSize(1);
        waiting.hold(0);
        assertThat(given).hasSize(2);
    }

    @Test
    void roomForAMessageThatIsOverIsGivenBack() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share gone = share();
        assertThat(gone.mayGrow(0)).isFalse();
        full.release();
        assertThat(all.octets()).isEqualTo(ROOM);
        gone.release();
        gone.roomCame(0);
        assertThat(all.octets()).isZero();
    }

    @Test
    void whoLeavesTheQueueGetsNoRoom() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share gone = share();
        BytesInFlight.Share waiting = share();
        assertThat(gone.mayGrow(0)).isFalse();
        assertThat(waiting.mayGrow(0)).isFalse();
        gone.release();
        full.hold(LIMIT - ROOM);
        assertThat(given).containsExactly(waiting);
    }

    @Test
    void theWaitsOfAMessageAreTakenTogether() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share share = share();
        assertThat(share.mayGrow(1_000)).isFalse();
        assertThat(share.hasWaited(PATIENCE, 5_999)).isFalse();
        full.hold(LIMIT - ROOM);
        share.roomCame(4_000);
        share.hold(ROOM);
        assertThat(share.mayGrow(10_000)).isFalse();
        assertThat(share.hasWaited(PATIENCE, 11_999)).isFalse();
        assertThat(share.hasWaited(PATIENCE, 12_000)).isTrue();
        assertThat(share.isWaiting()).isFalse();
        share.release();
        assertThat(share.mayGrow(20_000)).isTrue();
        share.hold(ROOM);
        assertThat(share.mayGrow(20_000)).isFalse(); // another message, another wait
        assertThat(share.hasWaited(PATIENCE, 24_999)).isFalse();
    }

    @Test
    void whoWasGivenRoomHasNotWaitedTooLong() {
        BytesInFlight.Share full = holding(LIMIT);
        BytesInFlight.Share first = share();
        BytesInFlight.Share second = share();
        assertThat(first.mayGrow(0)).isFalse();
        assertThat(second.mayGrow(0)).isFalse();
        full.hold(LIMIT - ROOM);
        assertThat(first.hasWaited(PATIENCE, PATIENCE)).isFalse(); // its room is on its way
        assertThat(second.hasWaited(PATIENCE, PATIENCE)).isTrue();
    }

    @Test
    void eventLoopsThatTakeAndGiveBackAtTheSameTimeLoseNothing() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Object>> loops = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                loops.add(Executors.callable(() -> {
                    // room comes from other threads too: noted as a driver does it, and taken on this one
                    java.util.concurrent.atomic.AtomicInteger rooms = new java.util.concurrent.atomic.AtomicInteger();
                    BytesInFlight.Share share = all.new Share(LIMIT, SmtpMetrics.NONE, rooms::incrementAndGet);
                    for (int n = 1; n <= 20_000; n++) {
                        share.hold(n % 40);
                        if (!share.mayGrow(0) && n % 7 == 0) {
                            share.release();
                        }
                        while (rooms.get() > 0) {
                            rooms.decrementAndGet();
                            share.roomCame(0);
                        }
                    }
                    share.release();
                    while (rooms.getAndDecrement() > 0) {
                        share.roomCame(0);
                    }
                }));
            }
            for (Future<Object> loop : threads.invokeAll(loops)) {
                loop.get(20, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdown();
        }
        assertThat(all.octets()).isZero();
    }
}
