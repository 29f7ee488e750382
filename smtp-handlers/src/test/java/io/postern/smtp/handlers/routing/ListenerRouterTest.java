package io.postern.smtp.handlers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.XClient;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenerRouterTest {

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Scripted one = new Scripted("one", log);
    private final Scripted other = new Scripted("other", log);

    /** A server behind a proxy, which says what its clients connected to. */
    private static RoutingServer behindProxy(SmtpHandler handler) {
        return RoutingServer.with(
                handler, new SmtpServerOptions().setProxyProtocol(true).setProxyFrom(List.of("127.0.0.1")));
    }

    @ParameterizedTest
    @CsvSource({
        "TCP4 198.51.100.9 192.0.2.1 1000 25, one",
        "TCP4 198.51.100.9 192.0.2.1 1000 587, other",
        "TCP4 198.51.100.9 192.0.2.2 1000 587, one",
        "TCP6 2001:db8::9 2001:db8:0:0::2 1000 2525, one",
        "TCP4 198.51.100.9 192.0.2.3 1000 465, one",
        "TCP4 198.51.100.9 192.0.2.3 1000 466, other"
    })
    void theAddressThatTheClientConnectedToLeadsToAHandler(String header, String expected) {
        ListenerRouter router = ListenerRouter.builder()
                .port(25, one)
                .address("192.0.2.2", one)
                .address("2001:db8::2", one)
                .address("192.0.2.3", 465, one)
                .otherwise(other)
                .build();
        try (RoutingServer server = behindProxy(router)) {
            try (RawSmtpClient client = server.connect()) {
                client.send("PROXY " + header + "\r\n").expect(220);
                client.command("EHLO client.example").expect(250);
                RecipientRouterTest.recipients(client, "x@example.org");
                client.command("DATA").expect(354);
                client.command(".").expect(250);
                client.command("VRFY x").expect(252);
                client.command("EXPN x").expect(502);
                client.command("NOOP").expect(250);
                client.command("RSET").expect(250);
                client.command("HELO client.example").expect(250);
                client.command("QUIT").expect(221);
            }
            server.drain();
        }
        assertThat(log)
                .containsExactly(
                        expected + " proxy",
                        expected + " connect",
                        expected + " mail a@sender.example",
                        expected + " rcpt x@example.org",
                        expected + " data [x@example.org]",
                        expected + " vrfy x",
                        expected + " expn x",
                        expected + " noop",
                        expected + " rset []",
                        expected + " helo client.example",
                        expected + " quit",
                        expected + " disconnect");
        assertThat(router.openSessions()).isZero();
    }

    @Test
    void theHandlerStaysWhenXclientNamesAnotherAddress() {
        ListenerRouter router =
                ListenerRouter.builder().port(25, one).otherwise(other).build();
        try (TestSmtpServer server =
                        TestSmtpServer.start(router, new SmtpServerOptions(), new XClient(List.of("127.0.0.1")));
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO client.example").expect(250);
            client.command("XCLIENT DESTADDR=192.0.2.1 DESTPORT=25").expect(220);
        }
        assertThat(log).containsExactly("other connect", "other connect", "other disconnect");
    }

    @Test
    void aUnixSocketIsKnownByItsPath(@TempDir Path directory) throws Exception {
        String path = directory.resolve("s").toString();
        ListenerRouter router =
                ListenerRouter.builder().port(25, one).unixSocket(path, other).build();
        assertThat(UnixClient.greeting(router, path)).startsWith("220");
        assertThat(log).startsWith("other connect");
    }

    @Test
    void aServerIsKnownByItsName() {
        ListenerRouter router = ListenerRouter.builder()
                .serverName("MX.example.org", one)
                .otherwise(other)
                .build();
        try (RoutingServer server = RoutingServer.with(router)) {
            server.client().close();
        }
        assertThat(log).startsWith("one connect");
    }

    @Test
    void aSessionThatNoRuleFitsIsSentAwayForNow() {
        ListenerRouter router = ListenerRouter.builder().port(25, one).build();
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.connect()) {
            assertThat(client.expect(421).text()).isEqualTo("No service at this address");
            server.drain();
        }
        assertThat(log).isEmpty();
        assertThat(router.openSessions()).isZero();
    }

    @Test
    void aConnectionThatAProxySpoiledIsToldToItsHandler() {
        ListenerRouter router =
                ListenerRouter.builder().otherwise(other).port(25, one).build();
        try (RoutingServer server = behindProxy(router)) {
            try (RawSmtpClient client = server.connect()) {
                client.send("nothing of that kind\r\n");
                assertThat(client.readToEnd()).isEmpty();
            }
            server.drain();
        }
        assertThat(log).containsExactly("other proxyFailure", "other disconnect");
    }

    @Test
    void whetherMessagesAreHeldIsWhatOneOfTheHandlersSays() {
        assertThat(ListenerRouter.builder().port(25, new SinkHandler()).build().holdsMessages())
                .isFalse();
        assertThat(ListenerRouter.builder().port(25, one).build().holdsMessages())
                .isTrue();
    }

    @Test
    void rulesThatCannotBeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenerRouter.builder().port(0, one))
                .withMessage("port is 0; allowed is 1 to 65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenerRouter.builder().address("mx.example.org", one))
                .withMessage("address is \"mx.example.org\"; expected is an IPv4 or IPv6 address");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenerRouter.builder().build())
                .withMessage("rules is empty; at least one is needed");
    }
}
