package io.postern.smtp.benchmarks.loopback;

import java.time.Duration;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.reactivestreams.Publisher;

/** Metrics of James that cost it nothing. */
@SuppressWarnings("deprecation") // it cannot be had without the methods that it has given up
final class NothingMeasured implements MetricFactory {

    private static final class Count implements Metric {

        @Override
        public void increment() {}

        @Override
        public void decrement() {}

        @Override
        public void add(int value) {}

        @Override
        public void remove(int value) {}

        @Override
        public long getCount() {
            return 0;
        }
    }

    private record Time(String name) implements TimeMetric, TimeMetric.ExecutionResult {

        @Override
        public ExecutionResult stopAndPublish() {
            return this;
        }

        @Override
        public Duration elasped() {
            return Duration.ZERO;
        }

        @Override
        public ExecutionResult logWhenExceedP99(Duration threshold) {
            return this;
        }
    }

    @Override
    public Metric generate(String name) {
        return new Count();
    }

    @Override
    public TimeMetric timer(String name) {
        return new Time(name);
    }

    @Override
    public <T> Publisher<T> decoratePublisherWithTimerMetric(String name, Publisher<T> publisher) {
        return publisher;
    }

    @Override
    public <T> Publisher<T> decoratePublisherWithTimerMetricLogP99(String name, Publisher<T> publisher) {
        return publisher;
    }
}
