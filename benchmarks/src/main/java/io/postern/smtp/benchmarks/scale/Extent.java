package io.postern.smtp.benchmarks.scale;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds how often everything has its turn
 * @param warmUp for how long messages are sent first, of each kind
 * @param turn for how long in each round
 * @param largestMessage in octets
 * @param mostRecipients of a message
 * @param active how many clients send a message after the other, where there are many
 * @param idle how many do nothing beside them
 */
record Extent(
        int rounds, Duration warmUp, Duration turn, long largestMessage, int mostRecipients, int active, int idle) {

    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration TURN = Duration.ofMillis(1_200);
    private static final int LARGEST_MESSAGE = 100_000_000;
    private static final int MOST_RECIPIENTS = 1_000;
    private static final int ACTIVE = 1_000;
    private static final int IDLE = 10_000;

    /** All there is, which takes half a minute a round and a minute before. */
    static Extent full(int rounds) {
        return new Extent(rounds, WARM_UP, TURN, LARGEST_MESSAGE, MOST_RECIPIENTS, ACTIVE, IDLE);
    }
}
