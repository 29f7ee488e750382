package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** On which addresses a server listens for the host of its options. */
class ListenSocketTest extends SocketTestBase {

    private static final SmtpHandler HANDLER = new SmtpHandler() {};

    private static void assumeBothFamilies() {
        for (String address : List.of("127.0.0.1", "::1")) {
            try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(address))) {
                assertThat(probe.isBound()).isTrue();
            } catch (IOException e) {
                Assumptions.abort("the machine has no " + address);
            }
        }
    }

    private static SmtpServerOptions on(String host) {
        return options().setHost(host);
    }

    private void expectGreeting(String address, int port) throws IOException {
        expect(connected(address, port).reply(), "220");
    }

    private void expectRefusal(String address, int port) {
        assertThatThrownBy(() -> connected(address, port))
                .as("%s port %d", address, port)
                .isInstanceOf(IOException.class);
    }

    private static boolean isTaken(String address, int port) throws IOException {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(address))) {
            return !probe.isBound();
        } catch (BindException taken) {
            return true;
        }
    }

    @Test
    void noHostIsTheLoopbackOfIpv6Alone() throws Exception {
        assumeBothFamilies();
        SmtpServer server = listen(HANDLER, on(null));
        assertThat(server.addresses()).containsExactly(SocketAddress.inetSocketAddress(server.actualPort(), "::1"));
        expectGreeting("::1", server.actualPort());
        expectRefusal("127.0.0.1", server.actualPort());
    }

    @Test
    void localhostIsTheLoopbackOfBothFamiliesOnOnePort() throws Exception {
        assumeBothFamilies();
        SmtpServer server = listen(HANDLER, on("localhost"));
        int port = server.actualPort();
        assertThat(port).isPositive();
        assertThat(server.addresses())
                .containsExactly(
                        SocketAddress.inetSocketAddress(port, "127.0.0.1"),
                        SocketAddress.inetSocketAddress(port, "::1"));
        expectGreeting("127.0.0.1", port);
        expectGreeting("::1", port);
        await(server.close());
        assertThat(server.addresses()).isEmpty();
        assertThat(server.actualPort()).isEqualTo(-1);
        awaitTrue("the port is kept", () -> isFree("127.0.0.1", port) && isFree("::1", port));
    }

    private static boolean isFree(String address, int port) {
        try {
            return !isTaken(address, port);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theEmptyHostIsEveryInterfaceForClientsOfBothFamilies() throws Exception {
        assumeBothFamilies();
        Queue<String> peers = new ConcurrentLinkedQueue<>();
        SmtpHandler noting = new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                peers.add(session.peer().hostAddress());
                return SmtpHandler.super.handleConnect(session);
            }
        };
        SmtpServer server = listen(noting, on(""));
        expectGreeting("127.0.0.1", server.actualPort());
        expectGreeting("::1", server.actualPort());
        assertThat(peers).containsExactly("127.0.0.1", "0:0:0:0:0:0:0:1");
    }

    @Test
    void anAddressIsItselfAlone() throws Exception {
        assumeBothFamilies();
        SmtpServer ipv4 = listen(HANDLER, on("127.0.0.1"));
        expectGreeting("127.0.0.1", ipv4.actualPort());
        expectRefusal("::1", ipv4.actualPort());
        SmtpServer ipv6 = listen(HANDLER, on("::1"));
        expectGreeting("::1", ipv6.actualPort());
        expectRefusal("127.0.0.1", ipv6.actualPort());
    }

    @Test
    void anAddressThatTheCallerGivesIsTheOnlyOne() throws Exception {
        assumeBothFamilies();
        SmtpServer server = SmtpServer.create(vertx, HANDLER, on("localhost"));
        await(server.listen(0, "::1"));
        assertThat(server.addresses()).containsExactly(SocketAddress.inetSocketAddress(server.actualPort(), "::1"));
        expectGreeting("::1", server.actualPort());
        expectRefusal("127.0.0.1", server.actualPort());
    }

    @Test
    void aNameThatTheResolverDoesNotKnowFailsTheListenWithTheName() {
        SmtpServer server = SmtpServer.create(vertx, HANDLER, on("nowhere.invalid"));
        assertThatThrownBy(() -> await(server.listen()))
                .hasCauseInstanceOf(UnknownHostException.class)
                .hasMessageContaining("nowhere.invalid");
    }

    @Test
    void anAddressThatIsTakenFailsTheListenWithItAndLeavesNoOtherBound() throws Exception {
        assumeBothFamilies();
        try (ServerSocket taken = new ServerSocket(0, 1, Inet6Address.getByName("::1"))) {
            int port = taken.getLocalPort();
            SmtpServer server =
                    SmtpServer.create(vertx, HANDLER, on("localhost").setPort(port));
            assertThatThrownBy(() -> await(server.listen()))
                    .hasCauseInstanceOf(BindException.class)
                    .hasMessageContaining("[::1]:" + port + ": ")
                    .hasMessageContaining("in use");
            assertThat(server.addresses()).isEmpty();
            awaitTrue("127.0.0.1 is kept", () -> isFree("127.0.0.1", port));
        }
    }

    @Test
    void anAddressThatTheMachineDoesNotHaveFailsTheListenWithIt() {
        SmtpServer server = SmtpServer.create(vertx, HANDLER, on("192.0.2.1"));
        assertThatThrownBy(() -> await(server.listen()))
                .hasCauseInstanceOf(BindException.class)
                .hasMessageContaining("192.0.2.1:0: ");
    }

    @Test
    void anotherFreePortIsTriedWhenOneIsTakenAtTheSecondAddress() throws Exception {
        assumeBothFamilies();
        AtomicReference<ServerSocket> taken = new AtomicReference<>();
        List<SocketAddress> both =
                List.of(SocketAddress.inetSocketAddress(0, "127.0.0.1"), SocketAddress.inetSocketAddress(0, "::1"));
        Queue<NetServer> created = new ConcurrentLinkedQueue<>();
        ServerSockets sockets = new ServerSockets(vertx, "rw-rw----", () -> {
            NetServer server = vertx.createNetServer().connectHandler(socket -> {});
            created.add(server);
            if (created.size() == 2) {
                // the first address has its port; the second shall not get it
                taken.set(occupied("::1", created.element().actualPort()));
            }
            return server;
        });
        await(sockets.bind(both));
        try (ServerSocket other = taken.get()) {
            assertThat(created).hasSize(4);
            assertThat(sockets.addresses()).hasSize(2);
            assertThat(sockets.addresses().get(0).port())
                    .isEqualTo(sockets.addresses().get(1).port())
                    .isNotEqualTo(other.getLocalPort());
        }
    }

    private static ServerSocket occupied(String address, int port) {
        try {
            return new ServerSocket(port, 1, InetAddress.getByName(address));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPortIsNotSoughtWithoutEnd() {
        assumeBothFamilies();
        Queue<NetServer> created = new ConcurrentLinkedQueue<>();
        ServerSockets sockets = new ServerSockets(vertx, "rw-rw----", () -> {
            NetServer server = vertx.createNetServer().connectHandler(socket -> {});
            created.add(server);
            return server;
        });
        List<SocketAddress> addresses = List.of(
                SocketAddress.inetSocketAddress(0, "127.0.0.1"), SocketAddress.inetSocketAddress(0, "192.0.2.1"));
        assertThatThrownBy(() -> await(sockets.bind(addresses))).hasMessageContaining("192.0.2.1");
        assertThat(created).hasSize(2 * ServerSockets.MAX_TRIES);
        assertThat(sockets.addresses()).isEmpty();
    }

    @Test
    void instancesShareOneFreePortOnAllAddresses() throws Exception {
        assumeBothFamilies();
        Set<SmtpServerVerticle> instances = ConcurrentHashMap.newKeySet();
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        SmtpHandler noting = new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                threads.add(Thread.currentThread());
                return SmtpHandler.super.handleConnect(session);
            }
        };
        await(vertx.deployVerticle(
                () -> {
                    SmtpServerVerticle verticle =
                            new SmtpServerVerticle(noting, on("localhost").setPort(-7));
                    instances.add(verticle);
                    return verticle;
                },
                new DeploymentOptions().setInstances(3)));
        Set<List<SocketAddress>> addresses = ConcurrentHashMap.newKeySet();
        instances.forEach(instance -> addresses.add(instance.server().addresses()));
        assertThat(addresses).hasSize(1);
        List<SocketAddress> both = addresses.iterator().next();
        assertThat(both)
                .hasSize(2)
                .extracting(SocketAddress::port)
                .containsOnly(both.get(0).port());
        for (int i = 0; i < 3; i++) {
            expectGreeting("127.0.0.1", both.get(0).port());
            expectGreeting("::1", both.get(0).port());
        }
        assertThat(threads).hasSize(3);
    }

    @Test
    void aServerThatIsStoppedBeforeItsAddressIsKnownListensNowhere() throws Exception {
        SmtpServer server = SmtpServer.create(vertx, new SmtpHandler() {}, options());
        Promise<Future<SmtpServer>> closed = Promise.promise();
        // in one turn of the event loop, before that can look for the address
        vertx.runOnContext(v -> {
            Future<SmtpServer> begun = server.listen();
            server.close().map(begun).onComplete(closed);
        });
        Future<SmtpServer> listening = await(closed.future());
        assertThatThrownBy(() -> await(listening))
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stopped while it started");
        assertThat(server.addresses()).isEmpty();
        await(server.listen());
        expectGreeting("127.0.0.1", server.actualPort());
    }

    @Test
    void aServerThatIsStoppedWhileItStartsListensNowhere() throws Exception {
        assumeBothFamilies();
        AtomicReference<ServerSockets> sockets = new AtomicReference<>();
        Queue<NetServer> created = new ConcurrentLinkedQueue<>();
        sockets.set(new ServerSockets(vertx, "rw-rw----", () -> {
            NetServer server = vertx.createNetServer().connectHandler(socket -> {});
            created.add(server);
            if (created.size() == 2) {
                Future<Void> unused = sockets.get().shutdown(java.time.Duration.ZERO);
                assertThat(unused).isNotNull();
            }
            return server;
        }));
        List<SocketAddress> both =
                List.of(SocketAddress.inetSocketAddress(0, "127.0.0.1"), SocketAddress.inetSocketAddress(0, "::1"));
        assertThatThrownBy(() -> await(sockets.get().bind(both))).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(created).hasSize(2);
        assertThat(sockets.get().addresses()).isEmpty();
    }
}
