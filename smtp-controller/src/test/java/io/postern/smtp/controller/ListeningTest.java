package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a controller listens, on each transport. */
class ListeningTest {

    private static final int INSTANCES = 3;

    @TempDir
    private Path directory;

    static List<TransportChoice> transports() {
        return Transports.available().toList();
    }

    private SmtpServerOptions unix() {
        return SmtpControllerTest.options()
                .setUnixSocket(directory.resolve("smtp.sock").toString());
    }

    private static SmtpController controller(
            SmtpHandler handler, SmtpServerOptions options, TransportChoice transport) {
        return SmtpControllerTest.patient(SmtpController.create(handler, options))
                .transport(transport);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aUnixSocketIsServedAndItsFileRemovedAtTheStop(TransportChoice transport) throws Exception {
        Recording handler = new Recording();
        try (SmtpController controller = controller(handler, unix(), transport)) {
            for (int i = 0; i < 2; i++) {
                controller.start();
                assertThat(controller.address())
                        .isEqualTo(SocketAddress.domainSocketAddress(
                                directory.resolve("smtp.sock").toString()));
                try (Client client = new Client(controller)) {
                    assertThat(client.line()).isEqualTo("220 mx.example.org ESMTP Postern");
                    client.send("EHLO a", "MAIL FROM:<a@b.c>", "RCPT TO:<d@e.f>", "DATA");
                    for (String code : new String[] {"250", "250", "250", "354"}) {
                        assertThat(client.code()).isEqualTo(code);
                    }
                    assertThat(client.send("Hi", ".").code()).isEqualTo("250");
                }
                controller.stop();
                assertThat(directory).isEmptyDirectory();
            }
        }
        assertThat(handler.messages).containsExactly("Hi\r\n", "Hi\r\n");
    }

    @Test
    void aUnixSocketHasNeitherHostNorPort() {
        SmtpController controller = SmtpController.create(new Recording(), unix());
        assertThat(controller.address().path()).endsWith("smtp.sock");
        assertThatThrownBy(controller::host)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the Unix socket " + controller.address() + " has neither host nor port");
        assertThatThrownBy(controller::port).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void allInstancesShareTheFreePortThatIsFoundForPort0(TransportChoice transport) throws Exception {
        assertShared(SmtpControllerTest.options(), transport);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void allInstancesShareANamedPort(TransportChoice transport) throws Exception {
        int free;
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = other.getLocalPort();
        }
        assertShared(SmtpControllerTest.options().setPort(free), transport);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void allInstancesShareAUnixSocket(TransportChoice transport) throws Exception {
        assertShared(unix(), transport);
        assertThat(directory).isEmptyDirectory();
    }

    private static void assertShared(SmtpServerOptions options, TransportChoice transport) throws IOException {
        Threads threads = new Threads();
        try (SmtpController controller = controller(threads, options, transport)) {
            controller.deploymentOptions(new DeploymentOptions().setInstances(INSTANCES));
            for (int round = 0; round < 2; round++) {
                controller.start();
                threads.names.clear();
                for (int i = 0; i < 2 * INSTANCES; i++) {
                    try (Client client = new Client(controller)) {
                        assertThat(client.code()).isEqualTo("220");
                    }
                }
                assertThat(threads.names).hasSize(INSTANCES);
                SocketAddress address = controller.address();
                controller.stop();
                assertThatThrownBy(() -> new Client(address)).isInstanceOf(IOException.class);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void withoutAHostTheLoopbackThatWasFoundIsTold(TransportChoice transport) throws Exception {
        try (SmtpController controller =
                controller(new Recording(), SmtpControllerTest.options().setHost(null), transport)) {
            assertThat(controller.host()).isEqualTo("localhost");
            controller.start();
            assertThat(controller.host()).isEqualTo(hasIpV6() ? "::1" : "127.0.0.1");
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void localhostIsServedOnBothFamiliesWithOnePort(TransportChoice transport) throws Exception {
        assertBothFamiliesAreServed("localhost", transport);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void theEmptyHostIsServedOnBothFamiliesWithOnePort(TransportChoice transport) throws Exception {
        assertBothFamiliesAreServed("", transport);
    }

    private static void assertBothFamiliesAreServed(String host, TransportChoice transport) throws Exception {
        Threads threads = new Threads();
        try (SmtpController controller =
                controller(threads, SmtpControllerTest.options().setHost(host), transport)) {
            controller.deploymentOptions(new DeploymentOptions().setInstances(2));
            controller.start();
            assertThat(controller.host()).isEqualTo("localhost");
            for (String family : hasIpV6() ? List.of("127.0.0.1", "::1") : List.of("127.0.0.1")) {
                threads.names.clear();
                for (int i = 0; i < 4; i++) {
                    try (Client client = new Client(SocketAddress.inetSocketAddress(controller.port(), family))) {
                        assertThat(client.code()).isEqualTo("220");
                    }
                }
                assertThat(threads.names).as(family).hasSize(2);
            }
        }
    }

    private static boolean hasIpV6() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .anyMatch(address -> address instanceof Inet6Address && address.isLoopbackAddress());
    }

    @Test
    void controllersThatShareAVertxShareNoPort() throws Exception {
        try (OwnVertx own = new OwnVertx(TransportChoice.NIO)) {
            Threads one = new Threads();
            Threads other = new Threads();
            EmbeddedSmtpController first =
                    EmbeddedSmtpController.create(own.vertx(), one, SmtpControllerTest.options());
            EmbeddedSmtpController second =
                    EmbeddedSmtpController.create(own.vertx(), other, SmtpControllerTest.options());
            OwnVertx.await(first.deploymentOptions(new DeploymentOptions().setInstances(2))
                    .begin());
            OwnVertx.await(second.deploymentOptions(new DeploymentOptions().setInstances(2))
                    .begin());
            assertThat(first.port()).isNotEqualTo(second.port());
            for (int i = 0; i < 4; i++) {
                try (Client client = new Client(first)) {
                    assertThat(client.code()).isEqualTo("220");
                }
            }
            assertThat(one.names).hasSize(2);
            assertThat(other.names).isEmpty();
        }
    }

    @Test
    void handlersMayRunOnWorkers() throws Exception {
        Threads threads = new Threads();
        try (SmtpController controller = controller(threads, SmtpControllerTest.options(), TransportChoice.AUTO)) {
            controller.deploymentOptions(new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER));
            controller.start();
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
        assertThat(threads.names).singleElement().asString().contains("worker");
    }

    @Test
    void aNegativePortIsAnyFreeOne() throws Exception {
        try (SmtpController controller =
                controller(new Recording(), SmtpControllerTest.options().setPort(-1), TransportChoice.AUTO)) {
            assertThat(controller.port()).isZero();
            controller.start();
            assertThat(controller.port()).isPositive();
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
    }

    @Test
    void aConfigurationOfTheDeploymentIsRefused() {
        DeploymentOptions configured = new DeploymentOptions().setConfig(new JsonObject().put("port", 25));
        SmtpController controller = SmtpController.create(new Recording(), SmtpControllerTest.options());
        assertThatThrownBy(() -> controller.deploymentOptions(configured))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SmtpServerOptions");
    }

    /** On which threads connections were served. */
    private static final class Threads implements SmtpHandler {

        private final Set<String> names = ConcurrentHashMap.newKeySet();

        @Override
        public Future<Reply> handleConnect(Session session) {
            names.add(Thread.currentThread().getName());
            return SmtpHandler.super.handleConnect(session);
        }
    }
}
