package io.postern.smtp.benchmarks.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Measures how many messages a second a server takes for consumers in other processes, beside the same server with a handler
 * of its own. All processes are on this machine.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.postern.smtp.benchmarks.cluster.ClusterThroughput [rounds]</pre>
 */
public final class ClusterThroughput {

    private static final int ROUNDS = 7;
    private static final int CLIENTS = 8;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration ROUND = Duration.ofSeconds(2);

    /** Of a line of text with its end. */
    private static final int LINE = 64;

    private enum Size {
        ONE_KB("1 KB", 1_024),
        ONE_MB("1 MB", 1_048_576);

        private final String title;
        private final byte[] message;

        Size(String title, int octets) {
            this.title = title;
            this.message = (("x".repeat(LINE - 2) + "\r\n").repeat(octets / LINE) + ".\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }
    }

    private final Clients clients;
    private final Map<Setup, Integer> ports;

    private ClusterThroughput(Clients clients, Map<Setup, Integer> ports) {
        this.clients = clients;
        this.ports = ports;
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length == 0 ? ROUNDS : Integer.parseInt(arguments[0]);
        String cluster = "benchmark-" + UUID.randomUUID();
        String members =
                freePorts(1 + Setup.MOST_NODES).stream().map(String::valueOf).collect(Collectors.joining(","));
        List<NodeProcess> nodes = new ArrayList<>();
        try (Clients clients = new Clients(CLIENTS)) {
            for (int number = 0; number <= Setup.MOST_NODES; number++) {
                nodes.add(NodeProcess.start(number, cluster, members));
            }
            Map<Setup, Integer> ports = new EnumMap<>(Setup.class);
            for (String port : nodes.get(0).awaitLine().split(" ")) {
                int equals = port.indexOf('=');
                ports.put(Setup.valueOf(port.substring(0, equals)), Integer.valueOf(port.substring(equals + 1)));
            }
            for (NodeProcess consumer : nodes.subList(1, nodes.size())) {
                consumer.awaitLine();
            }
            new ClusterThroughput(clients, ports).measure(rounds);
        } finally {
            nodes.forEach(NodeProcess::close);
        }
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    /** A round of each setup after the other, so that what else the machine does falls on all of them. */
    private void measure(int rounds) throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "%d clients, %d processors, median (least to most) of %d rounds of %d s%n",
                CLIENTS,
                Runtime.getRuntime().availableProcessors(),
                rounds,
                ROUND.toSeconds());
        for (Size size : Size.values()) {
            Map<Setup, double[]> measured = new EnumMap<>(Setup.class);
            for (Setup setup : Setup.values()) {
                measured.put(setup, new double[rounds]);
                send(setup, size, WARM_UP);
            }
            for (int round = 0; round < rounds; round++) {
                for (Map.Entry<Setup, double[]> setup : measured.entrySet()) {
                    setup.getValue()[round] = send(setup.getKey(), size, ROUND);
                }
            }
            measured.forEach((setup, rates) -> print(size, setup, rates));
        }
    }

    private double send(Setup setup, Size size, Duration duration) throws IOException, InterruptedException {
        return clients.send(Objects.requireNonNull(ports.get(setup)), size.message, duration);
    }

    private static void print(Size size, Setup setup, double[] rates) {
        Arrays.sort(rates);
        System.out.printf(
                Locale.ROOT,
                "%s  %-26s %,8.0f messages/s (%,.0f to %,.0f)%n",
                size.title,
                setup.title(),
                rates[rates.length / 2],
                rates[0],
                rates[rates.length - 1]);
    }
}
