package io.postern.smtp.benchmarks.maildir;

import io.postern.smtp.benchmarks.Mail;
import io.postern.smtp.benchmarks.Medians;
import io.postern.smtp.benchmarks.Senders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Measures how many messages a second each {@link Contender} stores, over 1, 20 and 100 connections, in rounds whose order
 * changes, and prints the medians. The ratio is the median of those of each round, since a disk is not as fast in one minute as
 * in the next.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.postern.smtp.benchmarks.maildir.MaildirThroughput DIR [rounds]</pre>
 */
public final class MaildirThroughput {

    /** How many messages are sent first, over 20 connections, until most of what Java compiles is compiled. */
    private static final int WARM_UP = 80_000;

    private static final int ROUNDS = 41;

    private static final Mail MESSAGE = Mail.ofSize(2_048);
    /**
     * How many messages are sent over so many connections: few, so that the machine is as fast for one contender as for the
     * next.
     */
    private static final Map<Integer, Integer> LOADS = new TreeMap<>(Map.of(1, 100, 20, 1_000, 100, 1_000));

    private final Path directory;
    private final Map<Integer, Map<Contender, List<Run>>> runs = new TreeMap<>();

    /**
     * What one contender did in a round.
     *
     * @param rate messages a second
     * @param cpuMicros what a message costs the server's process, in microseconds
     */
    private record Run(double rate, double cpuMicros) {}

    private MaildirThroughput(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            System.err.println("usage: MaildirThroughput DIR [rounds], DIR on the disk to be measured");
            System.exit(2);
        }
        int rounds = arguments.length == 1 ? ROUNDS : Integer.parseInt(arguments[1]);
        Path directory = Files.createTempDirectory(Files.createDirectories(Path.of(arguments[0])), "throughput");
        try {
            MaildirThroughput throughput = new MaildirThroughput(directory);
            throughput.measure(rounds);
            throughput.print();
        } finally {
            // at the end only: ext4 is slow to make files where others were deleted a moment ago
            delete(directory);
        }
    }

    private static List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>(List.of(Contender.values()));
        if (!Files.isExecutable(Contender.PYTHON)) {
            contenders.remove(Contender.AIOSMTPD);
        }
        return contenders;
    }

    private void measure(int rounds) throws IOException {
        List<Contender> order = contenders();
        Map<Contender, StoringServer> servers = new EnumMap<>(Contender.class);
        try {
            for (Contender contender : order) {
                servers.put(contender, StoringServer.start(contender, directory.resolve(contender.name())));
            }
            for (Contender contender : order) {
                if (contender.isCompiledMeanwhile()) {
                    run(Objects.requireNonNull(servers.get(contender)), 20, WARM_UP);
                }
            }
            for (int round = 0; round < rounds; round++) {
                Collections.rotate(order, 1);
                for (Map.Entry<Integer, Integer> load : LOADS.entrySet()) {
                    for (Contender contender : order) {
                        runs.computeIfAbsent(load.getKey(), none -> new EnumMap<>(Contender.class))
                                .computeIfAbsent(contender, none -> new ArrayList<>())
                                .add(run(
                                        Objects.requireNonNull(servers.get(contender)),
                                        load.getKey(),
                                        load.getValue()));
                    }
                }
            }
        } finally {
            servers.values().forEach(StoringServer::close);
        }
    }

    private static Run run(StoringServer server, int connections, int messages) throws IOException {
        try (Senders senders = new Senders(server.port(), connections, MESSAGE)) {
            Duration before = server.cpuTime();
            double rate = senders.send(messages).rate();
            return new Run(rate, server.cpuTime().minus(before).toNanos() / 1e3 / messages);
        }
    }

    private void print() {
        System.out.println(
                "connections  contender            msg/s (median)   lowest  highest  CPU us/msg  Postern is x times as fast");
        runs.forEach((connections, byContender) -> byContender.forEach((contender, each) -> System.out.printf(
                Locale.ROOT,
                "%11d  %-20s %14.0f %8.0f %8.0f %11.0f  %.2f%n",
                connections,
                contender.title(),
                Medians.of(each, Run::rate),
                each.stream().mapToDouble(Run::rate).min().orElseThrow(),
                each.stream().mapToDouble(Run::rate).max().orElseThrow(),
                Medians.of(each, Run::cpuMicros),
                Medians.ofRatios(byContender.getOrDefault(Contender.POSTERN, List.of()), each, Run::rate))));
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
