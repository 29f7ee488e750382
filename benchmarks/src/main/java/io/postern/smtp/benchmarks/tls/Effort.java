package io.postern.smtp.benchmarks.tls;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds how often each server has its turn
 * @param warmUp for how long Postern is used first
 * @param turn for how long each server is used in a round
 * @param kept how many clients stay connected, where they do
 * @param comingAndGoing how many connect again and again, where they do
 */
record Effort(int rounds, Duration warmUp, Duration turn, int kept, int comingAndGoing) {

    /** Until most of what Java compiles is compiled, the arithmetic of elliptic curves above all. */
    private static final Duration WARM_UP = Duration.ofSeconds(12);

    private static final Duration TURN = Duration.ofMillis(1_500);

    /** Enough to keep a server busy that answers at once. */
    private static final int KEPT = 8;

    /** Enough to keep one busy that lets each client wait a tenth of a second before it greets, as smtp-server does. */
    private static final int COMING_AND_GOING = 64;

    /** What servers need to warm up that are not Java, as a share of what Postern needs. */
    private static final int OTHERS_SHARE = 4;

    /** As much as figures need that say something. */
    static Effort full(int rounds) {
        return new Effort(rounds, WARM_UP, TURN, KEPT, COMING_AND_GOING);
    }

    Duration warmUpOf(TlsServer server) {
        return server.title().equals(TlsServer.POSTERN) ? warmUp : warmUp.dividedBy(OTHERS_SHARE);
    }

    int clients(Load load) {
        return load.isKept() ? kept : comingAndGoing;
    }
}
