package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.controller.ControllerException;
import io.postern.smtp.controller.EmbeddedSmtpController;
import io.postern.smtp.controller.SmtpController;
import io.postern.smtp.controller.TransportChoice;
import io.postern.smtp.handlers.Message;
import io.postern.smtp.handlers.MessageHandler;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.lmtp.LmtpServerVerticle;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs what {@code docs/controllers.md} shows. Each block of Java there stands here line for line. */
class ControllersGuideTest {

    private static final Path GUIDE = Path.of("..", "docs", "controllers.md");
    private static final Path THIS = Path.of("src/test/java/io/postern/smtp/cli/ControllersGuideTest.java");

    private final PrintStream standardOutput = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(standardOutput);
    }

    private List<String> printed() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void everyBlockOfTheGuideIsRunHere() throws Exception {
        String run = withoutIndent(Files.readString(THIS));
        List<String> blocks = Pattern.compile("(?s)\n```java\n(.*?)\n```\n")
                .matcher(Files.readString(GUIDE))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(blocks)
                .hasSizeGreaterThan(15)
                .allSatisfy(block -> assertThat(run).contains("\n" + withoutIndent(block) + "\n"));
    }

    private static String withoutIndent(String code) {
        return code.replaceAll("(?m)^ +", "");
    }

    public static class ExampleHandler extends MessageHandler {

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            if (!recipient.address().endsWith("@example.com")) {
                return Future.succeededFuture(Reply.parse("550 not relaying to that domain"));
            }
            return Future.succeededFuture(Reply.parse("250 OK"));
        }

        @Override
        protected Future<Reply> handleMessage(Session session, Message message) {
            System.out.println("Message from " + message.envelope().mailFrom());
            System.out.println("Message for " + message.envelope().rcptTos());
            System.out.println("Message data:\n");
            message.content().toString().lines().forEach(line -> System.out.println(("> " + line).strip()));
            System.out.println("\nEnd of message");
            return Future.succeededFuture(Reply.parse("250 Message accepted for delivery"));
        }
    }

    @Test
    void aControllerReceivesAndRefusesAndStops() {
        SmtpController controller = SmtpController.create(new ExampleHandler(), new SmtpServerOptions().setPort(0));
        controller.start();
        try (controller) {
            try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                client.expect(220);
                client.command("EHLO client.example.org").expect(250);
                client.command("MAIL FROM:<aperson@example.com>").expect(250);
                client.command("RCPT TO:<bperson@example.com>").expect(250);
                client.command("DATA").expect(354);
                client.send("From: Anne Person <aperson@example.com>\r\n");
                client.send("To: Bart Person <bperson@example.com>\r\n");
                client.send("Subject: A test\r\nMessage-ID: <ant>\r\n\r\nHi Bart, this is Anne.\r\n");
                System.out.println(client.command("."));
            }
            assertThat(printed())
                    .containsExactly(
                            "Message from aperson@example.com",
                            "Message for [bperson@example.com]",
                            "Message data:",
                            "",
                            "> From: Anne Person <aperson@example.com>",
                            "> To: Bart Person <bperson@example.com>",
                            "> Subject: A test",
                            "> Message-ID: <ant>",
                            ">",
                            "> Hi Bart, this is Anne.",
                            "",
                            "End of message",
                            "250 2.0.0 Message accepted for delivery");
            printed.reset();
            try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                client.expect(220);
                client.command("EHLO client.example.org").expect(250);
                client.command("MAIL FROM:<aperson@example.com>").expect(250);
                System.out.println(client.command("RCPT TO:<cperson@example.net>"));
            }
            assertThat(printed()).singleElement().asString().startsWith("550 ").endsWith("not relaying to that domain");
            controller.stop();
            assertThatThrownBy(() -> RawSmtpClient.connect(controller.host(), controller.port()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasRootCauseInstanceOf(ConnectException.class);
        }
    }

    @Test
    void aStartHasATimeLimit() {
        SmtpHandler handler = new SinkHandler();
        SmtpServerOptions options = new SmtpServerOptions().setPort(0);
        SmtpController controller = SmtpController.create(handler, options).readyTimeout(Duration.ofSeconds(30));
        try (controller) {
            controller.start();
            // set for these tests, and stronger than what the program says
            assertThat(System.getenv("POSTERN_CONTROLLER_TIMEOUT")).isEqualTo("60");
            assertThat(controller.readyTimeout()).isEqualTo(Duration.ofSeconds(60));
        }
    }

    @Test
    void aFailingStartIsToldAndCanBeLookedAt() throws Exception {
        SmtpHandler handler = new SinkHandler();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SmtpServerOptions options =
                    new SmtpServerOptions().setHost("127.0.0.1").setPort(taken.getLocalPort());
            SmtpController controller = SmtpController.create(handler, options);
            try {
                controller.start();
            } catch (ControllerException e) {
                System.out.println(e.getMessage());
                System.out.println(e.getCause().getClass().getSimpleName());
                System.out.println(
                        controller.isRunning() + ", " + controller.failure().isPresent());
            }
            assertThat(printed())
                    .containsExactly(
                            "cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": Address already in use",
                            "BindException",
                            "false, true");
        }
    }

    @Test
    void aUnixSocketIsServed(@TempDir Path directory) throws Exception {
        String path = directory.resolve("smtp_socket").toString();
        SmtpController controller =
                SmtpController.create(new SinkHandler(), new SmtpServerOptions().setUnixSocket(path));
        controller.start();
        try (controller) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                BufferedReader replies = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.US_ASCII));
                System.out.println(replies.readLine());
                channel.write(ByteBuffer.wrap("HELO me\r\n".getBytes(StandardCharsets.US_ASCII)));
                System.out.println(replies.readLine());
                channel.write(ByteBuffer.wrap("QUIT\r\n".getBytes(StandardCharsets.US_ASCII)));
                System.out.println(replies.readLine());
            }
            controller.stop();
        }
        assertThat(printed()).hasSize(3);
        assertThat(printed().get(0)).startsWith("220 ");
        assertThat(printed().get(1)).startsWith("250 ");
        assertThat(printed().get(2)).isEqualTo("221 2.0.0 Bye");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void hostsStandForAddresses() throws Exception {
        SmtpHandler handler = new SinkHandler();
        SmtpController oneLoopback = SmtpController.create(
                handler, new SmtpServerOptions().setHost(null).setPort(0));
        SmtpController bothLoopbacks = SmtpController.create(
                handler, new SmtpServerOptions().setHost("localhost").setPort(0));
        SmtpController allInterfaces = SmtpController.create(
                handler, new SmtpServerOptions().setHost("").setPort(0));
        for (SmtpController controller : List.of(oneLoopback, bothLoopbacks, allInterfaces)) {
            try (controller) {
                controller.start();
                try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                    client.expect(220);
                }
            }
        }
        assertThat(oneLoopback.host()).isIn("::1", "127.0.0.1");
        assertThat(allInterfaces.host()).isEqualTo("localhost");
    }

    @Test
    void smtpUtf8CanBeSwitchedOff() {
        SmtpController controller = SmtpController.create(
                new SinkHandler(), new SmtpServerOptions().setSmtpUtf8(false).setPort(0));
        controller.start();
        try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
            client.expect(220);
            List<String> lines = client.command("EHLO me").expect(250).lines();
            lines.stream().skip(1).forEach(System.out::println);
        }
        controller.stop();
        assertThat(printed()).isNotEmpty().doesNotContain("SMTPUTF8");
        assertThat(GUIDE).content().contains("\n```\n" + String.join("\n", printed()) + "\n```\n");
    }

    @Test
    void whatTheServerDoesIsInTheOptions() {
        SmtpHandler handler = new SinkHandler();
        SmtpServerOptions options =
                new SmtpServerOptions().setPort(0).setHostName("mx.example.org").setTimeout(Duration.ofSeconds(200));
        SmtpController controller = SmtpController.create(handler, options);
        try (controller) {
            controller.start();
            try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                assertThat(client.expect(220).text()).startsWith("mx.example.org ");
            }
        }
    }

    @Test
    void implicitTlsIsAnOption(@TempDir Path directory) throws Exception {
        SmtpHandler handler = new SinkHandler();
        Pem pem = Pem.create(directory, "mx");
        String certificate = pem.certificate().toString();
        String key = pem.key().toString();
        ServerSSLOptions tls = new ServerSSLOptions()
                .setKeyCertOptions(
                        new PemKeyCertOptions().setCertPath(certificate).setKeyPath(key));
        SmtpController controller = SmtpController.create(
                handler,
                new SmtpServerOptions().setTls(tls).setImplicitTls(true).setPort(0));
        try (controller) {
            controller.start();
            try (TlsClient client = TlsClient.implicit("localhost:" + controller.port(), pem)) {
                assertThat(client.ehlo()).isNotEmpty().doesNotContain("250-STARTTLS");
            }
        }
    }

    @Test
    void severalEventLoopsShareOnePort() throws Exception {
        SmtpHandler handler = new SinkHandler();
        SmtpServerOptions options = new SmtpServerOptions().setPort(0);
        SmtpController controller =
                SmtpController.create(handler, options).deploymentOptions(new DeploymentOptions().setInstances(4));
        try (controller) {
            controller.start();
            for (int i = 0; i < 4; i++) {
                try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                    client.expect(220);
                }
            }
        }
    }

    @Test
    void handlersThatBlockRunOnWorkers() throws Exception {
        SmtpHandler handler = new SinkHandler();
        SmtpServerOptions options = new SmtpServerOptions().setPort(0);
        SmtpController controller = SmtpController.create(handler, options)
                .deploymentOptions(new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER));
        try (controller) {
            controller.start();
            try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
                client.expect(220);
            }
        }
    }

    @Test
    void theTransportCanBeChosen() {
        SmtpHandler handler = new SinkHandler();
        SmtpServerOptions options = new SmtpServerOptions().setPort(0);
        SmtpController controller = SmtpController.create(handler, options).transport(TransportChoice.NIO);
        System.out.println(controller.transport().name());
        assertThat(printed()).containsExactly("nio");
    }

    @Test
    void aControllerOnTheCallersVertxBeginsAndEnds() throws Exception {
        Vertx vertx = Vertx.vertx();
        EmbeddedSmtpController controller =
                EmbeddedSmtpController.create(vertx, new SinkHandler(), new SmtpServerOptions().setPort(0));
        Future<Void> begun = controller.begin();
        begun.onSuccess(v -> System.out.println("listening on " + controller.address()));
        begun.await(60, TimeUnit.SECONDS);
        try (RawSmtpClient client = RawSmtpClient.connect(controller.host(), controller.port())) {
            client.expect(220);
            client.command("HELO me").expect(250);
            client.command("QUIT").expect(221);
        }
        vertx.runOnContext(v -> controller.end());
        controller.ended().await(10, TimeUnit.SECONDS);
        assertThat(controller.isRunning()).isFalse();
        controller.begin().compose(v -> controller.end()).await(10, TimeUnit.SECONDS);
        assertThat(vertx.deploymentIDs()).isEmpty();
        vertx.close().await(60, TimeUnit.SECONDS);
    }

    @Test
    void aControllerOnTheCallersVertxServesAUnixSocket(@TempDir Path directory) throws Exception {
        String path = directory.resolve("smtp_socket").toString();
        Vertx vertx = Vertx.vertx();
        EmbeddedSmtpController controller =
                EmbeddedSmtpController.create(vertx, new SinkHandler(), new SmtpServerOptions().setUnixSocket(path));
        controller.begin().await(60, TimeUnit.SECONDS);
        assertThat(controller.address()).isEqualTo(SocketAddress.domainSocketAddress(path));
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            assertThat(channel.isConnected()).isTrue();
        }
        vertx.close().await(60, TimeUnit.SECONDS);
        assertThat(controller.ended().succeeded()).isTrue();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aServerWithoutAControllerListensOnTheCallersVertx() throws Exception {
        SmtpHandler handler = new SinkHandler();
        Vertx vertx = Vertx.vertx();
        SmtpServer server = SmtpServer.create(vertx, handler, new SmtpServerOptions().setPort(0));
        Future<SmtpServer> listening = server.listen();
        listening.await(60, TimeUnit.SECONDS);
        try (RawSmtpClient client = RawSmtpClient.connect("localhost", server.actualPort())) {
            client.expect(220);
        }
        vertx.close().await(60, TimeUnit.SECONDS);
    }

    public static class LmtpController extends SmtpController {

        public LmtpController(Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
            super(handlers, options);
        }

        @Override
        protected SmtpServerVerticle createVerticle(
                Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
            return new LmtpServerVerticle(handlers, options);
        }
    }

    @Test
    void lmtpIsServedByAnOptionOrAVerticleOfYourOwn() throws Exception {
        SmtpHandler handler = new SinkHandler();
        SmtpController controller = SmtpController.create(
                handler, new SmtpServerOptions().setLmtp(true).setPort(0));
        for (SmtpController each :
                List.of(controller, new LmtpController(SinkHandler::new, new SmtpServerOptions().setPort(0)))) {
            try (each) {
                each.start();
                try (RawSmtpClient client = RawSmtpClient.connect(each.host(), each.port())) {
                    assertThat(client.expect(220).text()).endsWith("LMTP Postern");
                    client.command("EHLO me").expect(500);
                    client.command("LHLO me").expect(250);
                }
            }
        }
    }
}
