package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** The threads of any Vertx in this JVM. */
final class VertxThreads {

    private VertxThreads() {}

    static List<Thread> alive() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("(?i)vert\\.?x.*"))
                .toList();
    }

    /** A Vertx calls itself closed when its threads have nothing left to do, which is just before they end. */
    static void assertAllEnd() throws InterruptedException {
        for (Thread thread : alive()) {
            thread.join(10_000);
            assertThat(thread.isAlive()).as(thread.getName() + " is alive").isFalse();
        }
    }
}
