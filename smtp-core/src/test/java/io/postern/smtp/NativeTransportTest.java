package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The classes of a native transport and its library must be of one Netty version. A mismatch says that it is available
 * and shows only where an error has to be told, so this goes down such a road.
 */
class NativeTransportTest {
    @Test
    void connectingToAMissingUnixSocketFailsAsInputOutput(@TempDir Path directory) throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "epoll is Linux only");
        assertThat(Transport.EPOLL).as("epoll's classes").isNotNull();
        assertThat(Transport.EPOLL.unavailabilityCause()).as("epoll's library").isNull();

        Vertx vertx = Vertx.builder().withTransport(Transport.EPOLL).build();
        NetClient client = vertx.createNetClient();
        try {
            SocketAddress nobody = SocketAddress.domainSocketAddress(
                    directory.resolve("nobody").toString());
            assertThatThrownBy(() -> client.connect(nobody)
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }
}
