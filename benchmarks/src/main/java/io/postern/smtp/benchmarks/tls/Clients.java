package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.BlockingClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What sends a {@link Load} to a server, each client on a thread of its own. Those that are to stay connected do so until the end. */
final class Clients implements AutoCloseable {

    private final Load load;
    private final TlsServer server;
    private final FullHandshakes tls;
    private final int count;
    private final ExecutorService threads;
    private final List<BlockingClient> kept = new ArrayList<>();

    Clients(Load load, TlsServer server, FullHandshakes tls, int count) throws IOException {
        this.load = load;
        this.server = server;
        this.tls = tls;
        this.count = count;
        this.threads = Executors.newFixedThreadPool(count);
        for (int i = 0; load.isKept() && i < count; i++) {
            kept.add(load.connect(server.port(), tls));
        }
    }

    /** Goes on for so long, and looks at what it cost the server. */
    Run run(Duration duration) throws IOException, InterruptedException {
        Duration cpu = server.cpuTime().get();
        long begun = System.nanoTime();
        List<Callable<Integer>> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            clients.add(() -> {
                int done = 0;
                do {
                    once(number);
                    done++;
                } while (System.nanoTime() - begun < duration.toNanos());
                return done;
            });
        }
        int done = 0;
        for (Future<Integer> client : threads.invokeAll(clients)) {
            done += done(client);
        }
        long took = System.nanoTime() - begun;
        long used = server.cpuTime().get().minus(cpu).toNanos();
        return new Run(done * 1e9 / took, used / 1e3 / done, used / (double) took);
    }

    private void once(int number) throws IOException {
        if (load.isKept()) {
            load.goOn(kept.get(number));
            return;
        }
        try (BlockingClient client = load.connect(server.port(), tls)) {
            load.goOn(client);
        }
    }

    private int done(Future<Integer> client) throws IOException, InterruptedException {
        try {
            return client.get();
        } catch (ExecutionException e) {
            throw new IOException("a client of " + server.title() + " failed", e.getCause());
        }
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        for (BlockingClient client : kept) {
            client.close();
        }
    }

    /**
     * What was seen in a turn.
     *
     * @param rate messages or connections a second
     * @param cpuMicros of processor time that each cost the server's process
     * @param processors how many of them it kept busy
     */
    record Run(double rate, double cpuMicros, double processors) {}
}
