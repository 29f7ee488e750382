package io.postern.smtp.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shaded jar in a process of its own. */
@Timeout(120)
class PosternIT {

    private static final String ANY_PORT = "127.0.0.1:0";
    private static final byte[] IPV6_LOOPBACK = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    /** A handler as a user may bring it. */
    public static final class OnlyFor implements SmtpHandler {

        private final String domain;

        public OnlyFor(String domain) {
            if (domain.isEmpty()) {
                throw new IllegalStateException("no domain");
            }
            this.domain = domain;
        }

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            if (recipient.mailbox().domain().equals("broken.example")) {
                throw new IllegalStateException("cannot look up " + recipient);
            }
            return Future.succeededFuture(
                    recipient.mailbox().domain().equals(domain)
                            ? Replies.RECIPIENT_OK
                            : Reply.of(550, "5.7.1", "not for us"));
        }
    }

    private static void transaction(RawSmtpClient client) {
        client.command("MAIL FROM:<from@example.org>").expect(250);
        client.command("RCPT TO:<to@example.org>").expect(250);
        client.command("DATA").expect(354);
    }

    @Test
    void byDefaultAMessageIsPrintedToStandardOutput() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT)) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                transaction(client);
                client.send("Subject: \u00fc\u001b[2J\r\n\r\nbody\r\n");
                client.command(".").expect(250);
            }
            List<String> printed = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                printed.add(postern.readLine());
            }
            assertThat(printed.remove(2)).matches("X-Peer: \\('127\\.0\\.0\\.1', [0-9]+\\)");
            assertThat(printed)
                    .containsExactly(
                            "---------- MESSAGE FOLLOWS ----------",
                            "Subject: \u00fc\\x1b[2J",
                            "",
                            "body",
                            "------------ END MESSAGE ------------");
            postern.terminate();
            assertThat(postern.awaitExit()).isZero();
            assertThat(postern.errors()).isEmpty();
        }
    }

    @Test
    void theSinkPrintsNothing() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "sink")) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                transaction(client);
                client.command("body\r\n.").expect(250);
            }
            postern.terminate();
            assertThat(postern.readLine()).isEqualTo("(end)");
            assertThat(postern.errors()).isEmpty();
        }
    }

    @Test
    void localhostIsServedOverBothFamiliesOnOnePort() throws Exception {
        Assumptions.assumeTrue(NetworkInterface.getByInetAddress(InetAddress.getByAddress(IPV6_LOOPBACK)) != null);
        try (PosternProcess postern = PosternProcess.run("-l", "localhost:0", "sink")) {
            String ipv4 = postern.awaitListening();
            String ipv6 = postern.awaitListening();
            assertThat(ipv4).startsWith("127.0.0.1:");
            assertThat(ipv6).isEqualTo("[::1]:" + ipv4.substring(ipv4.indexOf(':') + 1));
            PosternProcess.client(ipv4).close();
            PosternProcess.client(ipv6).close();
        }
    }

    @Test
    void aPortAloneIsServedOnAllInterfaces() throws Exception {
        Assumptions.assumeTrue(NetworkInterface.getByInetAddress(InetAddress.getByAddress(IPV6_LOOPBACK)) != null);
        try (PosternProcess postern = PosternProcess.run("-l", ":0", "sink")) {
            String any = postern.awaitListening();
            assertThat(any).startsWith("[::]:");
            String port = any.substring(any.lastIndexOf(':') + 1);
            PosternProcess.client("127.0.0.1:" + port).close();
            PosternProcess.client("[::1]:" + port).close();
        }
    }

    @Test
    void eachListenerHasItsLine() throws Exception {
        try (PosternProcess postern =
                PosternProcess.run("-l", ANY_PORT, "--listen", ANY_PORT, "--event-loops", "3", "sink")) {
            String first = postern.awaitListening();
            String second = postern.awaitListening();
            assertThat(first).isNotEqualTo(second);
            // every event loop listens on the same port
            for (int i = 0; i < 4; i++) {
                PosternProcess.client(first).close();
                PosternProcess.client(second).close();
            }
        }
    }

    @Test
    void theOptionsReachTheServer() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l",
                ANY_PORT,
                "--hostname",
                "mx.example.org",
                "-s",
                "1000",
                "--no-smtputf8",
                "--max-recipients",
                "7")) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                assertThat(client.command("EHLO again").expect(250).lines())
                        .contains("mx.example.org", "SIZE 1000", "LIMITS RCPTMAX=7")
                        .doesNotContain("SMTPUTF8");
            }
        }
    }

    @Test
    void lmtpAnswersLhlo() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--lmtp", "sink")) {
            String address = postern.awaitListening();
            int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
                client.expect(220);
                client.command("EHLO client.example.org").expect(500);
                client.command("LHLO client.example.org").expect(250);
            }
        }
    }

    @Test
    void aSilentClientIsClosedAfterTheTimeout() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--timeout", "1", "sink");
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            client.expect(421);
        }
    }

    @Test
    void aClientThatFallsSilentWithinAMessageIsClosedAfterTheTimeout() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--timeout", "1", "sink");
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            transaction(client);
            client.send("Subject: hi\r\n");
            client.expect(421);
        }
    }

    @Test
    void connectionsAreLimitedInTotalAndForAnAddress() throws Exception {
        for (String option : List.of("--max-connections", "--max-connections-per-ip")) {
            try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, option, "1", "sink")) {
                String address = postern.awaitListening();
                try (RawSmtpClient only = PosternProcess.client(address);
                        RawSmtpClient tooMany = RawSmtpClient.connect("127.0.0.1", PosternProcess.port(address))) {
                    tooMany.expect(421);
                    only.command("NOOP").expect(250);
                }
            }
        }
    }

    @Test
    void aProxyHeaderNamesTheClient() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--proxy-protocol")) {
            int port = PosternProcess.port(postern.awaitListening());
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
                client.send("PROXY TCP4 192.0.2.7 198.51.100.1 7007 25\r\n");
                client.expect(220);
                client.command("HELO client.example.org").expect(250);
                transaction(client);
                client.command("\r\nbody\r\n.").expect(250);
            }
            assertThat(postern.readLine()).contains("MESSAGE FOLLOWS");
            assertThat(postern.readLine()).isEqualTo("X-Peer: ('192.0.2.7', 7007)");
        }
    }

    @Test
    void whoIsNotInProxyFromIsClosedBeforeHeSaysAnything() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l", ANY_PORT, "--proxy-protocol", "--proxy-from", "192.0.2.0/24", "--proxy-from", "2001:db8::1")) {
            int port = PosternProcess.port(postern.awaitListening());
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
                assertThat(client.readToEnd()).isEmpty();
            }
        }
    }

    @Test
    void whoSendsNoProxyHeaderIsClosedAfterItsTimeout() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--proxy-protocol", "--proxy-timeout", "1");
                RawSmtpClient client =
                        RawSmtpClient.connect("127.0.0.1", PosternProcess.port(postern.awaitListening()))) {
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "auto"})
    void aUnixSocketIsServedAndRemovedAtTheEnd(String transport, @TempDir Path directory) throws Exception {
        Path socket = directory.resolve("s");
        try (PosternProcess postern =
                PosternProcess.run("-l", "unix:" + socket, "-l", ANY_PORT, "--transport", transport, "sink")) {
            assertThat(postern.awaitListening()).isEqualTo("unix:" + socket);
            PosternProcess.client(postern.awaitListening()).close();
            for (int i = 0; i < 4; i++) { // every event loop
                try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                        BufferedReader replies = new BufferedReader(Channels.newReader(client, UTF_8))) {
                    assertThat(replies.readLine()).startsWith("220 ");
                }
            }
            postern.terminate();
            assertThat(postern.awaitExit()).isZero();
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void theTransportInUseIsTold() throws Exception {
        for (String told : List.of("nio nio", "AUTO (epoll|io_uring|kqueue|nio)")) {
            String[] transports = told.split(" ");
            try (PosternProcess postern =
                    PosternProcess.run("-l", ANY_PORT, "--transport", transports[0], "-d", "sink")) {
                PosternProcess.client(postern.awaitListening()).close();
                postern.terminate();
                assertThat(postern.errors()).containsPattern("transport is " + transports[1] + "\n");
            }
        }
    }

    @Test
    void aTransportThatIsMissingIsToldWithItsCause() throws Exception {
        boolean mac = System.getProperty("os.name").startsWith("Mac");
        String missing = mac ? "epoll" : "kqueue";
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--transport", missing)) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors().lines())
                    .singleElement()
                    .asString()
                    .matches("postern: transport " + missing + " is not available: .*Only supported on.*");
        }
    }

    @Test
    void theConfigurationFileIsReadAndOptionsGoBeforeIt(@TempDir Path directory) throws Exception {
        Path config = Files.writeString(
                directory.resolve("postern.json"),
                "{\"host\": \"127.0.0.1\", \"port\": 0, \"hostName\": \"file.example\", \"dataSizeLimit\": 2000}");
        try (PosternProcess postern = PosternProcess.run("--config", config.toString(), "--size", "3000")) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                assertThat(client.command("EHLO again").expect(250).lines()).contains("file.example", "SIZE 3000");
            }
        }
    }

    @Test
    void aHandlerClassIsMadeWithTheArguments() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l", ANY_PORT, "--class-path", "target/test-classes", "-c", OnlyFor.class.getName(), "example.org")) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                client.command("MAIL FROM:<from@example.org>").expect(250);
                client.command("RCPT TO:<to@example.org>").expect(250);
                client.command("RCPT TO:<to@example.com>").expect(550);
            }
        }
    }

    /** A handler that has something to close. */
    public static final class Closing implements SmtpHandler, AutoCloseable {

        private final String[] words;

        public Closing(String... words) {
            this.words = words.clone();
        }

        @Override
        public void close() {
            System.err.println("closed " + String.join(" ", words));
        }
    }

    @Test
    void aHandlerThatCanBeClosedIsClosedAtTheEnd() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l", ANY_PORT, "--class-path", "target/test-classes", "-c", Closing.class.getName(), "one", "two")) {
            postern.awaitListening();
            postern.terminate();
            assertThat(postern.errors()).isEqualTo("closed one two\n");
            assertThat(postern.awaitExit()).isZero();
        }
    }

    @Test
    void aHandlerThatFailsIsToldInOneLine() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l", ANY_PORT, "--class-path", "target/test-classes", "-c", OnlyFor.class.getName(), "example.org")) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                client.command("MAIL FROM:<from@example.org>").expect(250);
                client.command("RCPT TO:<to@broken.example>").expect(451);
            }
            postern.terminate();
            assertThat(postern.errors().lines())
                    .singleElement()
                    .asString()
                    .contains(" ERROR ", "the handler failed", "cannot look up");
        }
    }

    @Test
    void debugTwiceShowsWhatIsSaid() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "-dd", "sink")) {
            PosternProcess.client(postern.awaitListening()).close();
            postern.terminate();
            assertThat(postern.errors()).contains(": C: EHLO client.example.org\n", ": S: 220 ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "--bogus x | Unknown option: '--bogus'",
                "mailbox x | unknown handler 'mailbox'; known are debug, sink, inbox, maildir, relay and eventbus",
                "debug printer | handler debug takes stdout or stderr",
                "sink x | handler sink takes no arguments",
                "--size -1 | --size: dataSizeLimit is -1",
                "--size big | '--size': 'big' is not a long",
                "--event-loops 0 | --event-loops: 0",
                "-l unix: | --listen unix:: expected a path",
                "-l smtps::1025 | --listen smtps::1025 needs --smtps-cert",
                "--tls-cert x | --tls-cert needs --tls-key",
                "--tls-key x | --tls-key needs --tls-cert",
                "--smtps-cert x | --smtps-cert needs --smtps-key",
                "--smtps-key x | --smtps-key needs --smtps-cert",
                "--no-require-tls | --no-require-tls needs --tls-cert",
                "--tls-cert x --tls-key x --smtps-cert x --smtps-key x | --tls-cert and --smtps-cert are both given",
                "--users x | --users needs --tls-cert, --smtps-cert or --auth-without-tls",
                "--auth-required | --auth-required needs --users",
                "--auth-without-tls | --auth-without-tls needs --users",
                "--proxy-from ::1 | --proxy-from needs --proxy-protocol",
                "--proxy-timeout 1 | --proxy-timeout needs --proxy-protocol",
                "--proxy-protocol --proxy-timeout 0 | --proxy-timeout: proxyProtocolTimeout is PT0S",
                "--proxy-protocol --proxy-from 1.2.3 | proxyFrom has \"1.2.3\"",
                "--max-connections -1 | --max-connections: maxConnections is -1",
                "--max-connections-per-ip -1 | --max-connections-per-ip: maxConnectionsPerIp is -1",
                "--transport tcp | Invalid value for option '--transport'",
                "-l ::1:25 | --listen ::1:25: expected HOST:PORT",
                "-l 127.0.0.1:65536 | port is 65536",
                "-c java.lang.String | does not implement io.postern.smtp.SmtpHandler",
                "-c io.postern.smtp.handlers.SinkHandler x | has no public constructor that takes a string",
            })
    void aMistakeInTheOptionsIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            assertThat(postern.awaitComplaint(2)).contains(message);
            assertThat(postern.readLine()).isEqualTo("(end)");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"bogus\": 1}", "{\"port\": \"x\"}", "[1]", "{", ""})
    void aMistakeInTheConfigurationFileIsToldInOneLine(String json, @TempDir Path directory) throws Exception {
        Path config = Files.writeString(directory.resolve("postern.json"), json);
        try (PosternProcess postern = PosternProcess.run("--config", config.toString())) {
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors().lines()).singleElement().asString().startsWith("postern: " + config + ": ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--config missing.json | no such file: missing.json",
                "-c no.such.Handler | cannot load handler class no.such.Handler",
                "--class-path missing.jar -c x.Y | no such file on the class path: missing.jar",
                "-l unix:missing/socket | cannot listen on unix:missing/socket: ",
                "-l unix:pom.xml | cannot listen on unix:pom.xml: ",
                "-l 192.0.2.1:8025 | cannot listen on 192.0.2.1:8025",
            })
    void whatPreventsTheStartIsToldInOneLine(String arguments, String message) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments.strip().split(" "))) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors().lines()).singleElement().asString().startsWith("postern: " + message);
        }
    }

    @Test
    void aHandlerThatCannotBeMadeIsToldInOneLine() throws Exception {
        try (PosternProcess postern =
                PosternProcess.run("--class-path", "target/test-classes", "-c", OnlyFor.class.getName(), "")) {
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors())
                    .isEqualTo("postern: cannot create handler " + OnlyFor.class.getName() + ": no domain\n");
        }
    }

    @Test
    void aPortInUseIsToldInOneLineAndWithDebugWithItsCause() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            try (PosternProcess postern = PosternProcess.run("-l", address)) {
                assertThat(postern.awaitExit()).isEqualTo(1);
                assertThat(postern.errors())
                        .isEqualTo("postern: cannot listen on " + address + ": Address already in use\n");
                assertThat(postern.readLine()).isEqualTo("(end)");
            }
            try (PosternProcess postern = PosternProcess.run("-l", address, "-d")) {
                assertThat(postern.awaitExit()).isEqualTo(1);
                assertThat(postern.errors()).contains("Caused by: ", "\tat ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "epoll"})
    void transactionsThatAreOpenAtSigtermAreFinished(String transport) throws Exception {
        int clients = 20;
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--transport", transport, "sink")) {
            String address = postern.awaitListening();
            List<RawSmtpClient> open = new ArrayList<>();
            try (RawSmtpClient idle = PosternProcess.client(address)) {
                for (int i = 0; i < clients; i++) {
                    RawSmtpClient client = PosternProcess.client(address);
                    open.add(client);
                    transaction(client);
                    client.send("Subject: late\r\n\r\n");
                }
                postern.terminate();
                idle.expect(421);
                for (RawSmtpClient client : open) {
                    client.command("body\r\n.").expect(250);
                    client.expect(421);
                }
            } finally {
                for (RawSmtpClient client : open) {
                    client.close();
                }
            }
            assertThat(postern.awaitExit()).isZero();
            assertThat(postern.errors()).isEmpty();
        }
    }

    @Test
    void aTransactionThatDoesNotFinishWithinTheGraceTimeIsTold421() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--grace", "1");
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            transaction(client);
            postern.terminate();
            client.expect(421);
            assertThat(postern.awaitExit()).isZero();
        }
    }

    @Test
    void itTellsItsVersionAndItsOptions() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-V")) {
            assertThat(postern.readLine()).matches("postern [0-9]+\\.[0-9]+.*");
            assertThat(postern.awaitExit()).isZero();
        }
        try (PosternProcess postern = PosternProcess.run("--help")) {
            assertThat(postern.readLine()).startsWith("Usage: postern ");
            assertThat(postern.awaitExit()).isZero();
        }
    }
}
