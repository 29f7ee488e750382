package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.benchmarks.ServerProcess;
import io.postern.smtp.benchmarks.Strangers;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Measures transactions of a normal client beside each {@link Load}, and ends with 1 when a 99th percentile is beyond its
 * bound.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.postern.smtp.benchmarks.fairness.Fairness [transactions]</pre>
 */
public final class Fairness {

    private static final int WARM_UP = 1_000;
    private static final int TRANSACTIONS = 1_000;

    private Fairness() {}

    /**
     * What a normal client saw.
     *
     * @param size how many others there were
     * @param p50 half of the transactions took no longer, in milliseconds
     * @param p99 and 99 of 100 took no longer
     */
    record Figures(Load load, int size, double p50, double p99) {

        boolean isWithinBound() {
            return p99 <= load.boundMillis();
        }

        @Override
        public String toString() {
            String fewer = size == load.size() ? "" : " of " + load.size() + ", as there are no more descriptors";
            return String.format(
                    Locale.ROOT,
                    "beside %,d %s%s: p50 %.2f ms, p99 %.2f ms, bound %d ms",
                    size,
                    load,
                    fewer,
                    p50,
                    p99,
                    load.boundMillis());
        }
    }

    /**
     * Measures beside one load, with a server of its own.
     *
     * @throws IOException when a transaction, or what the others do, did not complete
     */
    static Figures measure(Load load, int warmUp, int transactions) throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start()) {
            transactions(server, warmUp);
            int size = load.possibleSize();
            try (Strangers strangers = load.start(server.port(), size)) {
                long[] took = transactions(server, transactions);
                strangers.finish();
                return new Figures(load, size, percentile(took, 50), percentile(took, 99));
            }
        }
    }

    /** @return how long each took in nanoseconds, the shortest first */
    private static long[] transactions(ServerProcess server, int count) throws IOException {
        long[] took = new long[count];
        for (int i = 0; i < count; i++) {
            took[i] = NormalClient.send(server.port());
        }
        Arrays.sort(took);
        return took;
    }

    private static double percentile(long[] sorted, int percent) {
        return sorted[Math.max(0, (sorted.length * percent + 99) / 100 - 1)] / 1_000_000.0;
    }

    public static void main(String[] arguments) throws Exception {
        int transactions = arguments.length == 0 ? TRANSACTIONS : Integer.parseInt(arguments[0]);
        boolean fair = true;
        for (Load load : Load.values()) {
            Figures figures = measure(load, WARM_UP, transactions);
            System.out.println(figures + (figures.isWithinBound() ? "" : ": TOO SLOW"));
            fair &= figures.isWithinBound();
        }
        System.exit(fair ? 0 : 1);
    }
}
