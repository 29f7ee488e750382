package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many connections there may be, over all that listen on one address. */
class ConnectionLimitSocketTest extends SocketTestBase {

    private static final int INSTANCES = 3;

    private final Queue<SmtpServerVerticle> verticles = new ConcurrentLinkedQueue<>();

    private int deploy(SmtpServerOptions options) throws Exception {
        await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle = new SmtpServerVerticle(new SmtpHandler() {}, options.setPort(-1));
                    verticles.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(INSTANCES)));
        return verticles.element().server().actualPort();
    }

    private int connections() {
        return verticles.stream()
                .mapToInt(verticle -> verticle.server().connections())
                .sum();
    }

    private void assertRefusesTheFifth(int port) throws Exception {
        WireClient first = connected(port);
        expect(first.reply(), "220");
        for (int i = 1; i < 4; i++) {
            expect(connected(port).reply(), "220");
        }
        assertThat(connections()).isEqualTo(4);
        assertThat(connected(port).readToEnd()).isEqualTo(Replies.TOO_MANY_CONNECTIONS + "\r\n");
        // the reply reaches also a client that has spoken before it reads
        assertThat(connected(port).send("EHLO client.example\r\n").reply())
                .isEqualTo(Replies.TOO_MANY_CONNECTIONS.toString());
        first.send("QUIT\r\n").readToEnd();
        awaitTrue("the first is still counted", () -> connections() == 3);
        expect(connected(port).reply(), "220");
    }

    @Test
    void allInstancesOfAVerticleTogetherTakeNoMoreThanTheyMay() throws Exception {
        assertRefusesTheFifth(deploy(options().setMaxConnections(4)));
    }

    @Test
    void allInstancesOfAVerticleTogetherTakeNoMoreOfOneAddressThanTheyMay() throws Exception {
        assertRefusesTheFifth(deploy(options().setMaxConnectionsPerIp(4)));
    }

    @Test
    void serversOnDifferentPortsDoNotCountForEachOther() throws Exception {
        SmtpServerOptions one = options().setMaxConnections(1);
        SmtpServer first = listen(new SmtpHandler() {}, one);
        SmtpServer second = listen(new SmtpHandler() {}, one);
        greeted(first);
        greeted(second);
        assertThat(connected(first).readToEnd()).isEqualTo(Replies.TOO_MANY_CONNECTIONS + "\r\n");
    }

    @Test
    void theClientsOfAUnixSocketAreCountedAsOneAddress(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("s");
        listen(new SmtpHandler() {}, options().setUnixSocket(path.toString()).setMaxConnectionsPerIp(2));
        for (int i = 0; i < 2; i++) {
            expect(connected(path).reply(), "220");
        }
        assertThat(connected(path).readToEnd()).isEqualTo(Replies.TOO_MANY_CONNECTIONS + "\r\n");
    }

    @Test
    void clientsThatHaveNotShakenHandsAreCounted(@TempDir Path directory) throws Exception {
        Keys keys = Keys.of(directory, "mx.example");
        SmtpServer server = listen(
                new SmtpHandler() {},
                options()
                        .setTls(keys.server())
                        .setImplicitTls(true)
                        .setMaxConnections(3)
                        .setMaxConnectionsPerIp(2));
        WireClient first = connected(server);
        connected(server).send(new byte[] {0x16, 0x03, 0x01});
        awaitTrue("they have not come", () -> server.connections() == 2);
        // one more is told nothing, as it expects TLS
        assertThat(connected(server).isCut()).isTrue();
        first.close();
        awaitTrue("the first is still counted", () -> server.connections() == 1);
        expect(connected(server).startTls(Keys.client()).reply(), "220");
    }

    @Test
    void aThousandServersThatCameAndWentLeaveNothingBehind() throws Exception {
        for (int i = 1; i <= 1_000; i++) {
            // each negative number is another port
            SmtpServer server = listen(new SmtpHandler() {}, options().setPort(-i));
            assertThat(ListeningAddress.count(vertx)).isOne();
            await(server.close());
        }
        assertThat(ListeningAddress.count(vertx)).isZero();
    }

    @Test
    void aServerThatCannotListenLeavesNothingBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            SmtpServerOptions options = options().setPort(taken.getLocalPort());
            assertThatThrownBy(() -> listen(new SmtpHandler() {}, options)).hasRootCauseInstanceOf(IOException.class);
        }
        assertThat(ListeningAddress.count(vertx)).isZero();
    }
}
