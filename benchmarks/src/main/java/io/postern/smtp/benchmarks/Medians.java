package io.postern.smtp.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What was measured in most of the rounds. */
public final class Medians {

    private Medians() {}

    /** The value in the middle, or between the two there. */
    public static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    /** The median of a figure of each round. */
    public static <T> double of(List<T> rounds, ToDoubleFunction<T> figure) {
        return of(rounds.stream().map(figure::applyAsDouble).toList());
    }

    /** The median of the ratios of each round, since a machine is not as fast in one minute as in the next. */
    public static <T> double ofRatios(List<T> ours, List<T> theirs, ToDoubleFunction<T> figure) {
        return of(IntStream.range(0, ours.size())
                .mapToObj(round -> figure.applyAsDouble(ours.get(round)) / figure.applyAsDouble(theirs.get(round)))
                .toList());
    }
}
