package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that begin a TLS handshake and leave it there cost little, delay nobody, and are gone after the deadline. */
@Timeout(90)
@Execution(ExecutionMode.CONCURRENT) // each has a server process of its own, and waits for its deadline
class HalfOpenHandshakeIT {

    private static final int HANDSHAKES = 300;
    private static final long BOUND = 100 * 1024;

    /** Long enough to measure in, short enough to wait for. */
    private static final int DEADLINE_SECONDS = 15;

    @TempDir
    static Path directory;

    private static Keys keys;

    /** What a client sends of its first message. */
    enum Hello {
        NOTHING,
        HALF
    }

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = Keys.of(directory, "mx.example");
    }

    private static byte[] of(Hello hello) throws Exception {
        if (hello == Hello.NOTHING) {
            return new byte[0];
        }
        SSLEngine engine = Keys.client();
        engine.setUseClientMode(true);
        engine.beginHandshake();
        byte[] whole = new TlsRecords(engine).handshake(ByteBuffer.allocate(0));
        return Arrays.copyOf(whole, whole.length / 2);
    }

    private static Crowd halfOpen(ServerProcess server, boolean implicitTls, int size, byte[] hello)
            throws IOException {
        Crowd crowd = new Crowd(size, server.port());
        if (implicitTls) {
            crowd.awaitConnected();
        } else {
            crowd.awaitReplies(1);
            crowd.send("EHLO client.example\r\n");
            crowd.awaitReplies(1);
            crowd.send("STARTTLS\r\n");
            assertThat(crowd.awaitReplies(1)).allMatch(reply -> reply.startsWith("220 2.0.0 "));
        }
        crowd.send(hello);
        return crowd;
    }

    private static void assertServed(ServerProcess server, boolean implicitTls) throws Exception {
        try (WireClient client = new WireClient(server.port())) {
            if (implicitTls) {
                client.startTls(Keys.client());
            }
            assertThat(client.reply()).startsWith("220");
            assertThat(client.command("EHLO client.example")).startsWith("250");
            if (!implicitTls) {
                assertThat(client.command("STARTTLS")).startsWith("220");
                client.startTls(Keys.client());
            }
            assertThat(client.command("NOOP")).startsWith("250");
            assertThat(client.command("QUIT")).startsWith("221");
        }
    }

    @ParameterizedTest
    @CsvSource({"false, NOTHING", "false, HALF", "true, NOTHING", "true, HALF"})
    void threeHundredHalfOpenHandshakesCostLittleAndEndAtTheDeadline(boolean implicitTls, Hello hello)
            throws Exception {
        ServerSSLOptions tls =
                keys.server().setSslHandshakeTimeout(DEADLINE_SECONDS).setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
        SmtpServerOptions options = new SmtpServerOptions().setTls(tls).setImplicitTls(implicitTls);
        try (ServerProcess server = ServerProcess.start(options, ServerProcess.UNLIMITED)) {
            for (int i = 0; i < 5; i++) {
                assertServed(server, implicitTls);
            }
            halfOpen(server, implicitTls, 20, of(hello)).close(); // what is loaded once is loaded now
            ServerProcess.Memory before = server.measure();
            try (Crowd crowd = halfOpen(server, implicitTls, HANDSHAKES, of(hello))) {
                assertServed(server, implicitTls);
                ServerProcess.Memory during = server.measure();
                long inside = (during.heap() + during.direct() - before.heap() - before.direct()) / HANDSHAKES;
                long resident = (during.resident() - before.resident()) / HANDSHAKES;
                System.out.printf(
                        "half-open handshake, %s, %s sent: heap and direct %.1f KiB, resident %.1f KiB%n",
                        implicitTls ? "implicit TLS" : "STARTTLS", hello, inside / 1024.0, resident / 1024.0);
                assertThat(inside).as("octets for each handshake").isLessThanOrEqualTo(BOUND);
                assertThat(crowd.ended())
                        .as("closed before the figures were taken")
                        .isZero();
                crowd.awaitEnd();
            }
            // counted out as soon as its event loop comes to it
            while (server.measure().connections() > 0) {
                Thread.onSpinWait();
            }
            assertServed(server, implicitTls);
        }
    }
}
