package io.postern.smtp.cli;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.metrics.SmtpMeters;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the servers and of the virtual machine, for Prometheus to fetch by HTTP. It has a Vertx of its own: a scrape
 * holds up no mail, and can still be had while the servers drain.
 */
final class MetricsEndpoint {

    private static final System.Logger LOG = System.getLogger(MetricsEndpoint.class.getName());

    private static final String PATH = "/metrics";
    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);
    private static final String ALLOWED = "GET, HEAD";
    private static final int IDLE_SECONDS = 60;
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private static final double[] SECONDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300
    };
    private static final double[] BYTES = LongStream.of(1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536)
            .mapToDouble(kib -> kib * 1_024)
            .toArray();

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final SmtpMeters meters;
    private final Vertx vertx;

    MetricsEndpoint() {
        registry.config().meterFilter(new Buckets());
        meters = new SmtpMeters(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        bindGarbageCollection();
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    @SuppressWarnings("resource") // it listens to the collectors until the process ends
    private void bindGarbageCollection() {
        new JvmGcMetrics().bindTo(registry);
    }

    /** Times and sizes of servers are told as histograms, so that quantiles can be made of several processes. */
    private static final class Buckets implements MeterFilter {

        @Override
        public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
            if (!id.getName().startsWith("smtp.server.")) {
                return config;
            }
            double[] bounds = BYTES;
            if (id.getType() == Meter.Type.TIMER) {
                bounds = SECONDS.clone();
                for (int i = 0; i < bounds.length; i++) {
                    bounds[i] *= TimeUnit.SECONDS.toNanos(1);
                }
            }
            return DistributionStatisticConfig.builder()
                    .serviceLevelObjectives(bounds)
                    .build()
                    .merge(config);
        }
    }

    /** What the servers are to tell. */
    SmtpMetrics metrics() {
        return meters;
    }

    /**
     * Where to listen; without a host that is the loopback interface, as the meters are not everybody's business.
     *
     * @throws IllegalArgumentException when {@code text} is no address; the message is for the user
     */
    static ListenAddress.Inet address(String text) {
        return ListenAddress.Inet.parse(text, SmtpServerOptions.DEFAULT_HOST);
    }

    /**
     * Listens; blocks until scrapes are answered.
     *
     * @return the address with its real port
     */
    ListenAddress.Inet listen(ListenAddress.Inet address) {
        try {
            HttpServer server = vertx.createHttpServer(new HttpServerOptions().setIdleTimeout(IDLE_SECONDS))
                    .requestHandler(this::answer)
                    .listen(address.port(), address.host())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
            return new ListenAddress.Inet(address.host(), server.actualPort());
        } catch (CompletionException e) {
            throw StartFailure.cannotListen(address.toString(), e.getCause() == null ? e : e.getCause());
        }
    }

    private void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!PATH.equals(request.path())) {
            response.setStatusCode(404).end("not found; see " + PATH + "\n");
        } else if (!READING.contains(request.method())) {
            response.setStatusCode(405).putHeader(HttpHeaders.ALLOW, ALLOWED).end();
        } else {
            scrape(request.getHeader(HttpHeaders.ACCEPT), response);
        }
    }

    private void scrape(@Nullable String accept, HttpServerResponse response) {
        String format = ExpositionFormat.accepted(accept).contentType();
        response.putHeader(HttpHeaders.CONTENT_TYPE, format).end(registry.scrape(format));
    }

    /** Answers nobody any more; blocks until the port is free. */
    void close() {
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(System.Logger.Level.WARNING, "the metrics could not be shut down", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
