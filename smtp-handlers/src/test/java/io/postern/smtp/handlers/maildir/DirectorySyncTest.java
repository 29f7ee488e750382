package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DirectorySyncTest {

    private final AtomicInteger writes = new AtomicInteger();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());

    private void join(DirectorySync sync, String who) {
        sync.join(
                () -> {},
                fault -> told.add(who + fault.map(IOException::getMessage).orElse("")));
    }

    @Test
    void oneWriteServesAllWhoHaveJoined() {
        DirectorySync sync = new DirectorySync(writes::incrementAndGet);
        join(sync, "a");
        join(sync, "b");

        sync.run();

        assertThat(writes).hasValue(1);
        assertThat(told).containsExactly("a", "b");
    }

    @Test
    void nothingIsWrittenForNobody() {
        DirectorySync sync = new DirectorySync(writes::incrementAndGet);
        join(sync, "a");
        sync.run();

        sync.run();

        assertThat(writes).hasValue(1);
    }

    @Test
    void whoComesDuringAWriteGoesOnAtOnceAndGetsTheNextOne() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        DirectorySync sync = new DirectorySync(() -> {
            if (writes.incrementAndGet() == 1) {
                begun.countDown();
                await(mayEnd);
            }
        });
        join(sync, "first");
        CompletableFuture<Void> leader = CompletableFuture.runAsync(sync::run);
        await(begun);

        // the write that goes on may have missed what these have changed
        join(sync, "second");
        sync.run();
        join(sync, "third");
        sync.run();
        assertThat(told).isEmpty();
        mayEnd.countDown();
        leader.get(10, TimeUnit.SECONDS);

        assertThat(writes).hasValue(2);
        assertThat(told).containsExactly("first", "second", "third");
    }

    @Test
    void allChangesAreMadeBeforeTheWrite() {
        List<String> done = new ArrayList<>();
        DirectorySync sync = new DirectorySync(() -> done.add("write"));
        for (String who : List.of("a", "b")) {
            sync.join(() -> done.add(who), fault -> done.add("told " + who));
        }

        sync.run();

        assertThat(done).containsExactly("a", "b", "write", "told a", "told b");
    }

    @Test
    void aChangeThatFailsIsNobodyElsesBusiness() {
        DirectorySync sync = new DirectorySync(writes::incrementAndGet);
        join(sync, "a");
        sync.join(
                () -> {
                    throw new IOException("is not there");
                },
                fault -> told.add("b " + fault.orElseThrow().getMessage()));
        join(sync, "c");

        sync.run();

        assertThat(told).containsExactlyInAnyOrder("a", "b is not there", "c");
        assertThat(writes).hasValue(1);
    }

    @Test
    void nothingIsWrittenWhenNoChangeWasMade() {
        DirectorySync sync = new DirectorySync(writes::incrementAndGet);
        sync.join(
                () -> {
                    throw new IOException("is not there");
                },
                fault -> told.add(fault.orElseThrow().getMessage()));

        sync.run();

        assertThat(told).containsExactly("is not there");
        assertThat(writes).hasValue(0);
    }

    @Test
    void afterAFaultTheNextOnesAreServed() {
        DirectorySync sync = new DirectorySync(() -> {
            switch (writes.incrementAndGet()) {
                case 1 -> throw new IOException(": I/O error");
                case 2 -> throw new IllegalStateException("a defect");
                default -> {}
            }
        });
        for (String who : List.of("a", "b", "c")) {
            join(sync, who);
            sync.run();
        }

        assertThat(told).containsExactly("a: I/O error", "bfile work failed", "c");
    }

    @Test
    void allWhoComeAtTheSameTimeAreToldOnce() throws Exception {
        DirectorySync sync = new DirectorySync(writes::incrementAndGet);
        AtomicInteger answers = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int j = 0; j < 1_000; j++) {
                    sync.join(() -> {}, fault -> answers.incrementAndGet());
                    sync.run();
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(answers).hasValue(8_000);
        assertThat(writes.get()).isPositive().isLessThanOrEqualTo(8_000);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
