package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.handlers.eventbus.EventBusConsumer;
import io.postern.smtp.handlers.eventbus.EventBusHandlerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jar as a node of a cluster. */
@Timeout(120)
class PosternEventBusIT {

    private static final String LOOPBACK = "127.0.0.1";
    private static final String ANY_PORT = LOOPBACK + ":0";

    @Test
    void messagesGoToAConsumerOnAnotherNode() throws Exception {
        String cluster = "test-" + UUID.randomUUID();
        int own = freePort();
        int other = freePort();
        Vertx vertx = await(node(cluster, own, other));
        try (PosternProcess postern = PosternProcess.run(
                "-l",
                ANY_PORT,
                "--cluster-name",
                cluster,
                "--cluster-host",
                LOOPBACK + ":" + other,
                "--cluster-member",
                LOOPBACK + ":" + own,
                "eventbus",
                "mail",
                "recipients")) {
            await(EventBusConsumer.registerRecipients(
                    vertx,
                    "recipients",
                    question -> Future.succeededFuture(
                            question.recipient().mailbox().localPart().equals("nobody")
                                    ? Reply.of(550, "5.1.1", "no such user")
                                    : Replies.RECIPIENT_OK)));
            EventBusConsumer consumer = await(EventBusConsumer.register(vertx, "mail", (envelope, body) -> {
                body.handler(part -> {});
                return Future.succeededFuture(Reply.of(250, "2.6.0", "taken from " + envelope.mailFrom()));
            }));

            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                client.command("MAIL FROM:<a@example.org>").expect(250);
                client.command("RCPT TO:<nobody@example.org>").expect(550);
                client.command("RCPT TO:<b@example.org>").expect(250);
                client.command("DATA").expect(354);
                assertThat(client.send("hello\r\n.\r\n").expect(250).text())
                        .isEqualTo("2.6.0 taken from a@example.org");

                await(consumer.close());
                // the other node may learn of that late, and then waits for an answer for as long as it is told to
                client.setTimeout(EventBusHandlerOptions.DEFAULT_TIMEOUT.plusSeconds(20));
                client.command("MAIL FROM:<a@example.org>").expect(250);
                client.command("RCPT TO:<b@example.org>").expect(250);
                client.command("DATA").expect(354);
                client.send("hello\r\n.\r\n").expect(451);
            }
            postern.terminate();

            assertThat(postern.awaitExit()).isZero();
            // JDK 24 and later warn of what Hazelcast does to memory; their lines begin with the word, ours with the
            // time
            assertThat(postern.errors().lines().filter(line -> !line.startsWith("WARNING: ")))
                    .singleElement()
                    .asString()
                    .contains("has no answer to message", "from mail");
        } finally {
            await(vertx.close());
        }
    }

    private static Future<Vertx> node(String cluster, int own, int other) {
        Config config = ConfigUtil.loadConfig();
        config.setClusterName(cluster);
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.getNetworkConfig().setPort(own).setPortAutoIncrement(false);
        config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface(LOOPBACK);
        config.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
        config.getNetworkConfig()
                .getJoin()
                .getTcpIpConfig()
                .setEnabled(true)
                .addMember(LOOPBACK + ":" + own)
                .addMember(LOOPBACK + ":" + other);
        return Vertx.builder()
                .with(new VertxOptions().setEventBusOptions(new EventBusOptions().setHost(LOOPBACK)))
                .withClusterManager(new HazelcastClusterManager(config))
                .buildClustered();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void aNodeThatCannotBeIsToldInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                PosternProcess postern = PosternProcess.run(
                        "-l", ANY_PORT, "--cluster-host", LOOPBACK + ":" + taken.getLocalPort(), "eventbus", "mail")) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            // JDK 24 and later warn of what Hazelcast does to memory; their lines begin with the word, ours with the
            // time
            assertThat(postern.errors().lines().filter(line -> !line.startsWith("WARNING: ")))
                    .singleElement()
                    .asString()
                    .startsWith("postern: cannot join cluster dev from " + LOOPBACK + ":" + taken.getLocalPort());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eventbus | handler eventbus takes an address",
                "eventbus a b c | handler eventbus takes an address",
                "eventbus mail | handler eventbus needs --cluster-host",
                "--cluster-name x sink | --cluster-name needs --cluster-host",
                "--cluster-member x sink | --cluster-member needs --cluster-host",
                "--cluster-host a:b:c eventbus mail | --cluster-host a:b:c: expected HOST, HOST:PORT or [IPV6]:PORT",
                "--cluster-host x --cluster-member y:0 eventbus mail | --cluster-member y:0: port is 0",
            })
    void aMistakeInTheOptionsIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors().lines()).singleElement().asString().startsWith("postern: " + message);
        }
    }
}
