package io.postern.smtp.benchmarks.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everybody is served beside each load. How fast is printed only: {@link Fairness} fails when it is too slow. */
@Timeout(180)
class FairnessIT {

    private static final int TRANSACTIONS = 100;

    @ParameterizedTest
    @EnumSource
    void allTransactionsCompleteAndSoDoThoseOfTheOthers(Load load) throws Exception {
        Fairness.Figures figures = Fairness.measure(load, TRANSACTIONS, TRANSACTIONS);
        System.out.println(figures);
        assertThat(figures.size()).isEqualTo(load.possibleSize()).isPositive();
        assertThat(figures.p50()).isPositive().isLessThanOrEqualTo(figures.p99());
    }
}
