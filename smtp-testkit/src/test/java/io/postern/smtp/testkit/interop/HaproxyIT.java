package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HAProxy in front of a server, with both versions of its header. */
class HaproxyIT {

    private static final String CONFIGURATION = """
            global
                pidfile DIRECTORY/pid
            defaults
                mode tcp
                timeout connect 10s
                timeout client 60s
                timeout server 60s
            frontend mail
                bind 127.0.0.1:FRONT
                unique-id-format id-of-%ci
                default_backend postern
            backend postern
                server postern 127.0.0.1:BACK HEADER
            """;
    /** The whole of 127.0.0.0/8 is ours: where the client comes from can be told from where the proxy does. */
    private static final String CLIENT = "127.0.0.5";

    @TempDir
    Path directory;

    private final Queue<ProxyInfo> headers = new ConcurrentLinkedQueue<>();

    private final SmtpHandler handler = new SmtpHandler() {
        @Override
        public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
            headers.add(proxy);
            return SmtpHandler.super.handleProxy(session, proxy);
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return Future.succeededFuture(Reply.of(250, "you are " + session.peer()));
        }
    };

    private int startHaproxy(String header, int backPort) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path file = Files.writeString(
                directory.resolve("haproxy.cfg"),
                CONFIGURATION
                        .replace("DIRECTORY", directory.toString())
                        .replace("FRONT", Integer.toString(port))
                        .replace("BACK", Integer.toString(backPort))
                        .replace("HEADER", header));
        // it goes into the background when it listens
        Tool.run(List.of(Tool.find("haproxy"), "-D", "-f", file.toString()));
        return port;
    }

    @AfterEach
    void stopHaproxy() throws Exception {
        Path pid = directory.resolve("pid");
        if (Files.exists(pid)) {
            for (String process : Files.readAllLines(pid)) {
                ProcessHandle.of(Long.parseLong(process)).ifPresent(ProcessHandle::destroy);
            }
        }
    }

    private static InetAddress loopback(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private Socket client(int port) throws IOException {
        Socket socket = new Socket(loopback(1), port, loopback(5), 0);
        socket.setSoTimeout(60_000);
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id"})
    void theClientIsKnownBehindHaproxy(String header) throws Exception {
        SmtpServerOptions options =
                new SmtpServerOptions().setHostName("mx.server.example").setProxyProtocol(true);
        try (TestSmtpServer server = TestSmtpServer.start(handler, options)) {
            int port = startHaproxy(header, server.port());
            try (Socket client = client(port);
                    BufferedReader replies = new BufferedReader(
                            new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
                assertThat(replies.readLine()).startsWith("220 ");
                client.getOutputStream().write("NOOP\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(replies.readLine()).isEqualTo("250 2.0.0 you are " + CLIENT + ":" + client.getLocalPort());
                assertThat(replies.readLine()).startsWith("221 ");
                assertThat(replies.readLine()).isNull();
            }
            assertThat(headers).singleElement().satisfies(told -> {
                assertThat(told.destination()).hasToString("127.0.0.1:" + port);
                assertThat(told.proxy().host()).isEqualTo("127.0.0.1");
                if (header.contains("unique-id")) {
                    assertThat(told.tlvs()).containsEntry(ProxyInfo.TLV_UNIQUE_ID, Buffer.buffer("id-of-" + CLIENT));
                }
            });
        }
    }
}
