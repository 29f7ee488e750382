package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server and two consumers in processes of their own, one of which is killed while both have work. */
class ConsumerDiesIT {

    private static final int CLIENTS = 4;
    private static final int MESSAGES_BEFORE = 100;
    private static final int MESSAGES_AFTER = 200;

    /** How many messages in a row make us believe that the cluster has got over it. */
    private static final int RECOVERED = 20;

    /** What clients read, by the line that they sent. */
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

    private final Set<Integer> refusals = ConcurrentHashMap.newKeySet();
    private final CountDownLatch underLoad = new CountDownLatch(MESSAGES_BEFORE);
    private final CountDownLatch enough = new CountDownLatch(MESSAGES_BEFORE + MESSAGES_AFTER);

    @Test
    void whatWasAcknowledgedIsSafeAndTheRestMayComeAgain(@TempDir Path directory) throws Exception {
        Path first = directory.resolve("first");
        Path second = directory.resolve("second");
        Path third = directory.resolve("third");
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try (Cluster cluster = new Cluster(4)) {
            NodeProcess server = cluster.server(Duration.ofSeconds(2));
            NodeProcess doomed = cluster.consumer(first);
            NodeProcess other = cluster.consumer(second);
            int port = server.port();
            doomed.await("ready");
            other.await("ready");

            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                running.add(clients.submit(() -> send(port)));
            }
            assertThat(underLoad.await(60, TimeUnit.SECONDS)).as("under load").isTrue();
            doomed.kill();
            assertThat(enough.await(60, TimeUnit.SECONDS)).as("going on").isTrue();
            for (Future<?> client : running) {
                client.get(60, TimeUnit.SECONDS);
            }

            assertThat(Files.readAllLines(first)).isNotEmpty();
            Set<String> recorded = new HashSet<>(Files.readAllLines(first));
            recorded.addAll(Files.readAllLines(second));
            assertThat(recorded).containsAll(acknowledged);
            assertThat(refusals).isSubsetOf(451);

            awaitRecovery(port);

            NodeProcess replacement = cluster.consumer(third);
            replacement.await("ready");
            replacement.awaitWhile("begun", () -> sendOne(port));
            assertThat(refusals).isSubsetOf(451);
        } finally {
            clients.shutdownNow();
        }
    }

    private void send(int port) {
        while (enough.getCount() > 0) {
            sendOne(port);
        }
    }

    /** @return whether it was taken */
    private boolean sendOne(int port) {
        String line = UUID.randomUUID().toString();
        try (RawSmtpClient client = BusServer.client(port).setTimeout(Duration.ofSeconds(30))) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            int rcpt = client.command("RCPT TO:<b@example.org>").code();
            int code = rcpt == 250 ? message(client, line) : rcpt;
            if (code == 250) {
                acknowledged.add(line);
                underLoad.countDown();
                enough.countDown();
            } else {
                refusals.add(code);
            }
            return code == 250;
        }
    }

    private static int message(RawSmtpClient client, String line) {
        client.command("DATA").expect(354);
        return client.send(line + "\r\n.\r\n").readReply().code();
    }

    private void awaitRecovery(int port) {
        int inARow = 0;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (inARow < RECOVERED) {
            assertThat(System.nanoTime()).as("recovered in a minute").isLessThan(deadline);
            inARow = sendOne(port) ? inARow + 1 : 0;
        }
    }
}
