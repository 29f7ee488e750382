package io.postern.smtp.handlers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collector;
import org.junit.jupiter.api.Test;

/** One message for several handlers, over sockets. */
class FanOutSocketTest {

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Scripted keeping = new Scripted("keeping", log);

    private RecipientRouter besideKeeping(SmtpHandler other) {
        return RecipientRouter.builder()
                .route("kept.example", keeping)
                .route("other.example", other)
                .build();
    }

    private static void begin(RawSmtpClient client) {
        RecipientRouterTest.recipients(client, "x@kept.example", "y@other.example");
        client.command("DATA").expect(354);
    }

    /** Answers with what {@link #read} makes of the body. */
    private abstract static class Reading implements SmtpHandler {

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return read(body);
        }

        abstract Future<Reply> read(ReadStream<Buffer> body);
    }

    @Test
    void theSlowestSetsThePaceAndAllGetEverything() {
        AtomicLong octets = new AtomicLong();
        Promise<ReadStream<Buffer>> opened = Promise.promise();
        SmtpHandler slow = new Reading() {
            @Override
            Future<Reply> read(ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.pause();
                body.handler(part -> octets.addAndGet(part.length()));
                body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
                opened.complete(body);
                return answer.future();
            }
        };
        int megabyte = 1_048_576;
        byte[] content = ("x".repeat(62) + "\r\n").repeat(24 * megabyte / 64).getBytes(StandardCharsets.US_ASCII);
        try (RoutingServer server =
                        RoutingServer.with(besideKeeping(slow), new SmtpServerOptions().setDataSizeLimit(0));
                RawSmtpClient client = server.client()) {
            begin(client);
            int taken = client.sendUntilStuck(content, Duration.ofSeconds(1));
            assertThat(taken).as("what the system and one read hold").isLessThan(16 * megabyte);
            assertThat(octets.get()).isZero();
            RoutingServer.await(opened.future()).resume();
            client.send(java.util.Arrays.copyOfRange(content, taken, content.length));
            client.command(".").expect(250);
            assertThat(octets.get()).isEqualTo(content.length);
            assertThat(keeping.messages().get(0).content()).isEqualTo(content);
        }
    }

    @Test
    void oneBufferAtATimeIsEnough() {
        SmtpHandler fetching = new Reading() {
            @Override
            Future<Reply> read(ReadStream<Buffer> body) {
                Buffer all = Buffer.buffer();
                Promise<Reply> answer = Promise.promise();
                body.pause();
                body.handler(part -> {
                    all.appendBuffer(part);
                    body.fetch(1);
                });
                body.endHandler(end -> answer.complete(Reply.of(250, "2.6.0", all.length() + " octets")));
                body.fetch(1);
                return answer.future();
            }
        };
        // each dot that is taken away cuts the body into two buffers of one read
        String content = "..\r\n".repeat(40_000);
        try (RoutingServer server = RoutingServer.with(besideKeeping(fetching), new SmtpServerOptions().setLmtp(true));
                RawSmtpClient client = server.greeted("LHLO")) {
            begin(client);
            client.send(content + ".\r\n");
            client.expect(250);
            assertThat(client.expect(250).text()).contains(3 * 40_000 + " octets");
        }
        assertThat(keeping.messages().get(0).text()).isEqualTo(".\r\n".repeat(40_000));
    }

    @Test
    void whoAnswersEarlyStopsNobody() {
        SmtpHandler early = new Reading() {
            @Override
            Future<Reply> read(ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.handler(part -> answer.tryComplete(Reply.of(552, "5.3.4", "too long for me")));
                return answer.future();
            }
        };
        try (RoutingServer server = RoutingServer.with(besideKeeping(early), new SmtpServerOptions().setLmtp(true));
                RawSmtpClient client = server.greeted("LHLO")) {
            begin(client);
            client.send("first\r\n");
            client.send("second\r\n".repeat(100_000));
            client.send(".\r\n");
            client.expect(250);
            client.expect(552);
        }
        assertThat(keeping.messages().get(0).text()).isEqualTo("first\r\n" + "second\r\n".repeat(100_000));
    }

    @Test
    void whoThrowsWhileItReadsStopsNobody() {
        SmtpHandler throwing = new Reading() {
            @Override
            Future<Reply> read(ReadStream<Buffer> body) {
                body.handler(part -> {
                    throw new IllegalStateException("cannot read that");
                });
                return Promise.<Reply>promise().future();
            }
        };
        try (RoutingServer server = RoutingServer.with(besideKeeping(throwing), new SmtpServerOptions().setLmtp(true));
                RawSmtpClient client = server.greeted("LHLO")) {
            begin(client);
            client.send("hello\r\n.\r\n");
            client.expect(250);
            client.expect(451);
        }
        assertThat(keeping.messages().get(0).text()).isEqualTo("hello\r\n");
    }

    @Test
    void whatOneAppendsToABufferTheOtherDoesNotSee() {
        SmtpHandler appending = new Reading() {
            @Override
            Future<Reply> read(ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.handler(part -> part.appendString("not yours"));
                body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
                return answer.future();
            }
        };
        RecipientRouter router = RecipientRouter.builder()
                .route("other.example", appending)
                .route("kept.example", keeping)
                .build();
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            RecipientRouterTest.recipients(client, "y@other.example", "x@kept.example");
            client.command("DATA").expect(354);
            client.command("hello\r\n.").expect(250);
        }
        assertThat(keeping.messages().get(0).text()).isEqualTo("hello\r\n");
    }

    @Test
    void aClientThatGoesAwayFailsTheBodyOfAll() {
        Scripted other = new Scripted("other", log);
        try (RoutingServer server = RoutingServer.with(besideKeeping(other))) {
            RawSmtpClient client = server.client();
            begin(client);
            client.send("half a mess");
            client.reset();
            server.drain();
        }
        assertThat(keeping.events()).anyMatch(event -> event.startsWith("ABORTED"));
        assertThat(other.events()).anyMatch(event -> event.startsWith("ABORTED"));
        assertThat(keeping.messages()).isEmpty();
        assertThat(other.messages()).isEmpty();
    }

    @Test
    void rsetBetweenChunksFailsTheBodyOfAllAndIsToldWithTheSameEnvelopes() {
        Scripted other = new Scripted("other", log);
        try (RoutingServer server = RoutingServer.with(besideKeeping(other));
                RawSmtpClient client = server.client()) {
            RecipientRouterTest.recipients(client, "x@kept.example", "y@other.example");
            client.send("BDAT 5\r\nhello").expect(250);
            client.command("RSET").expect(250);
            assertThat(keeping.events()).anyMatch(event -> event.startsWith("ABORTED"));
            assertThat(other.events()).anyMatch(event -> event.startsWith("ABORTED"));
            assertThat(log).contains("keeping rset [x@kept.example]", "other rset [y@other.example]");
            begin(client);
            client.command("again\r\n.").expect(250);
        }
        assertThat(keeping.messages()).hasSize(1);
        assertThat(other.messages()).hasSize(1);
    }

    /** Waits for its body inside the hook, which only a virtual thread may. */
    private static final class Awaiting extends Reading {

        @Override
        Future<Reply> read(ReadStream<Buffer> body) {
            Buffer all = body.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer))
                    .await();
            return Future.succeededFuture(Reply.of(250, "2.6.0", all.length() + " octets"));
        }
    }

    @Test
    void onVirtualThreadsAllMayWaitForTheBodyInsideTheirHooks() {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(21);
        RecipientRouter router = RecipientRouter.builder()
                .route("one.example", new Awaiting())
                .route("two.example", new Awaiting())
                .build();
        try (RoutingServer server = RoutingServer.with(
                        router, new SmtpServerOptions().setLmtp(true), ThreadingModel.VIRTUAL_THREAD);
                RawSmtpClient client = server.greeted("LHLO")) {
            RecipientRouterTest.recipients(client, "x@one.example", "y@two.example");
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            assertThat(client.expect(250).text()).contains("7 octets");
            assertThat(client.expect(250).text()).contains("7 octets");
        }
    }

    @Test
    void onWorkersItIsTheSame() {
        Scripted other = new Scripted("other", log);
        try (RoutingServer server =
                        RoutingServer.with(besideKeeping(other), new SmtpServerOptions(), ThreadingModel.WORKER);
                RawSmtpClient client = server.client()) {
            begin(client);
            client.command("hello\r\n.").expect(250);
        }
        assertThat(keeping.messages().get(0).text()).isEqualTo("hello\r\n");
        assertThat(other.messages().get(0).text()).isEqualTo("hello\r\n");
    }
}
