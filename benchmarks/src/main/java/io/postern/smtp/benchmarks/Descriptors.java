package io.postern.smtp.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What a process may have open. */
public final class Descriptors {

    /** What a process needs of its descriptors for other things than connections. */
    private static final long OTHERS = 300;

    private Descriptors() {}

    /** How many connections there can be of those that are wanted, as a process may have only so many descriptors. */
    public static int connections(int wanted) {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? (int) Math.min(wanted, unix.getMaxFileDescriptorCount() - OTHERS)
                : wanted;
    }
}
