package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.WireReply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A server and a consumer in processes of their own. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TwoNodesIT {

    private static final String MEGABYTE = ("0123456789abcdef".repeat(4) + "\r\n").repeat(15_888);

    private static Cluster cluster;
    private static NodeProcess server;
    private static NodeProcess consumer;
    private static int port;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        cluster = new Cluster(2);
        server = cluster.server(Duration.ofSeconds(5));
        consumer = cluster.consumer(directory.resolve("record"));
        port = server.port();
        consumer.await("ready");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void theConsumerOfAnotherProcessKnowsTheClientAndTheClientHasItsReply() {
        try (RawSmtpClient client = BusServer.client(port)) {
            BusServer.send(client, "hello");

            assertThat(client.expect(250).lines())
                    .startsWith(
                            "2.6.0 a@example.org",
                            "2.6.0 b@example.org",
                            "2.6.0 127.0.0.1",
                            "2.6.0 client.example.org",
                            "2.6.0 7 octets")
                    .hasSize(6);
        }
    }

    @Test
    void recipientsAreAskedForInAnotherProcess() {
        try (RawSmtpClient client = BusServer.client(port)) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            assertThat(client.command("RCPT TO:<nobody@example.org>")
                            .expect(550)
                            .lines())
                    .containsExactly("5.1.1 no such user", "5.1.1 as client.example.org");
            client.command("RCPT TO:<b@example.org>").expect(250);
        }
    }

    @Test
    void aMessageAsLargeAsTheMemoryOfBothComesWhole() {
        MessageDigest digest = ClusterNode.sha256();
        byte[] megabyte = MEGABYTE.getBytes(StandardCharsets.US_ASCII);
        int count = 64;
        try (RawSmtpClient client = BusServer.client(port).setTimeout(Duration.ofSeconds(60))) {
            BusServer.begin(client);
            for (int i = 0; i < count; i++) {
                client.send(megabyte);
                digest.update(megabyte);
            }

            WireReply reply = client.send(".\r\n").expect(250);

            assertThat(reply.lines())
                    .contains(
                            "2.6.0 " + (long) count * megabyte.length + " octets",
                            "2.6.0 " + HexFormat.of().formatHex(digest.digest()));
        }
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aClientThatGoesAwayFailsTheBodyInTheOtherProcess() throws InterruptedException {
        try (RawSmtpClient client = BusServer.client(port)) {
            BusServer.begin(client, "vanishing@example.org");
            client.send(MEGABYTE);
            consumer.await("begun vanishing@example.org");
            client.reset();
        }
        assertThat(consumer.await(" vanishing@example.org"))
                .isEqualTo("failed vanishing@example.org MessageAbortedException");
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aServerThatIsKilledFailsTheBodyWhichNeverEnds() throws InterruptedException {
        try (RawSmtpClient client = BusServer.client(port)) {
            BusServer.begin(client, "orphan@example.org");
            client.send(MEGABYTE);
            consumer.await("begun orphan@example.org");
            server.kill();
        }
        assertThat(consumer.await(" orphan@example.org"))
                .isEqualTo("failed orphan@example.org MessageAbortedException");
    }
}
