package io.postern.smtp.handlers.tracing;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.concurrent.TimeUnit;

/** A Vertx whose spans are kept in memory, with somebody on its event bus who answers what is asked. */
final class TracedVertx implements AutoCloseable {

    final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    final Vertx vertx;
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .build();

    TracedVertx() {
        vertx = Vertx.builder()
                .withTracer(new OpenTelemetryTracingFactory(telemetry))
                .build();
        vertx.eventBus().<String>consumer("asked", message -> message.reply(message.body()));
    }

    /** Asks somebody on the event bus. */
    <T> Future<T> ask(String what, T then) {
        return vertx.eventBus().request("asked", what).map(then);
    }

    static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() {
        await(vertx.close());
        telemetry.close();
    }
}
