package io.postern.smtp.handlers.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.postern.smtp.Limit;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.TransactionOutcome;
import io.postern.smtp.sasl.SaslFailure;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Keeps Micrometer meters of what happens on SMTP and LMTP servers:
 *
 * <pre>{@code
 * SmtpServer.create(vertx, handler, options).setMetrics(new SmtpMeters(registry)).listen();
 * }</pre>
 *
 * <p>One object can serve several servers, and all instances of a verticle, at the same time; their numbers are added up.
 * Who wants them apart makes one for each, with tags that tell which it is. Two objects with the same tags in one registry
 * would share their counters, but the gauges would show the first one only.
 *
 * <p>Meters are made once and kept, so that no command searches the registry. Every tag has a bounded number of values,
 * whatever clients send. The names and tags are listed in the guide to metrics.
 */
public final class SmtpMeters implements SmtpMetrics {

    private static final String PREFIX = "smtp.server.";
    private static final String OUTCOME = "outcome";

    private final MeterRegistry registry;
    private final Tags tags;

    private final LongAdder activeConnections = new LongAdder();
    private final LongAdder bytesInFlight = new LongAdder();
    private final Counter connectionsOpened;
    private final Counter connectionsRefused;
    private final Counter tlsFailed;

    private final CommandCounters commands;
    private final Map<TransactionOutcome, Timer> transactions;
    private final Map<TransactionOutcome, Timer> messageTimes;
    private final Map<TransactionOutcome, DistributionSummary> messageSizes;
    private final Map<Limit, Counter> limits;
    private final Named<Timer> handlerTimes = new Named<>(this::handlerTime);
    private final Named<Counter> tlsEstablished = new Named<>(protocol -> tls(protocol, "established"));
    private final Named<Counter> authSucceeded = new Named<>(mechanism -> auth(mechanism, "succeeded"));
    private final Map<SaslFailure, Named<Counter>> authFailed =
            each(SaslFailure.class, reason -> new Named<>(mechanism -> auth(mechanism, name(reason))));

    /** Puts the meters into {@code registry}. */
    public SmtpMeters(MeterRegistry registry) {
        this(registry, List.of());
    }

    /**
     * Puts the meters into {@code registry}.
     *
     * @param tags which each of them has in addition, such as the name of the server
     */
    public SmtpMeters(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = registry;
        this.tags = Tags.of(tags);
        Gauge.builder(PREFIX + "connections.active", activeConnections, LongAdder::doubleValue)
                .description("Connections that are served now")
                .tags(this.tags)
                .strongReference(true)
                .register(registry);
        Gauge.builder(PREFIX + "bytes.in.flight", bytesInFlight, LongAdder::doubleValue)
                .description("Octets of messages that were received and are not answered yet")
                .tags(this.tags)
                .strongReference(true)
                .register(registry);
        connectionsOpened = counter("connections.opened", "Connections that were served", Tags.empty());
        connectionsRefused =
                counter("connections.refused", "Connections that were closed before they were served", Tags.empty());
        tlsFailed = tls("none", "failed");
        commands = new CommandCounters((verb, code) ->
                counter("commands", "Commands with the code of their reply", Tags.of("verb", verb, "code", code)));
        transactions = each(
                TransactionOutcome.class,
                outcome -> timer(
                        "transaction.duration",
                        "From MAIL to the answer to the message, or to when it was given up",
                        Tags.of(OUTCOME, name(outcome))));
        messageTimes = each(
                TransactionOutcome.class,
                outcome -> timer(
                        "message.duration",
                        "From the beginning of a message to its answer",
                        Tags.of(OUTCOME, name(outcome))));
        messageSizes = each(
                TransactionOutcome.class,
                outcome -> DistributionSummary.builder(PREFIX + "message.size")
                        .description("What was received of messages that were answered")
                        .baseUnit(BaseUnits.BYTES)
                        .tags(this.tags.and(OUTCOME, name(outcome)))
                        .register(registry));
        limits = each(
                Limit.class,
                limit -> counter("limits", "How often somebody ran into a limit", Tags.of("limit", name(limit))));
    }

    private Counter counter(String name, String description, Tags own) {
        return Counter.builder(PREFIX + name)
                .description(description)
                .tags(tags.and(own))
                .register(registry);
    }

    private Timer timer(String name, String description, Tags own) {
        return Timer.builder(PREFIX + name)
                .description(description)
                .tags(tags.and(own))
                .register(registry);
    }

    private Timer handlerTime(String question) {
        return timer("handler.duration", "How long handlers take to answer", Tags.of("question", question));
    }

    private Counter tls(String protocol, String outcome) {
        return counter("tls", "TLS handshakes", Tags.of("protocol", protocol, OUTCOME, outcome));
    }

    private Counter auth(String mechanism, String outcome) {
        return counter("auth", "Attempts of clients to log in", Tags.of("mechanism", mechanism, OUTCOME, outcome));
    }

    private static <K extends Enum<K>, M> Map<K, M> each(Class<K> type, Function<K, M> meter) {
        Map<K, M> meters = new EnumMap<>(type);
        for (K constant : type.getEnumConstants()) {
            meters.put(constant, meter.apply(constant));
        }
        return meters;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void connectionOpened() {
        activeConnections.increment();
        connectionsOpened.increment();
    }

    @Override
    public void connectionClosed() {
        activeConnections.decrement();
    }

    @Override
    public void connectionRefused() {
        connectionsRefused.increment();
    }

    @Override
    public void commandAnswered(String verb, int replyCode) {
        commands.of(verb, replyCode).increment();
    }

    @Override
    public void messageReceived(long octets, Reply reply, Duration time) {
        TransactionOutcome outcome = TransactionOutcome.of(reply);
        of(messageSizes, outcome).record((double) octets);
        of(messageTimes, outcome).record(time);
    }

    @Override
    public void transactionEnded(TransactionOutcome outcome, Duration time) {
        of(transactions, outcome).record(time);
    }

    @Override
    public void handlerAnswered(String question, Duration time) {
        handlerTimes.of(question).record(time);
    }

    @Override
    public void authSucceeded(String mechanism) {
        authSucceeded.of(mechanism).increment();
    }

    @Override
    public void authFailed(String mechanism, SaslFailure reason) {
        of(authFailed, reason).of(mechanism).increment();
    }

    @Override
    public void tlsEstablished(String protocol) {
        tlsEstablished.of(protocol).increment();
    }

    @Override
    public void tlsFailed() {
        tlsFailed.increment();
    }

    @Override
    public void limitHit(Limit limit) {
        of(limits, limit).increment();
    }

    @Override
    public void bytesInFlightChanged(long change) {
        bytesInFlight.add(change);
    }

    private static <K extends Enum<K>, M> M of(Map<K, M> meters, K constant) {
        return Objects.requireNonNull(meters.get(constant)); // there is one for each
    }
}
