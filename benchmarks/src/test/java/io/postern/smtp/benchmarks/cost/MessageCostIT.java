package io.postern.smtp.benchmarks.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No message costs more than it did. Whoever makes it cost less sets the bounds anew. */
@Timeout(120)
class MessageCostIT {

    private static final int MESSAGES = 500;

    /**
     * 1,080 octets of each are the array that the message was read into. The bound is that of the JDK which takes more, and a
     * hundredth.
     */
    @ParameterizedTest
    @CsvSource({"LOCKSTEP, 4810", "PIPELINED, 4020"})
    void aMessageAllocatesNoMoreThanItDid(Style style, long bound) throws Exception {
        long allocated = MessageCost.allocated(style, MESSAGES);
        System.out.printf("%s: %,d octets allocated for a message%n", style, allocated);
        assertThat(allocated).isLessThanOrEqualTo(bound);
    }

    /**
     * For each round trip one read, one write, and one wait for what comes next. Nothing sets a timer or wakes a thread.
     */
    @ParameterizedTest
    @CsvSource({"LOCKSTEP, 4", "PIPELINED, 2"})
    void aRoundTripIsAReadAndAWrite(Style style, double roundTrips) throws Exception {
        Assumptions.assumeTrue(MessageCost.canTrace(), "strace cannot be used");
        Map<String, Double> calls = MessageCost.systemCalls(style, MESSAGES);
        System.out.println(style + ": " + calls);
        assertThat(sum(calls, "sendto", "sendmsg", "write", "writev")).isCloseTo(roundTrips, within(0.02));
        assertThat(sum(calls, "recvfrom", "recvmsg", "read", "readv")).isCloseTo(roundTrips, within(0.02));
        assertThat(sum(calls, "epoll_wait", "epoll_pwait", "epoll_pwait2")).isCloseTo(roundTrips, within(0.02));
        assertThat(sum(calls, "epoll_ctl", "eventfd2", "timerfd_settime")).isCloseTo(0, within(0.02));
        // the JVM's own threads wait for each other now and then; one that took part in a message would do so for each
        assertThat(sum(calls, "futex")).isLessThan(0.5);
    }

    private static double sum(Map<String, Double> calls, String... names) {
        double sum = 0;
        for (String name : names) {
            sum += calls.getOrDefault(name, 0.0);
        }
        return sum;
    }
}
