package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A thousand clients come, and vanish, at once. */
class CrowdSocketTest extends SocketTestBase {

    private static final int CROWD = 1_000;

    private final AtomicInteger connects = new AtomicInteger();
    private final AtomicInteger disconnects = new AtomicInteger();
    private final AtomicInteger bodies = new AtomicInteger();
    private final AtomicInteger failedBodies = new AtomicInteger();

    private final SmtpHandler handler = new SmtpHandler() {
        @Override
        public Future<Reply> handleConnect(Session session) {
            connects.incrementAndGet();
            return SmtpHandler.super.handleConnect(session);
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            bodies.incrementAndGet();
            body.exceptionHandler(cause -> {
                failedBodies.incrementAndGet();
                answer.fail(cause);
            });
            body.endHandler(end -> answer.complete(Reply.ok()));
            body.handler(buffer -> {});
            return answer.future();
        }

        @Override
        public void handleDisconnect(Session session) {
            disconnects.incrementAndGet();
        }
    };

    @Test
    void allOfABurstAreGreeted() throws Exception {
        SmtpServer server = listen(handler);
        try (Crowd crowd = new Crowd(CROWD, server.actualPort())) {
            assertThat(crowd.awaitReplies(1)).hasSize(CROWD).allMatch(greeting -> greeting.startsWith("220 "));
            assertThat(server.connections()).isEqualTo(CROWD);
        }
        awaitNoConnection(server);
        awaitTrue("ends that were not told", () -> disconnects.get() == CROWD);
    }

    @Test
    void theKernelQueuesAThousandConnectsThatAreNotAcceptedYet() throws Exception {
        Path limit = Path.of("/proc/sys/net/core/somaxconn");
        assumeTrue(Files.exists(limit), "only Linux tells");
        SmtpServer server = listen(handler);
        assertThat(backlog(server.actualPort())).isEqualTo(Math.min(1_024, number(limit)));
    }

    /** Files of the kernel give what they have to the first read only, which must not ask for too little. */
    private static int number(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            return Integer.parseInt(new String(input.readNBytes(32), StandardCharsets.US_ASCII).strip());
        }
    }

    /** What the kernel was given, as ss tells it: Send-Q of a listening socket. */
    private static int backlog(int port) throws IOException, InterruptedException {
        Process ss;
        try {
            ss = new ProcessBuilder("ss", "--listening", "--tcp", "--numeric", "--no-header", "sport = :" + port)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            assumeTrue("true".equals(System.getenv("CI")), "ss is not on the PATH");
            throw missing;
        }
        String printed = new String(ss.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(ss.waitFor()).as(printed).isZero();
        String[] columns = printed.strip().split("\\s+");
        assertThat(columns[0]).as(printed).isEqualTo("LISTEN");
        return Integer.parseInt(columns[2]);
    }

    /** In which way a client goes. */
    enum Leave {
        RST {
            @Override
            void go(Crowd crowd) throws IOException {
                crowd.reset();
            }
        },
        FIN {
            @Override
            void go(Crowd crowd) throws IOException {
                crowd.close();
            }
        };

        abstract void go(Crowd crowd) throws IOException;
    }

    private void leaveInMidMessage(SmtpServer server, int size, Leave leave) throws Exception {
        try (Crowd crowd = new Crowd(size, server.actualPort())) {
            crowd.awaitReplies(1);
            crowd.send("HELO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n");
            assertThat(crowd.awaitReplies(4)).allMatch(replies -> replies.contains("\r\n354 "));
            crowd.send("Subject: half a mess");
            leave.go(crowd);
        }
        awaitNoConnection(server);
    }

    @ParameterizedTest
    @EnumSource
    void aStormOfClientsThatVanishInMidMessageLeavesNothingBehind(Leave leave) throws Exception {
        SmtpServer server = listen(handler);
        leaveInMidMessage(server, 10, leave); // what is loaded once is open from now on
        int before = descriptors();
        leaveInMidMessage(server, CROWD, leave);
        assertThat(connects).hasValue(CROWD + 10);
        awaitTrue("ends that were not told", () -> disconnects.get() == CROWD + 10);
        assertThat(bodies).hasValue(CROWD + 10);
        awaitTrue("bodies that did not fail", () -> failedBodies.get() == CROWD + 10);
        awaitTrue("descriptors leaked", () -> descriptors() <= before);
        expect(afterEhlo(server).command("NOOP"), "250");
    }

    /** A storm may also come before anything is said, or between two commands. */
    @ParameterizedTest
    @ValueSource(strings = {"", "EHLO cli", "HELO client.example\r\nMAIL FROM:<a@client.example>\r\n"})
    void aStormOfResetsBetweenCommandsIsToldOnceForEach(String said) throws Exception {
        SmtpServer server = listen(handler);
        try (Crowd crowd = new Crowd(CROWD, server.actualPort())) {
            crowd.awaitReplies(1);
            crowd.send(said);
            crowd.reset();
        }
        awaitNoConnection(server);
        awaitTrue("ends that were not told", () -> disconnects.get() == CROWD);
        assertThat(connects).hasValue(CROWD);
    }

    /** 0 where the machine does not tell. */
    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }
}
