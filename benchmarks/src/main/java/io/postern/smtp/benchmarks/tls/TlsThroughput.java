package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.Medians;
import io.postern.smtp.benchmarks.tls.Clients.Run;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Measures messages and handshakes with TLS, of Postern and of each {@link Peer} that is given, in rounds whose order changes,
 * and prints medians. The ratios are medians of those of each round, as a machine is not as fast in one minute as in the next.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.postern.smtp.benchmarks.tls.TlsThroughput [rounds] [NAME=COMMAND ...]</pre>
 */
public final class TlsThroughput {

    private static final int ROUNDS = 5;
    /** Until most of what Java compiles is compiled, the arithmetic of elliptic curves above all. */
    private static final Duration WARM_UP = Duration.ofSeconds(12);

    /** Others need this share of it. */
    private static final int OTHERS_SHARE = 4;

    private static final Duration TURN = Duration.ofMillis(1_500);

    private TlsThroughput() {}

    public static void main(String[] arguments) throws Exception {
        int rounds;
        List<Peer> peers;
        try {
            boolean hasRounds = arguments.length > 0 && arguments[0].matches("[1-9][0-9]{0,3}");
            rounds = hasRounds ? Integer.parseInt(arguments[0]) : ROUNDS;
            peers = Arrays.stream(arguments)
                    .skip(hasRounds ? 1 : 0)
                    .map(Peer::parse)
                    .toList();
            requireDistinct(peers);
        } catch (IllegalArgumentException e) {
            System.err.println("usage: TlsThroughput [rounds] [NAME=COMMAND ...]: " + e.getMessage());
            System.exit(2);
            return;
        }
        System.out.printf(
                "%s, %s, %s, no resumption, a certificate with an EC P-256 key made for this run; %d processors%n",
                FullHandshakes.PROTOCOL,
                FullHandshakes.CIPHER,
                FullHandshakes.GROUP,
                Runtime.getRuntime().availableProcessors());
        for (Load load : Load.values()) {
            print(load, measure(load, peers, rounds, WARM_UP, TURN));
        }
    }

    private static void requireDistinct(List<Peer> peers) {
        Set<String> titles = new HashSet<>(Set.of(TlsServer.POSTERN));
        for (Peer peer : peers) {
            if (!titles.add(peer.title())) {
                throw new IllegalArgumentException("there is another server with the name " + peer.title());
            }
        }
    }

    /** @return the runs of each server by its title, a round after the other; Postern is the first */
    static Map<String, List<Run>> measure(Load load, List<Peer> peers, int rounds, Duration warmUp, Duration turn)
            throws IOException, GeneralSecurityException, InterruptedException {
        List<TlsServer> servers = new ArrayList<>();
        Map<String, Clients> clients = new LinkedHashMap<>();
        try (Certificate certificate = Certificate.create()) {
            FullHandshakes tls = new FullHandshakes(certificate.content());
            servers.add(TlsServer.postern(certificate));
            for (Peer peer : peers) {
                servers.add(peer.start(certificate));
            }
            Map<String, List<Run>> runs = new LinkedHashMap<>();
            for (TlsServer server : servers) {
                Clients those = new Clients(load, server, tls);
                clients.put(server.title(), those);
                runs.put(server.title(), new ArrayList<>());
                those.run(runs.size() == 1 ? warmUp : warmUp.dividedBy(OTHERS_SHARE));
            }
            List<String> order = new ArrayList<>(runs.keySet());
            for (int round = 0; round < rounds; round++) {
                for (String server : order) {
                    Objects.requireNonNull(runs.get(server))
                            .add(Objects.requireNonNull(clients.get(server)).run(turn));
                }
                Collections.rotate(order, 1);
            }
            tls.requireFull();
            return runs;
        } finally {
            for (Clients those : clients.values()) {
                those.close();
            }
            for (TlsServer server : servers) {
                server.close();
            }
        }
    }

    private static void print(Load load, Map<String, List<Run>> runs) {
        System.out.printf(
                "%n%-28s %10s %8s %12s %11s %14s%n",
                load.title(),
                "a second",
                load.size() == 0 ? "" : "MB/s",
                "CPU us each",
                "processors",
                "CPU / Postern's");
        List<Run> ours = runs.values().iterator().next();
        runs.forEach((server, each) -> System.out.printf(
                Locale.ROOT,
                "%-28s %,10.1f %8s %,12.1f %11.2f %14.2f%n",
                server,
                Medians.of(each, Run::rate),
                load.size() == 0
                        ? ""
                        : String.format(Locale.ROOT, "%.1f", Medians.of(each, Run::rate) * load.size() / 1e6),
                Medians.of(each, Run::cpuMicros),
                Medians.of(each, Run::processors),
                Medians.ofRatios(each, ours, Run::cpuMicros)));
    }
}
