package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.streams.ReadStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stream of a message's body: back-pressure, ends of every kind, and answers at any time. */
class BodySocketTest extends SocketTestBase {

    private static final String LINE = "x".repeat(76) + "\r\n";
    private static final int LARGE = 32 * 1024 * 1024;
    private static final Duration STUCK = Duration.ofMillis(300);

    @FunctionalInterface
    private interface Data extends SmtpHandler {
        Future<Reply> read(ReadStream<Buffer> body);

        @Override
        default Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return read(body);
        }
    }

    private SmtpServer reading(Data data) throws Exception {
        return listen(data, options().setDataSizeLimit(0));
    }

    private static byte[] large() {
        return LINE.repeat(LARGE / LINE.length()).getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aPausedBodyStopsTheSenderAndAResumedOneLetsItGoOn() throws Exception {
        AtomicReference<ReadStream<Buffer>> stream = new AtomicReference<>();
        AtomicLong got = new AtomicLong();
        SmtpServer server = reading(body -> {
            Promise<Reply> answer = Promise.promise();
            stream.set(body.handler(buffer -> got.addAndGet(buffer.length())));
            body.endHandler(end -> answer.complete(Reply.of(250, "got " + got)));
            body.pause();
            return answer.future();
        });
        WireClient client = inData(server);
        byte[] large = large();
        int taken = client.sendUntilStuck(large, STUCK);
        // what the kernel and Vert.x hold by themselves; it does not grow with the message
        assertThat(taken).isLessThan(16 * 1024 * 1024);
        assertThat(got).hasValue(0);

        stream.get().resume();
        byte[] rest = Arrays.copyOfRange(large, taken, large.length);
        assertThat(client.sendUntilStuck(rest, Duration.ofSeconds(SECONDS))).isEqualTo(rest.length);
        assertThat(client.send(".\r\n").reply()).isEqualTo("250 2.0.0 got " + large.length);
    }

    @Test
    void aBodyWithoutAHandlerStopsTheSenderUntilOneIsSet() throws Exception {
        AtomicReference<ReadStream<Buffer>> stream = new AtomicReference<>();
        Promise<Reply> answer = Promise.promise();
        SmtpServer server = reading(body -> {
            stream.set(body);
            return answer.future();
        });
        WireClient client = inData(server);
        byte[] large = large();
        int taken = client.sendUntilStuck(large, STUCK);
        assertThat(taken).isLessThan(16 * 1024 * 1024);

        AtomicLong got = new AtomicLong();
        stream.get().endHandler(end -> answer.complete(Reply.of(250, "got " + got)));
        stream.get().handler(buffer -> got.addAndGet(buffer.length()));
        byte[] rest = Arrays.copyOfRange(large, taken, large.length);
        assertThat(client.sendUntilStuck(rest, Duration.ofSeconds(SECONDS))).isEqualTo(rest.length);
        assertThat(client.send(".\r\n").reply()).isEqualTo("250 2.0.0 got " + large.length);
    }

    @Test
    void aBodyThatFailedBeforeItIsReadSaysSoToWhoReadsItLater() throws Exception {
        AtomicReference<ReadStream<Buffer>> stream = new AtomicReference<>();
        SmtpServer server = reading(body -> {
            stream.set(body);
            return Promise.<Reply>promise().future();
        });
        inData(server);
        await(server.close());
        Promise<Throwable> failure = Promise.promise();
        stream.get().handler(buffer -> {});
        stream.get().exceptionHandler(failure::complete);
        assertThat(await(failure.future())).isInstanceOf(MessageAbortedException.class);
    }

    @Test
    void fetchingOneByOneGivesTheWholeBody() throws Exception {
        AtomicInteger unasked = new AtomicInteger();
        SmtpServer server = reading(body -> {
            Promise<Reply> answer = Promise.promise();
            Buffer content = Buffer.buffer();
            AtomicLong asked = new AtomicLong(1);
            body.pause();
            body.handler(buffer -> {
                if (asked.decrementAndGet() < 0) {
                    unasked.incrementAndGet();
                }
                content.appendBuffer(buffer);
                vertx.runOnContext(v -> {
                    asked.incrementAndGet();
                    body.fetch(1);
                });
            });
            body.endHandler(end -> answer.complete(Reply.of(250, "got " + content.length())));
            body.fetch(1);
            return answer.future();
        });
        WireClient client = inData(server);
        String message = LINE.repeat(50_000);
        assertThat(client.send(message + ".\r\n").reply()).isEqualTo("250 2.0.0 got " + message.length());
        assertThat(unasked).hasValue(0);
    }

    @Test
    void aHandlerMayPauseAtEachBuffer() throws Exception {
        SmtpServer server = reading(body -> {
            Promise<Reply> answer = Promise.promise();
            Buffer content = Buffer.buffer();
            body.handler(buffer -> {
                content.appendBuffer(buffer);
                body.pause();
                vertx.setTimer(1, v -> body.resume());
            });
            body.endHandler(end -> answer.complete(Reply.of(250, "got " + content.length())));
            return answer.future();
        });
        WireClient client = inData(server);
        String message = LINE.repeat(20_000);
        assertThat(client.send(message + ".\r\n").reply()).isEqualTo("250 2.0.0 got " + message.length());
    }

    @Test
    void aBodyIsPipedIntoAFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("message");
        SmtpServer server = reading(body -> vertx.fileSystem()
                .open(file.toString(), new OpenOptions().setCreate(true))
                .compose(body::pipeTo)
                .map(Replies.MESSAGE_ACCEPTED));
        StringBuilder message = new StringBuilder();
        Random random = new Random(7);
        for (int i = 0; i < 60_000; i++) {
            message.append((char) ('a' + random.nextInt(26))).append("x".repeat(random.nextInt(70)));
            message.append("\r\n");
        }
        WireClient client = inData(server);
        assertThat(client.send(message + ".\r\n").reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(Files.readString(file)).isEqualTo(message.toString());
    }

    @Test
    void anAbortedBodyFailsItsPipe(@TempDir Path directory) throws Exception {
        Promise<Throwable> piped = Promise.promise();
        Promise<Void> begun = Promise.promise();
        SmtpServer server = reading(body -> vertx.fileSystem()
                .open(directory.resolve("message").toString(), new OpenOptions().setCreate(true))
                .compose(file -> {
                    begun.complete();
                    return body.pipeTo(file);
                })
                .onFailure(piped::complete)
                .map(Replies.MESSAGE_ACCEPTED));
        WireClient client = inData(server);
        client.send(LINE);
        await(begun.future());
        client.reset();
        assertThat(await(piped.future())).isInstanceOf(MessageAbortedException.class);
    }

    @Test
    void aClientThatGoesAwayFailsTheBodyWhichNeverEnds() throws Exception {
        for (boolean reset : new boolean[] {true, false}) {
            BodyRecorder recorder = new BodyRecorder();
            SmtpServer server = listen(recorder);
            WireClient client = inData(server);
            client.send(MESSAGE);
            if (reset) {
                client.reset();
            } else {
                client.close();
            }
            assertThat(await(recorder.failed())).isInstanceOf(MessageAbortedException.class);
            awaitNoConnection(server);
            assertThat(recorder.hasEnded()).isFalse();
        }
    }

    @Test
    void aClientThatGoesAwayInAChunkFailsTheBodyWhichNeverEnds() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        SmtpServer server = listen(recorder);
        WireClient client = afterRcpt(server);
        client.send("BDAT 1000 LAST\r\nhalf of it");
        client.close();
        assertThat(await(recorder.failed())).isInstanceOf(MessageAbortedException.class);
        awaitNoConnection(server);
        assertThat(recorder.hasEnded()).isFalse();
    }

    @Test
    void rsetBetweenChunksFailsTheBody() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        WireClient client = afterRcpt(listen(recorder));
        expect(client.send("BDAT 5\r\nhello").reply(), "250");
        expect(client.command("RSET"), "250");
        assertThat(await(recorder.failed())).isInstanceOf(MessageAbortedException.class);
        assertThat(recorder.hasEnded()).isFalse();
    }

    @Test
    void chunksArriveAsOneBody() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        WireClient client = afterRcpt(listen(recorder));
        client.send("BDAT 9\r\nhello\r\n..BDAT 2\r\n\r\nBDAT 0 LAST\r\n");
        expect(client.reply(), "250");
        expect(client.reply(), "250");
        assertThat(client.reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(await(recorder.ended())).hasToString("hello\r\n..\r\n");
    }

    @Test
    void anEmptyMessageIsAnEmptyBody() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        WireClient client = inData(listen(recorder));
        assertThat(client.send(".\r\n").reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(await(recorder.ended()).length()).isZero();
    }

    @Test
    void aMessageThatIsWrongFailsTheBody() throws Exception {
        BodyRecorder recorder = new BodyRecorder();
        WireClient client = inData(listen(recorder));
        assertThat(client.send("bare\nnewline\r\n.\r\n").reply()).isEqualTo(Replies.BARE_NEWLINE.toString());
        assertThat(await(recorder.failed())).isInstanceOf(MessageAbortedException.class);
        assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void anEarlyAnswerDrainsWhatStillComes() throws Exception {
        for (Reply early : new Reply[] {Reply.of(554, "5.6.0", "enough"), Reply.of(250, "enough")}) {
            Promise<Reply> answer = Promise.promise();
            SmtpServer server = reading(body -> {
                body.handler(buffer -> answer.tryComplete(early));
                return answer.future();
            });
            WireClient client = inData(server);
            client.send(LINE);
            await(answer.future());
            client.sendUntilStuck(large(), Duration.ofSeconds(SECONDS));
            assertThat(client.send(".\r\n").reply()).endsWith("enough");
            assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
        }
    }

    @Test
    void anAnswerWithoutAnyLookAtTheBodyDrainsIt() throws Exception {
        AtomicInteger messages = new AtomicInteger();
        SmtpServer server = reading(body -> {
            messages.incrementAndGet();
            return vertx.timer(5).map(v -> Replies.MESSAGE_ACCEPTED);
        });
        WireClient client = inData(server);
        client.sendUntilStuck(large(), Duration.ofSeconds(SECONDS));
        assertThat(client.send(".\r\n").reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        envelope(client);
        expect(client.command("DATA"), "354");
        assertThat(client.send(MESSAGE + ".\r\n").reply()).isEqualTo(Replies.MESSAGE_ACCEPTED.toString());
        assertThat(messages).hasValue(2);
    }

    @Test
    void aRefusalAtOnceStandsInThePlaceOf354() throws Exception {
        SmtpServer server = reading(body -> Future.failedFuture(new SmtpException(452, "4.3.1", "full")));
        WireClient client = afterRcpt(server);
        assertThat(client.command("DATA")).isEqualTo("452 4.3.1 full");
        assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
    }

    @Test
    void aThrowingHandlerOfTheBodyIsAnsweredWith451() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            Data inHandler = body -> {
                body.handler(buffer -> {
                    throw new IllegalStateException("broken on purpose");
                });
                return Promise.<Reply>promise().future();
            };
            Data inEndHandler = body -> {
                body.handler(buffer -> {});
                body.endHandler(end -> {
                    throw new IllegalStateException("broken on purpose");
                });
                return Promise.<Reply>promise().future();
            };
            for (Data data : new Data[] {inHandler, inEndHandler}) {
                WireClient client = inData(reading(data));
                assertThat(client.send(MESSAGE + ".\r\n").reply()).isEqualTo(Replies.HANDLER_FAILED.toString());
                assertThat(client.command("NOOP")).isEqualTo(Replies.OK.toString());
            }
            assertThat(log.at(Level.SEVERE)).hasSize(2);
        }
    }

    @Test
    void aThrowingExceptionHandlerOfTheBodyHarmsNobody() throws Exception {
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            SmtpServer server = reading(body -> {
                body.handler(buffer -> {});
                body.exceptionHandler(cause -> {
                    throw new IllegalStateException("broken on purpose");
                });
                return Promise.<Reply>promise().future();
            });
            WireClient client = inData(server);
            client.send(LINE);
            client.close();
            awaitNoConnection(server);
            assertThat(afterEhlo(server).command("NOOP")).isEqualTo(Replies.OK.toString());
            assertThat(log.at(Level.WARNING)).hasSize(1);
        }
    }

    @Test
    void aBodyThatIsPausedForGoodIsGivenUp() throws Exception {
        Promise<Void> paused = Promise.promise();
        Promise<Throwable> failed = Promise.promise();
        ManualClock clock = new ManualClock();
        VertxSmtpServer server = listen(
                (Data) body -> {
                    body.handler(buffer -> {
                        body.pause();
                        paused.tryComplete();
                    });
                    body.exceptionHandler(failed::complete);
                    return Promise.<Reply>promise().future();
                },
                options(),
                clock);
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            WireClient client = inData(server);
            client.send(MESSAGE);
            await(paused.future());
            pass(SmtpServerOptions.DEFAULT_HANDLER_TIMEOUT, server, clock);
            assertThat(await(failed.future())).isInstanceOf(MessageAbortedException.class);
            assertThat(client.send(".\r\n").reply()).isEqualTo(Replies.HANDLER_FAILED.toString());
            assertThat(log.at(Level.WARNING)).hasSize(1);
        }
    }

    @Test
    void theStreamIsUsedFromAnotherThread() throws Exception {
        SmtpServer server = reading(body -> {
            Promise<Reply> answer = Promise.promise();
            new Thread(() -> {
                        Buffer content = Buffer.buffer();
                        body.endHandler(end -> answer.complete(Reply.of(250, "got " + content.length())));
                        body.handler(content::appendBuffer);
                        body.pause();
                        body.resume();
                    })
                    .start();
            return answer.future();
        });
        WireClient client = inData(server);
        String message = LINE.repeat(10_000);
        assertThat(client.send(message + ".\r\n").reply()).isEqualTo("250 2.0.0 got " + message.length());
    }
}
