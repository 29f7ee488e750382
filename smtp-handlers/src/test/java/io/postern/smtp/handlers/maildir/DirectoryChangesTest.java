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
class DirectoryChangesTest {

    private final AtomicInteger writes = new AtomicInteger();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());

    private void join(DirectoryChanges changes, String who) {
        changes.join(
                () -> {},
                fault -> told.add(who + fault.map(IOException::getMessage).orElse("")));
    }

    @Test
    void oneWriteServesAllWhoHaveJoined() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        join(changes, "a");
        join(changes, "b");

        run(changes);

        assertThat(writes).hasValue(1);
        assertThat(told).containsExactly("a", "b");
    }

    @Test
    void nothingIsWrittenForNobody() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        join(changes, "a");
        run(changes);

        run(changes);

        assertThat(writes).hasValue(1);
    }

    @Test
    void whoComesDuringAWriteGoesOnAtOnceAndGetsTheNextOne() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        DirectoryChanges changes = new DirectoryChanges(() -> {
            if (writes.incrementAndGet() == 1) {
                begun.countDown();
                await(mayEnd);
            }
        });
        join(changes, "first");
        CompletableFuture<Void> leader = CompletableFuture.runAsync(() -> run(changes));
        await(begun);

        // the write that goes on may have missed what these have changed
        join(changes, "second");
        run(changes);
        join(changes, "third");
        run(changes);
        assertThat(told).isEmpty();
        mayEnd.countDown();
        leader.get(10, TimeUnit.SECONDS);

        assertThat(writes).hasValue(2);
        assertThat(told).containsExactly("first", "second", "third");
    }

    @Test
    void allChangesAreMadeBeforeTheWrite() {
        List<String> done = new ArrayList<>();
        DirectoryChanges changes = new DirectoryChanges(() -> done.add("write"));
        for (String who : List.of("a", "b")) {
            changes.join(() -> done.add(who), fault -> done.add("told " + who));
        }

        run(changes);

        assertThat(done).containsExactly("a", "b", "write", "told a", "told b");
    }

    @Test
    void aChangeThatFailsIsNobodyElsesBusiness() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        join(changes, "a");
        changes.join(
                () -> {
                    throw new IOException("is not there");
                },
                fault -> told.add("b " + fault.orElseThrow().getMessage()));
        join(changes, "c");

        run(changes);

        assertThat(told).containsExactlyInAnyOrder("a", "b is not there", "c");
        assertThat(writes).hasValue(1);
    }

    @Test
    void nothingIsWrittenWhenNoChangeWasMade() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        changes.join(
                () -> {
                    throw new IOException("is not there");
                },
                fault -> told.add(fault.orElseThrow().getMessage()));

        run(changes);

        assertThat(told).containsExactly("is not there");
        assertThat(writes).hasValue(0);
    }

    @Test
    void afterAFaultTheNextOnesAreServed() {
        DirectoryChanges changes = new DirectoryChanges(() -> {
            switch (writes.incrementAndGet()) {
                case 1 -> throw new IOException(": I/O error");
                case 2 -> throw new IllegalStateException("a defect");
                default -> {}
            }
        });
        for (String who : List.of("a", "b", "c")) {
            join(changes, who);
            run(changes);
        }

        assertThat(told).containsExactly("a: I/O error", "bfile work failed", "c");
    }

    @Test
    void whoServesIsToldOfThoseWhoComeMeanwhileAndMayLetOthersPass() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        changes.join(() -> join(changes, "second"), fault -> told.add("first"));

        assertThat(changes.serve()).isTrue();
        assertThat(told).containsExactly("first");
        assertThat(changes.serve()).isFalse();
        assertThat(told).containsExactly("first", "second");
        assertThat(changes.serve()).isFalse();
    }

    @Test
    void whoCannotBeToldKeepsNobodyElseFromBeingTold() {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        changes.join(() -> {}, fault -> {
            throw new IllegalStateException("its context is gone");
        });
        join(changes, "b");
        run(changes);
        join(changes, "c");
        run(changes);

        assertThat(told).containsExactly("b", "c");
    }

    @Test
    void allWhoComeAtTheSameTimeAreToldOnce() throws Exception {
        DirectoryChanges changes = new DirectoryChanges(writes::incrementAndGet);
        AtomicInteger answers = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int j = 0; j < 1_000; j++) {
                    changes.join(() -> {}, fault -> answers.incrementAndGet());
                    run(changes);
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

    private static void run(DirectoryChanges changes) {
        while (changes.serve()) {
            // others have joined meanwhile
        }
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
