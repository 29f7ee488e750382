package io.postern.smtp.benchmarks.scale;

import io.postern.smtp.benchmarks.Medians;
import io.postern.smtp.benchmarks.scale.Line.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Measures what a message costs as there is more of something, and prints a {@link Table} of medians for each question. The
 * lines of a table take turns, in an order that changes from round to round.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.postern.smtp.benchmarks.scale.Scale [all|TABLE] [rounds]</pre>
 */
public final class Scale {

    private static final int ROUNDS = 5;
    private static final String ALL = "all";

    private Scale() {}

    public static void main(String[] arguments) throws Exception {
        List<Table> tables;
        int rounds;
        try {
            tables = arguments.length == 0 || arguments[0].equals(ALL)
                    ? List.of(Table.values())
                    : List.of(Table.valueOf(arguments[0].toUpperCase(Locale.ROOT)));
            rounds = arguments.length < 2 ? ROUNDS : Integer.parseInt(arguments[1]);
        } catch (IllegalArgumentException e) {
            System.err.println("usage: Scale [" + ALL + "|TABLE] [rounds], TABLE one of "
                    + Arrays.toString(Table.values()).toLowerCase(Locale.ROOT));
            System.exit(2);
            return;
        }
        for (Table table : tables) {
            print(table, measure(table, Extent.full(rounds)));
        }
    }

    /** @return the runs of each line, a round after the other */
    static Map<Line, List<Run>> measure(Table table, Extent extent) throws IOException {
        try (Bench bench = new Bench()) {
            List<Line> order = new ArrayList<>(table.open(bench, extent));
            Map<Line, List<Run>> runs = new LinkedHashMap<>();
            for (Line line : order) {
                runs.put(line, new ArrayList<>());
                line.run(extent.warmUp());
            }
            for (int round = 0; round < extent.rounds(); round++) {
                for (Line line : order) {
                    Objects.requireNonNull(runs.get(line)).add(line.run(extent.turn()));
                }
                Collections.rotate(order, 1);
            }
            return runs;
        }
    }

    private static void print(Table table, Map<Line, List<Run>> runs) {
        boolean grows = !table.unit().isEmpty();
        System.out.printf(
                "%-28s %12s %14s %16s %18s %11s%n",
                table.name().toLowerCase(Locale.ROOT),
                "messages/s",
                "CPU us/message",
                grows ? "CPU us/" + table.unit() : "times as many",
                "client's us/message",
                "processors");
        runs.forEach((line, each) -> System.out.printf(
                Locale.ROOT,
                "%-28s %,12.1f %,14.1f %16.2f %,19.1f %11.2f%n",
                line.title(),
                Medians.of(each, Run::rate),
                Medians.of(each, Run::cpuMicros),
                grows
                        ? Medians.of(each, Run::cpuMicros) / line.units()
                        : Medians.ofRatios(each, baseOf(line, runs), Run::rate),
                Medians.of(each, Run::clientMicros),
                Medians.of(each, Run::processors)));
        System.out.println();
    }

    private static List<Run> baseOf(Line line, Map<Line, List<Run>> runs) {
        return Objects.requireNonNull(runs.get(line.base() == null ? line : line.base()));
    }
}
