package io.postern.smtp.testkit.conformance;

import io.postern.smtp.testkit.conformance.ConformanceCase.Level;
import java.util.List;
import java.util.Locale;

/**
 * What came of each case.
 *
 * @param target the server
 * @param results in the order in which the cases were run
 */
public record ConformanceReport(ConformanceTarget target, List<Result> results) {

    public enum Outcome {
        PASSED,
        FAILED,
        /** The server does not offer what the case is about. */
        SKIPPED
    }

    /**
     * What came of one case.
     *
     * @param details of a failure: what was expected, what came, and the dialogue until then; else empty
     */
    public record Result(ConformanceCase testCase, Outcome outcome, String details) {}

    public ConformanceReport {
        results = List.copyOf(results);
    }

    /** The cases that failed. */
    public List<Result> failures() {
        return results.stream()
                .filter(result -> result.outcome() == Outcome.FAILED)
                .toList();
    }

    /** Whether no MUST failed. */
    public boolean isConformant() {
        return failures().stream().noneMatch(result -> result.testCase().level() == Level.MUST);
    }

    /** @throws AssertionError with the report when any case failed, a SHOULD included */
    public void assertPassed() {
        if (!failures().isEmpty()) {
            throw new AssertionError(toString());
        }
    }

    private long count(Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).count();
    }

    /** One line for each case, the details of those that failed, and the sums. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Result result : results) {
            text.append(String.format(Locale.ROOT, "%-8s", result.outcome()))
                    .append(result.testCase())
                    .append('\n');
            if (!result.details().isEmpty()) {
                text.append(result.details().strip().indent(12));
            }
        }
        return text.append(String.format(
                        Locale.ROOT,
                        "%s: %d passed, %d failed, %d skipped",
                        target.address(),
                        count(Outcome.PASSED),
                        count(Outcome.FAILED),
                        count(Outcome.SKIPPED)))
                .toString();
    }
}
