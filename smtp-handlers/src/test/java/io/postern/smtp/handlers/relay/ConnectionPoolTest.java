package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.await;
import static io.postern.smtp.handlers.relay.RelayFixture.client;
import static io.postern.smtp.handlers.relay.RelayFixture.dataTo;
import static io.postern.smtp.handlers.relay.RelayFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Session;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The connections to the next hop, counted there. */
class ConnectionPoolTest {

    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final RelayFixture fixture = new RelayFixture();
    private final Semaphore ended = new Semaphore(0);
    private final RecordingHandler hop = new RecordingHandler() {
        @Override
        public void handleDisconnect(Session session) {
            super.handleDisconnect(session);
            ended.release();
        }
    };

    @AfterEach
    void stop() {
        fixture.close();
    }

    private long events(String verb) {
        return hop.events().stream().filter(event -> event.startsWith(verb)).count();
    }

    private static void deliver(int port) {
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
    }

    private void awaitEnds(int count) throws InterruptedException {
        assertThat(ended.tryAcquire(count, SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void oneConnectionServesMessagesOneAfterTheOther() {
        int port = fixture.front(to(fixture.hop(hop)));
        for (int i = 0; i < 5; i++) {
            deliver(port);
        }
        assertThat(events("CONNECT")).isEqualTo(1);
        assertThat(events("EHLO")).isEqualTo(1);
        assertThat(hop.messages()).hasSize(5);
    }

    @Test
    void aConnectionIsGivenUpAfterSoManyMessages() throws InterruptedException {
        int port = fixture.front(to(fixture.hop(hop)).setMaxMessagesPerConnection(2));
        for (int i = 0; i < 4; i++) {
            deliver(port);
        }
        awaitEnds(2);
        assertThat(events("CONNECT")).isEqualTo(2);
        assertThat(events("QUIT")).isEqualTo(2);
    }

    @Test
    void aConnectionThatNobodyUsesIsEndedWithQuit() throws InterruptedException {
        int port = fixture.front(to(fixture.hop(hop)).setIdleTimeout(Duration.ofMillis(50)));
        deliver(port);
        awaitEnds(1);
        assertThat(events("QUIT")).isEqualTo(1);
        deliver(port);
        assertThat(events("CONNECT")).isEqualTo(2);
    }

    @Test
    void aTransactionThatIsResetLeavesTheConnectionForOthers() {
        int port = fixture.front(to(fixture.hop(hop)).setMaxConnections(1));
        try (RawSmtpClient client = client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.command("RSET").expect(250);
            deliver(port);
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
            client.command("EHLO again.example.test").expect(250);
            deliver(port);
            client.command("MAIL FROM:<from@example.test>").expect(250);
            client.command("RCPT TO:<to@example.test>").expect(250);
        }
        deliver(port); // after the client has gone
        assertThat(events("CONNECT")).isEqualTo(1);
        assertThat(events("RSET")).isEqualTo(3);
    }

    @Test
    void aSessionWithoutARecipientTakesNoConnection() {
        RelayHandler relay = fixture.relay(to(fixture.hop(hop)));
        try (RawSmtpClient client = client(fixture.front(relay, new SmtpServerOptions()))) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(relay.client().connections()).isZero();
        }
    }

    @Test
    void whoFindsNoConnectionFreeInTimeIsToldToComeAgain() {
        RelayHandler relay =
                fixture.relay(to(fixture.hop(hop)).setMaxConnections(1).setAcquireTimeout(SHORT));
        int port = fixture.front(relay, new SmtpServerOptions());
        try (RawSmtpClient holder = dataTo(port);
                RawSmtpClient other = client(port)) {
            other.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(other.command("RCPT TO:<to@example.test>").expect(451).text())
                    .startsWith("4.4.5 ");
            assertThat(relay.client().connections()).isEqualTo(1);
            holder.send("A: b\r\n\r\n.\r\n").expect(250);
            other.command("RCPT TO:<to@example.test>").expect(250);
        }
    }

    @Test
    void whoWaitsGetsTheConnectionThatIsGivenBack() {
        int port = fixture.front(to(fixture.hop(hop)).setMaxConnections(1));
        try (RawSmtpClient holder = dataTo(port);
                RawSmtpClient other = client(port)) {
            other.send("MAIL FROM:<from@example.test>\r\nRCPT TO:<to@example.test>\r\n")
                    .expect(250);
            holder.send("A: b\r\n\r\n.\r\n").expect(250);
            other.expect(250);
        }
        assertThat(events("CONNECT")).isEqualTo(1);
    }

    @Test
    void noMoreWaitThanMay() {
        int port = fixture.front(to(fixture.hop(hop)).setMaxConnections(1).setMaxWaiting(0));
        try (RawSmtpClient holder = dataTo(port);
                RawSmtpClient other = client(port)) {
            other.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(other.command("RCPT TO:<to@example.test>").expect(451).text())
                    .startsWith("4.4.5 ");
            holder.send("A: b\r\n\r\n.\r\n").expect(250);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ThreadingModel.class,
            names = {"EVENT_LOOP", "WORKER"})
    void manySessionsOfManyEventLoopsShareTheConnections(ThreadingModel model) throws Exception {
        RelayHandler relay = fixture.relay(to(fixture.hop(hop)).setMaxConnections(3));
        SmtpServerOptions options = new SmtpServerOptions().setHost("127.0.0.1").setPort(-1);
        List<SmtpServerVerticle> deployed = new CopyOnWriteArrayList<>();
        await(fixture.vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new SmtpServerVerticle(relay, options);
                    deployed.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(3).setThreadingModel(model)));
        int port = deployed.get(0).server().actualPort();
        int clients = 12;
        int messages = 10;
        CountDownLatch done = new CountDownLatch(clients);
        IntStream.range(0, clients)
                .forEach(i -> new Thread(() -> {
                            for (int m = 0; m < messages; m++) {
                                deliver(port);
                            }
                            done.countDown();
                        })
                        .start());
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(hop.messages()).hasSize(clients * messages);
        assertThat(events("CONNECT")).isLessThanOrEqualTo(3);
    }

    @Test
    void closingEndsTheConnectionsWithQuitWhenTheirTransactionsAreOver() throws InterruptedException {
        RelayHandler relay = fixture.relay(to(fixture.hop(hop)));
        int port = fixture.front(relay, new SmtpServerOptions());
        try (RawSmtpClient client = dataTo(port)) {
            deliver(port);
            Future<Void> closed = relay.close();
            awaitEnds(1); // the one that nobody used
            assertThat(closed.isComplete()).isFalse();
            client.send("A: b\r\n\r\n.\r\n").expect(250);
            await(closed);
            assertThat(events("QUIT")).isEqualTo(2);
            assertThat(relay.client().connections()).isZero();
            client.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(client.command("RCPT TO:<to@example.test>").expect(451).text())
                    .startsWith("4.3.2 ");
        }
    }
}
