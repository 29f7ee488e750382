package io.postern.smtp.benchmarks.scale;

import com.sun.management.OperatingSystemMXBean;
import io.postern.smtp.benchmarks.Senders;
import io.postern.smtp.benchmarks.ServerProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What has its turn with the other lines of a table.
 *
 * @param title what it is called in the table
 * @param units how many of the table's units a message has, such as recipients
 * @param base what it is to be compared with; null for itself
 */
record Line(
        String title,
        double units,
        ServerProcess server,
        Senders senders,
        @Nullable Line base) {

    /** One that is compared with itself. */
    Line(String title, double units, ServerProcess server, Senders senders) {
        this(title, units, server, senders, null);
    }

    Line comparedWith(Line other) {
        return new Line(title, units, server, senders, other);
    }

    /** Sends messages for so long, and looks at what they cost. */
    Run run(Duration duration) throws IOException {
        Duration server = server().cpuTime();
        long clients = ownCpuNanos();
        Senders.Sent sent = senders.send(duration);
        clients = ownCpuNanos() - clients;
        long serverNanos = server().cpuTime().minus(server).toNanos();
        return new Run(
                sent.rate(),
                serverNanos / 1e3 / sent.messages(),
                clients / 1e3 / sent.messages(),
                (serverNanos + clients) / (double) sent.nanos());
    }

    private static long ownCpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /**
     * What was seen in a turn.
     *
     * @param rate messages a second
     * @param cpuMicros of processor time that a message cost the server's process
     * @param clientMicros that it cost the clients' process
     * @param processors how many of them both kept busy
     */
    record Run(double rate, double cpuMicros, double clientMicros, double processors) {}
}
