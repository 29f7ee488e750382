package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A Vertx as a caller has it, and what it holds. */
record OwnVertx(Vertx vertx) implements AutoCloseable {

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    OwnVertx(TransportChoice transport) {
        this(Vertx.builder().withTransport(transport.transport()).build());
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /**
     * What could leak.
     *
     * @param descriptors those of files, sockets and pipes; none where the system does not tell
     */
    record Holdings(int deployments, int timers, int threads, List<String> descriptors) {}

    void assertHoldsNotMoreThan(Holdings before) throws Exception {
        assertThat(vertx.deploymentIDs()).as("deployments").hasSize(before.deployments);
        assertThat(timers()).as("timers").isEqualTo(before.timers);
        assertThat(Thread.getAllStackTraces()).as("threads").hasSizeLessThanOrEqualTo(before.threads);
        assertNoMoreDescriptorsThan(before.descriptors.size());
    }

    /** Gives the system a while: io_uring closes a descriptor some time after it was asked to. */
    static void assertNoMoreDescriptorsThan(int before) throws IOException {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<String> now = descriptors();
        while (now.size() > before && System.nanoTime() < patience) {
            Thread.onSpinWait();
            now = descriptors();
        }
        assertThat(now).as("descriptors").hasSizeLessThanOrEqualTo(before);
    }

    Holdings holdings() throws Exception {
        return new Holdings(
                vertx.deploymentIDs().size(),
                timers(),
                Thread.getAllStackTraces().size(),
                descriptors());
    }

    private int timers() throws Exception {
        // no public way leads there
        Field timers = vertx.getClass().getDeclaredField("timeouts");
        timers.setAccessible(true);
        return ((Map<?, ?>) timers.get(vertx)).size();
    }

    static List<String> descriptors() throws IOException {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return List.of();
        }
        List<String> open = new ArrayList<>();
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            all.forEach(descriptor -> {
                try {
                    open.add(Files.readSymbolicLink(descriptor).toString());
                } catch (IOException closedMeanwhile) {
                    // such as that of the listing itself
                }
            });
        }
        return open;
    }

    @Override
    public void close() throws TimeoutException {
        vertx.close().await(60, TimeUnit.SECONDS);
    }
}
