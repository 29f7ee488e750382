package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.Medians;
import io.postern.smtp.benchmarks.tls.Clients.Run;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
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
        measure(peers, Effort.full(rounds)).forEach(TlsThroughput::print);
    }

    private static void requireDistinct(List<Peer> peers) {
        Set<String> titles = new HashSet<>(Set.of(TlsServer.POSTERN));
        for (Peer peer : peers) {
            if (!titles.add(peer.title())) {
                throw new IllegalArgumentException("there is another server with the name " + peer.title());
            }
        }
    }

    /** @return for each load the runs of each server by its title, a round after the other; Postern is the first */
    static Map<Load, Map<String, List<Run>>> measure(List<Peer> peers, Effort effort)
            throws IOException, GeneralSecurityException, InterruptedException {
        List<TlsServer> servers = new ArrayList<>();
        try (Certificate certificate = Certificate.create()) {
            FullHandshakes tls = new FullHandshakes(certificate.content());
            servers.add(TlsServer.postern(certificate));
            for (Peer peer : peers) {
                servers.add(peer.start(certificate));
            }
            Map<Load, Map<String, List<Run>>> all = new EnumMap<>(Load.class);
            for (Load load : Load.values()) {
                all.put(load, measure(load, servers, tls, effort));
            }
            tls.requireFull();
            return all;
        } finally {
            for (TlsServer server : servers) {
                server.close();
            }
        }
    }

    private static Map<String, List<Run>> measure(Load load, List<TlsServer> servers, FullHandshakes tls, Effort effort)
            throws IOException, InterruptedException {
        Map<String, Clients> clients = new LinkedHashMap<>();
        try {
            Map<String, List<Run>> runs = new LinkedHashMap<>();
            for (TlsServer server : servers) {
                Clients those = new Clients(load, server, tls, effort.clients(load));
                clients.put(server.title(), those);
                runs.put(server.title(), new ArrayList<>());
                those.run(effort.warmUpOf(server));
            }
            List<String> order = new ArrayList<>(runs.keySet());
            for (int round = 0; round < effort.rounds(); round++) {
                for (String server : order) {
                    Objects.requireNonNull(runs.get(server))
                            .add(Objects.requireNonNull(clients.get(server)).run(effort.turn()));
                }
                Collections.rotate(order, 1);
            }
            return runs;
        } finally {
            for (Clients those : clients.values()) {
                those.close();
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
