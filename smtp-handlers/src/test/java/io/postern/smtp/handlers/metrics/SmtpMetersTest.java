package io.postern.smtp.handlers.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.postern.smtp.Envelope;
import io.postern.smtp.Limit;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslFailure;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestCertificate;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The meters of servers that clients talk to over sockets. */
class SmtpMetersTest {

    private static final String MESSAGE = "Subject: hi\r\n\r\nhello\r\n";

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final Vertx vertx = Vertx.vertx();
    private final SmtpServerOptions options =
            new SmtpServerOptions().setHostName("mx.example.test").setAuthFailureDelay(Duration.ZERO);

    @AfterEach
    void stopVertx() {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    private static String plain(String password) {
        return Base64.getEncoder().encodeToString(("\0anne\0" + password).getBytes(StandardCharsets.US_ASCII));
    }

    private SmtpServer serve() {
        return serve(new SinkHandler());
    }

    private SmtpServer serve(SmtpHandler handler) {
        Authenticator<Credentials.Password> authenticator = (credentials, context) -> Future.succeededFuture(
                credentials.password().equals("good") ? Optional.of(Identity.of("anne")) : Optional.empty());
        SmtpServer server = SmtpServer.create(vertx, handler, options).setMetrics(new SmtpMeters(registry));
        SaslMechanism.passwords(authenticator).forEach(server::addMechanism);
        return await(server.listen(0, "127.0.0.1"));
    }

    private static RawSmtpClient client(SmtpServer server) {
        RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", server.actualPort());
        client.expect(220);
        client.command("EHLO client.example").expect(250);
        return client;
    }

    private static void send(RawSmtpClient client) {
        client.command("MAIL FROM:<a@example.org>").expect(250);
        client.command("RCPT TO:<b@example.com>").expect(250);
        client.command("DATA").expect(354);
        client.send(MESSAGE + ".\r\n").expect(250);
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    @Test
    void connectionsAreCountedWhileTheyAreOpenAndForEver() {
        options.setMaxConnections(2);
        SmtpServer server = serve();
        try (RawSmtpClient one = client(server);
                RawSmtpClient two = client(server);
                RawSmtpClient refused = RawSmtpClient.connect("127.0.0.1", server.actualPort())) {
            refused.expect(421);
            assertThat(gauge("smtp.server.connections.active")).isEqualTo(2);
            assertThat(count("smtp.server.connections.opened")).isEqualTo(2);
            assertThat(count("smtp.server.connections.refused")).isEqualTo(1);
            assertThat(count("smtp.server.limits", "limit", "connections")).isEqualTo(1);
            one.command("QUIT").expect(221);
            two.command("QUIT").expect(221);
        }
        await(server.shutdown(Duration.ofSeconds(20)));
        assertThat(gauge("smtp.server.connections.active")).isZero();
        assertThat(count("smtp.server.connections.opened")).isEqualTo(2);
    }

    @Test
    void commandsAreCountedByVerbAndCode() {
        SmtpServer server = serve();
        try (RawSmtpClient client = client(server)) {
            send(client);
            client.command("RCPT TO:<b@example.com>").expect(503);
            client.command("noop").expect(250);
            client.command("NOOP").expect(250);
            for (String unknown : List.of("ONE", "TWO", "THREE")) {
                client.command(unknown).expect(500);
            }
            assertThat(count("smtp.server.commands", "verb", "EHLO", "code", "250"))
                    .isEqualTo(1);
            assertThat(count("smtp.server.commands", "verb", "RCPT", "code", "250"))
                    .isEqualTo(1);
            assertThat(count("smtp.server.commands", "verb", "RCPT", "code", "503"))
                    .isEqualTo(1);
            assertThat(count("smtp.server.commands", "verb", "DATA", "code", "354"))
                    .isEqualTo(1);
            assertThat(count("smtp.server.commands", "verb", "NOOP", "code", "250"))
                    .isEqualTo(2);
            assertThat(count("smtp.server.commands", "verb", "other", "code", "500"))
                    .isEqualTo(3);
        }
    }

    @Test
    void messagesTransactionsAndHandlersAreMeasured() {
        SmtpServer server = serve();
        try (RawSmtpClient client = client(server)) {
            send(client);
            send(client);
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RSET").expect(250);
            var sizes = registry.get("smtp.server.message.size")
                    .tag("outcome", "accepted")
                    .summary();
            assertThat(sizes.count()).isEqualTo(2);
            assertThat(sizes.totalAmount()).isEqualTo(2 * MESSAGE.length());
            assertThat(sizes.getId().getBaseUnit()).isEqualTo("bytes");
            assertThat(timerCount("smtp.server.message.duration", "outcome", "accepted"))
                    .isEqualTo(2);
            assertThat(timerCount("smtp.server.transaction.duration", "outcome", "accepted"))
                    .isEqualTo(2);
            assertThat(timerCount("smtp.server.transaction.duration", "outcome", "reset"))
                    .isEqualTo(1);
            assertThat(timerCount("smtp.server.handler.duration", "question", "MAIL"))
                    .isEqualTo(3);
            assertThat(timerCount("smtp.server.handler.duration", "question", "DATA"))
                    .isEqualTo(2);
            assertThat(registry.get("smtp.server.transaction.duration")
                            .tag("outcome", "accepted")
                            .timer()
                            .totalTime(TimeUnit.NANOSECONDS))
                    .isPositive();
        }
    }

    private long timerCount(String name, String... tags) {
        return registry.get(name).tags(tags).timer().count();
    }

    @Test
    void bytesAreInFlightUntilTheirMessageIsAnswered() {
        AtomicReference<Double> atTheEnd = new AtomicReference<>();
        SmtpServer server = serve(new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.endHandler(end -> {
                    atTheEnd.set(gauge("smtp.server.bytes.in.flight"));
                    answer.complete(Replies.MESSAGE_ACCEPTED);
                });
                body.handler(content -> {});
                return answer.future();
            }
        });
        try (RawSmtpClient client = client(server)) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.com>").expect(250);
            client.send("BDAT 6\r\nabcd\r\n").expect(250);
            client.send("BDAT 0 LAST\r\n").expect(250);
        }
        await(server.shutdown(Duration.ofSeconds(20)));
        assertThat(atTheEnd).hasValue(6.0);
        assertThat(gauge("smtp.server.bytes.in.flight")).isZero();
    }

    @Test
    void loginsAreCountedByMechanismAndOutcome() {
        options.setAuthRequireTls(false);
        SmtpServer server = serve();
        try (RawSmtpClient client = client(server)) {
            client.command("AUTH PLAIN " + plain("bad")).expect(535);
            client.command("AUTH PLAIN AA==").expect(501);
            client.command("AUTH PLAIN " + plain("good")).expect(235);
            String name = "smtp.server.auth";
            assertThat(count(name, "mechanism", "PLAIN", "outcome", "credentials_invalid"))
                    .isEqualTo(1);
            assertThat(count(name, "mechanism", "PLAIN", "outcome", "malformed"))
                    .isEqualTo(1);
            assertThat(count(name, "mechanism", "PLAIN", "outcome", "succeeded"))
                    .isEqualTo(1);
        }
    }

    @Test
    void handshakesAreCountedByProtocolAndOutcome() {
        TestCertificate certificate = TestCertificate.create();
        options.setTls(certificate.serverOptions()).setImplicitTls(true);
        SmtpServer server = serve();
        String protocol;
        try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", server.actualPort())) {
            protocol = client.startTls(certificate.sslContext()).getProtocol();
            client.expect(220);
        }
        try (RawSmtpClient broken = RawSmtpClient.connect("127.0.0.1", server.actualPort())) {
            broken.send("this is no handshake\r\n");
            broken.readToEnd();
        }
        await(server.shutdown(Duration.ofSeconds(20)));
        assertThat(count("smtp.server.tls", "protocol", protocol, "outcome", "established"))
                .isEqualTo(1);
        assertThat(count("smtp.server.tls", "protocol", "none", "outcome", "failed"))
                .isEqualTo(1);
    }

    @Test
    void everyLimitHasACounterFromTheBeginning() {
        new SmtpMeters(registry);
        for (Limit limit : Limit.values()) {
            assertThat(count("smtp.server.limits", "limit", limit.name().toLowerCase(java.util.Locale.ROOT)))
                    .isZero();
        }
    }

    @Test
    void tagsOfItsOwnTellTheMetersOfTwoServersApart() {
        new SmtpMeters(registry, List.of(Tag.of("server", "mx"))).connectionOpened();
        new SmtpMeters(registry, List.of(Tag.of("server", "submission"))).connectionOpened();
        assertThat(count("smtp.server.connections.opened", "server", "mx")).isEqualTo(1);
        assertThat(registry.get("smtp.server.connections.active").gauges()).hasSize(2);
        assertThat(registry.getMeters())
                .isNotEmpty()
                .allSatisfy(meter -> assertThat(meter.getId().getTag("server")).isNotNull());
    }

    @Test
    void theInstancesOfAVerticleCanShareThem() {
        SmtpMeters meters = new SmtpMeters(registry);
        options.setHost("127.0.0.1").setPort(-1);
        SmtpServerVerticle[] verticles = new SmtpServerVerticle[2];
        AtomicInteger made = new AtomicInteger();
        await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new SmtpServerVerticle(new SinkHandler(), options).setMetrics(meters);
                    verticles[made.getAndIncrement()] = verticle;
                    return verticle;
                },
                new DeploymentOptions().setInstances(2)));
        for (int message = 0; message < 4; message++) {
            try (RawSmtpClient client = client(verticles[0].server())) {
                send(client);
            }
        }
        assertThat(timerCount("smtp.server.transaction.duration", "outcome", "accepted"))
                .isEqualTo(4);
    }

    @Test
    void whateverIsHandedOverTheNumberOfMetersIsBounded() {
        SmtpMeters meters = new SmtpMeters(registry);
        for (int i = 0; i < 10_000; i++) {
            meters.commandAnswered("VERB" + i, 250);
            meters.handlerAnswered("VERB" + i, Duration.ZERO);
            meters.authSucceeded("MECHANISM" + i);
            meters.authFailed("MECHANISM" + i, SaslFailure.MALFORMED);
            meters.tlsEstablished("TLSv" + i);
        }
        for (int code = -10; code < 10_000; code++) {
            meters.commandAnswered("NOOP", code);
        }
        assertThat(registry.find("smtp.server.commands").counters()).hasSizeLessThanOrEqualTo(65 + 400);
        assertThat(registry.find("smtp.server.handler.duration").timers()).hasSize(65);
        assertThat(registry.find("smtp.server.auth").counters()).hasSize(2 * 65);
        assertThat(count("smtp.server.auth", "mechanism", "other", "outcome", "malformed"))
                .isEqualTo(10_000 - 64);
        double commands = registry.find("smtp.server.commands").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
        assertThat(commands).isEqualTo(20_010); // none is lost
    }

    @Test
    void namesFollowTheConventionsOfMicrometer() {
        new SmtpMeters(registry);
        assertThat(registry.getMeters()).extracting(Meter::getId).allSatisfy(id -> {
            assertThat(id.getName()).matches("smtp\\.server(\\.[a-z]+)+");
            assertThat(id.getDescription()).isNotBlank();
            assertThat(id.getTags()).allSatisfy(tag -> assertThat(tag.getKey()).matches("[a-z]+"));
        });
    }
}
