package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How many octets of messages may be under way, over all connections. */
class BytesInFlightSocketTest extends SocketTestBase {

    private static final int LIMIT = 10_000;
    private static final int SIZE = 8_000;
    private static final Duration MOMENT = Duration.ofSeconds(1);
    private static final String NO_ROOM = Replies.INSUFFICIENT_STORAGE.toString();

    /** Every way in which a message comes. */
    enum Way {
        SMTP_DATA(false, false),
        SMTP_BDAT(false, true),
        LMTP_DATA(true, false),
        LMTP_BDAT(true, true);

        private final boolean lmtp;
        private final boolean chunked;

        Way(boolean lmtp, boolean chunked) {
            this.lmtp = lmtp;
            this.chunked = chunked;
        }

        /** Begins a message of {@link #SIZE} octets and sends the first of them. */
        void begin(WireClient client, int octets) throws IOException {
            envelope(client);
            if (chunked) {
                client.send("BDAT " + SIZE + " LAST\r\n");
            } else {
                expect(client.command("DATA"), "354");
            }
            client.send(text(octets));
        }

        /** Sends what is left of a message. */
        void end(WireClient client, int sent) throws IOException {
            client.send(text(SIZE - sent) + (chunked ? "" : ".\r\n"));
        }
    }

    /** Holds messages until the test answers them. */
    private static final class Held implements SmtpHandler {

        private final Promise<Reply> answer = Promise.promise();
        private final AtomicInteger received = new AtomicInteger();
        private final Promise<Throwable> failed = Promise.promise();
        private final Promise<Void> ended = Promise.promise();

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            body.handler(content -> received.addAndGet(content.length()));
            body.exceptionHandler(failed::tryComplete);
            body.endHandler(ended::tryComplete);
            return answer.future();
        }
    }

    private final ManualClock clock = new ManualClock();
    /** The handlers of those clients that sent messages, in the order in which they connected. */
    private final BlockingQueue<Held> handlers = new LinkedBlockingQueue<>();

    private VertxSmtpServer server;
    private WireClient neighbour;
    private Way way;

    private static String text(int octets) {
        return ("x".repeat(78) + "\r\n").repeat(octets / 80);
    }

    private void serve(Way by, SmtpServerOptions options) throws Exception {
        way = by;
        server = new VertxSmtpServer(
                vertx,
                () -> {
                    Held held = new Held();
                    handlers.add(held);
                    return held;
                },
                options.setMaxBytesInFlight(LIMIT).setLmtp(by.lmtp),
                clock);
        await(server.listen());
        neighbour = client();
        handler();
    }

    private WireClient client() throws IOException {
        WireClient client = greeted(server);
        expect(client.command((way.lmtp ? "LHLO" : "EHLO") + " client.example"), "250");
        return client;
    }

    private Held handler() throws InterruptedException {
        return handlers.poll(SECONDS, TimeUnit.SECONDS);
    }

    /** The server has read what it will read of what clients have sent. */
    private void settled() throws Exception {
        expect(neighbour.command("NOOP"), "250");
        expect(neighbour.command("NOOP"), "250");
    }

    private void pass(Duration time) throws Exception {
        settled();
        clock.advance(time);
        await(server.tick());
    }

    private long octets() {
        return server.shared().bytesInFlight().octets();
    }

    private void awaitOctets(long octets) {
        awaitTrue("there are other than " + octets + " octets", () -> octets() == octets);
    }

    @ParameterizedTest
    @EnumSource
    void aBodyBeyondTheLimitWaitsAndGoesOnWhenThereIsRoom(Way by) throws Exception {
        serve(by, options());
        WireClient first = client();
        Held firstHeld = handler();
        way.begin(first, SIZE);
        way.end(first, SIZE);
        awaitOctets(SIZE);
        WireClient second = client();
        Held secondHeld = handler();
        way.begin(second, 4_000);
        awaitOctets(SIZE + 4_000);
        way.end(second, 4_000);
        settled();
        assertThat(octets()).isEqualTo(SIZE + 4_000);
        assertThat(neighbour.command("MAIL FROM:<a@client.example>")).isEqualTo(NO_ROOM);
        firstHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        expect(first.reply(), "250");
        await(secondHeld.ended.future());
        assertThat(secondHeld.received).hasValue(SIZE);
        expect(neighbour.command("MAIL FROM:<a@client.example>"), "250");
        secondHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        expect(second.reply(), "250");
        awaitOctets(0);
    }

    @ParameterizedTest
    @EnumSource
    void aMessageThatHasWaitedTooLongIsRefusedAndItsOctetsAreGivenBack(Way by) throws Exception {
        serve(by, options());
        WireClient first = client();
        Held firstHeld = handler();
        way.begin(first, SIZE);
        way.end(first, SIZE);
        WireClient second = client();
        Held secondHeld = handler();
        way.begin(second, 4_000);
        awaitOctets(SIZE + 4_000);
        pass(SmtpConnection.ROOM_PATIENCE.minus(MOMENT));
        assertThat(octets()).isEqualTo(SIZE + 4_000);
        pass(MOMENT);
        assertThat(await(secondHeld.failed.future())).isNotNull();
        awaitOctets(SIZE);
        assertThat(second.sawNothing()).isTrue();
        way.end(second, 4_000);
        assertThat(second.reply()).isEqualTo(NO_ROOM);
        expect(second.command("NOOP"), "250");
        assertThat(secondHeld.received).hasValue(4_000);
        firstHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        expect(first.reply(), "250");
        awaitOctets(0);
        way.begin(first, SIZE);
        way.end(first, SIZE);
        expect(first.reply(), "250"); // the handler answers as before
    }

    @ParameterizedTest
    @EnumSource
    void theTimeOfAClientStandsStillWhileItsMessageWaits(Way by) throws Exception {
        serve(by, options().setDataTimeout(MOMENT).setHandlerTimeout(Duration.ZERO));
        WireClient first = client();
        Held firstHeld = handler();
        way.begin(first, SIZE);
        way.end(first, SIZE);
        WireClient second = client();
        Held secondHeld = handler();
        way.begin(second, 4_000);
        awaitOctets(SIZE + 4_000);
        for (int i = 0; i < 4; i++) {
            pass(MOMENT);
        }
        firstHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        secondHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        way.end(second, 4_000);
        expect(second.reply(), "250");
    }

    @Test
    void aBodyThatWaitsGoesOnWhenRsetOrTheEndOfTheOtherSessionMakesRoom() throws Exception {
        serve(Way.SMTP_BDAT, options());
        WireClient first = client();
        handler();
        envelope(first);
        expect(first.send("BDAT 8000\r\n" + text(SIZE)).reply(), "250");
        awaitOctets(SIZE);
        WireClient second = client();
        Held secondHeld = handler();
        way.begin(second, 4_000);
        way.end(second, 4_000);
        settled();
        expect(first.command("RSET"), "250");
        await(secondHeld.ended.future());
        awaitOctets(SIZE);
        WireClient third = client();
        Held thirdHeld = handler();
        way.begin(third, 4_000);
        awaitOctets(SIZE + 4_000);
        way.end(third, 4_000);
        second.reset();
        await(thirdHeld.ended.future());
        awaitOctets(SIZE);
    }

    /** An end of a message, its first half sent. */
    private interface Ending {
        void bringAbout(WireClient client, Held handler) throws Exception;
    }

    private void assertGivesBack(Way by, SmtpServerOptions options, Ending ending) throws Exception {
        serve(by, options);
        WireClient client = client();
        Held held = handler();
        way.begin(client, 4_000);
        awaitOctets(4_000);
        ending.bringAbout(client, held);
        awaitOctets(0);
        await(server.close());
    }

    @ParameterizedTest
    @EnumSource
    void howeverAMessageEndsItsOctetsAreGivenBackOnce(Way by) throws Exception {
        List<Ending> endings = List.of(
                (client, held) -> {
                    held.answer.complete(Replies.MESSAGE_ACCEPTED);
                    way.end(client, 4_000);
                    expect(client.reply(), "250");
                },
                (client, held) -> {
                    way.end(client, 4_000);
                    await(held.ended.future());
                    held.answer.complete(Reply.of(550, "5.7.1", "No"));
                    expect(client.reply(), "550");
                },
                (client, held) -> {
                    way.end(client, 4_000);
                    held.answer.fail(new IllegalStateException("broken"));
                    expect(client.reply(), "451");
                },
                (client, held) -> {
                    way.end(client, 4_000);
                    held.answer.fail(new SmtpException(Replies.INSUFFICIENT_STORAGE));
                    expect(client.reply(), "452");
                },
                (client, held) -> {
                    way.end(client, 4_000);
                    await(held.ended.future());
                    pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT);
                    expect(client.reply(), "451");
                    held.answer.complete(Replies.MESSAGE_ACCEPTED);
                },
                (client, held) -> client.reset(),
                (client, held) -> client.close(),
                (client, held) -> client.shutdownOutput(),
                (client, held) -> pass(SmtpServerOptions.DEFAULT_DATA_TIMEOUT),
                (client, held) -> client.send("a\rb\n"));
        for (Ending ending : endings) {
            assertGivesBack(by, options(), ending);
        }
        assertGivesBack(by, options().setDataSizeLimit(4_080), (client, held) -> {
            way.end(client, 4_000);
            expect(client.reply(), "552");
        });
    }

    @Test
    void aServerThatStopsGivesBackWhatItsSessionsHeld() throws Exception {
        serve(Way.SMTP_DATA, options());
        BytesInFlight counted = server.shared().bytesInFlight();
        way.begin(client(), 4_000);
        awaitOctets(4_000);
        await(server.close());
        assertThat(counted.octets()).isZero();
    }

    @Test
    void ofAMessageThatIsPassedOnOnlyWhatWaitsForItsHandlerIsCounted() throws Exception {
        BlockingQueue<ReadStream<Buffer>> bodies = new LinkedBlockingQueue<>();
        AtomicInteger received = new AtomicInteger();
        SmtpHandler passesOn = new SmtpHandler() {
            @Override
            public boolean holdsMessages() {
                return false;
            }

            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                Promise<Reply> answer = Promise.promise();
                body.endHandler(end -> answer.complete(Replies.MESSAGE_ACCEPTED));
                body.handler(content -> received.addAndGet(content.length()));
                body.pause();
                bodies.add(body);
                return answer.future();
            }
        };
        server = new VertxSmtpServer(vertx, () -> passesOn, options().setMaxBytesInFlight(LIMIT), clock);
        await(server.listen());
        WireClient client = afterRcpt(server);
        client.send("BDAT 800\r\n" + text(800));
        awaitOctets(800);
        bodies.take().resume();
        awaitOctets(0);
        expect(client.reply(), "250");
        client.send("BDAT " + 4 * LIMIT + " LAST\r\n" + text(4 * LIMIT));
        expect(client.reply(), "250");
        assertThat(received).hasValue(800 + 4 * LIMIT);
        awaitOctets(0);
    }

    @Test
    void serversOnSeveralEventLoopsShareTheLimitAndWakeEachOther() throws Exception {
        BlockingQueue<Held> opened = new LinkedBlockingQueue<>();
        int port = -1;
        for (int i = 0; i < 2; i++) {
            SmtpServerOptions options = options().setPort(-1).setMaxBytesInFlight(LIMIT);
            server = new VertxSmtpServer(
                    vertx,
                    () -> {
                        Held held = new Held();
                        opened.add(held);
                        return held;
                    },
                    options,
                    clock);
            await(server.listen());
            port = server.actualPort();
        }
        way = Way.SMTP_DATA;
        // connections go to one event loop after the other
        WireClient first = connected(port);
        expect(first.reply(), "220");
        expect(first.command("EHLO client.example"), "250");
        Held firstHeld = opened.poll(SECONDS, TimeUnit.SECONDS);
        way.begin(first, SIZE);
        way.end(first, SIZE);
        awaitOctets(SIZE);
        WireClient second = connected(port);
        expect(second.reply(), "220");
        expect(second.command("EHLO client.example"), "250");
        Held secondHeld = opened.poll(SECONDS, TimeUnit.SECONDS);
        way.begin(second, 4_000);
        awaitOctets(SIZE + 4_000);
        way.end(second, 4_000);
        firstHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        expect(first.reply(), "250");
        await(secondHeld.ended.future());
        secondHeld.answer.complete(Replies.MESSAGE_ACCEPTED);
        expect(second.reply(), "250");
        awaitOctets(0);
    }
}
