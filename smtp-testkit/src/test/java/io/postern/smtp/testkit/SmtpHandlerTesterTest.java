package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.postern.smtp.Envelope;
import io.postern.smtp.MessageAbortedException;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpHandlerTesterTest {

    /** Answers RCPT and DATA when the test says so, and takes as much of a body as the test asks for. */
    private static class Waiting implements SmtpHandler {

        final Promise<Reply> rcpt = Promise.promise();
        final Promise<Reply> data = Promise.promise();
        final List<String> content = new ArrayList<>();
        Throwable aborted = new AssertionError("not aborted");

        @Override
        public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
            return rcpt.future();
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            body.pause();
            body.handler(piece -> content.add(piece.toString()));
            body.exceptionHandler(cause -> aborted = cause);
            return data.future();
        }
    }

    private static RawSmtpClient inTransaction(SmtpHandlerTester tester) {
        RawSmtpClient client = tester.client().hello();
        client.command("MAIL FROM:<a@b.example>").expect(250);
        return client;
    }

    private static RawSmtpClient withRecipient(SmtpHandlerTester tester) {
        RawSmtpClient client = inTransaction(tester);
        client.command("RCPT TO:<c@d.example>").expect(250);
        return client;
    }

    @Test
    void theHandlerIsCalledOnTheThreadOfTheTestAndOnTheContextOfItsSession() {
        List<Thread> threads = new ArrayList<>();
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                threads.add(Thread.currentThread());
                assertThat(Vertx.currentContext()).isEqualTo(session.context());
                return SmtpHandler.super.handleNoop(session, argument);
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            tester.client().hello().command("NOOP").expect(250);

            assertThat(threads).containsExactly(Thread.currentThread());
            assertThat(Vertx.currentContext()).isNull(); // the test itself is on none
            assertThat(tester.session().context().owner()).isEqualTo(tester.vertx());
            assertThat(tester.told()).containsExactly("CONNECT", "EHLO client.example", "NOOP");
        }
    }

    @Test
    void anAnswerThatComesLaterIsWaitedForAndNothingElseIsAskedMeanwhile() {
        Waiting handler = new Waiting();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            RawSmtpClient client = inTransaction(tester);
            client.send("RCPT TO:<c@d.example>\r\nNOOP\r\n");

            assertThat(client.hasInput()).isFalse();
            assertThat(tester.told()).endsWith("RCPT c@d.example").doesNotContain("NOOP");

            handler.rcpt.complete(Reply.of(550, "5.1.1", "who?"));

            client.expect(550);
            client.expect(250);
            assertThat(tester.told()).endsWith("NOOP");
        }
    }

    @Test
    void anAnswerFromAnotherThreadIsWaitedFor() {
        SmtpHandlerTester.Handlers handlers = (vertx, clock) -> new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return vertx.executeBlocking(
                        () -> Reply.of(250, Thread.currentThread().getName()));
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handlers)) {
            WireReply reply = tester.client().hello().command("NOOP").expect(250);

            assertThat(reply.text()).contains("worker");
            assertThat(tester.<Integer>await(tester.vertx().executeBlocking(() -> 7)))
                    .isEqualTo(7);
            assertThatExceptionOfType(AssertionError.class)
                    .isThrownBy(() -> tester.await(Future.failedFuture(new IllegalStateException("broken"))))
                    .withMessageContaining("broken");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA", "BDAT"})
    void theHandlerIsGivenNoMoreThanItAsksFor(String verb) {
        Waiting handler = new Waiting();
        handler.rcpt.complete(Replies.RECIPIENT_OK);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            RawSmtpClient client = withRecipient(tester);
            if (verb.equals("DATA")) {
                client.command("DATA").expect(354);
            } else {
                client.send("BDAT 15 LAST\r\n");
            }
            assertThat(tester.body().demand()).isZero();
            client.send("one\r\n");
            client.send("two\r\n");
            client.send("six\r\n");
            assertThat(handler.content).isEmpty();

            tester.body().fetch(1);
            tester.run();
            assertThat(handler.content).containsExactly("one\r\n");
            assertThat(tester.body().demand()).isZero();
            assertThat(tester.body().octets()).isEqualTo(5);

            tester.body().fetch(1);
            tester.run();
            assertThat(handler.content).containsExactly("one\r\n", "two\r\n");

            tester.body().resume();
            tester.run();
            assertThat(tester.body().demand()).isEqualTo(Long.MAX_VALUE);
            assertThat(tester.body().pieces()).isEqualTo(3);
            assertThat(tester.body().isEnded()).isEqualTo(verb.equals("BDAT"));

            if (verb.equals("DATA")) {
                client.send(".\r\n");
                assertThat(tester.body().isEnded()).isTrue();
            }
            assertThat(client.hasInput()).isFalse();
            handler.data.complete(Replies.MESSAGE_ACCEPTED);
            client.expect(250);
        }
    }

    @Test
    void aHandlerThatDoesNotReadHoldsUpTheClient() {
        Waiting handler = new Waiting();
        handler.rcpt.complete(Replies.RECIPIENT_OK);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            RawSmtpClient client = withRecipient(tester);
            client.command("DATA").expect(354);
            byte[] lines = "0123456789abcd\r\n".repeat(262_144).getBytes(StandardCharsets.US_ASCII);

            int taken = client.sendUntilStuck(lines, Duration.ZERO);

            // Vert.x reads ahead up to 24 times, on a socket too
            assertThat(taken).isLessThan(lines.length / 2);
            assertThat(tester.body().octets()).isZero();
            tester.body().resume();
            client.send(Arrays.copyOfRange(lines, taken, lines.length)).send(".\r\n");
            assertThat(tester.body().octets()).isEqualTo(lines.length);
            assertThat(tester.body().isEnded()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatVanishesInTheMessageAbortsIt(boolean byReset) {
        Waiting handler = new Waiting();
        handler.rcpt.complete(Replies.RECIPIENT_OK);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            RawSmtpClient client = withRecipient(tester);
            client.command("DATA").expect(354);
            tester.body().resume();
            client.send("half a mess");
            if (byReset) {
                client.reset();
            } else {
                client.close();
            }

            assertThat(handler.content).containsExactly("half a mess");
            assertThat(handler.aborted).isInstanceOf(MessageAbortedException.class);
            assertThat(tester.body().isAborted()).isTrue();
            assertThat(tester.body().isEnded()).isFalse();
            assertThat(tester.told()).endsWith("DATA", "DISCONNECT");
        }
    }

    @Test
    void theStreamThatIsObservedTellsOfAFailureAsTheServerDoes() {
        SmtpHandler deaf = new SmtpHandler() {
            @Override
            public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
                body.handler(piece -> {});
                return Promise.<Reply>promise().future();
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(deaf)) {
            RawSmtpClient client = withRecipient(tester);
            client.command("DATA").expect(354);
            client.close();
            List<Throwable> told = new ArrayList<>();

            tester.body().exceptionHandler(told::add);
            assertThat(told).isEmpty(); // not before it returns
            tester.run();
            tester.body().exceptionHandler(told::add);
            tester.run();

            assertThat(told).hasSize(1).hasOnlyElementsOfType(MessageAbortedException.class);
        }
    }

    @Test
    void timePassesWhenTheTestSaysSo() {
        List<Instant> rings = new ArrayList<>();
        SmtpHandlerTester.Handlers handlers = (vertx, clock) -> new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                vertx.setTimer(60_000, timer -> rings.add(clock.instant()));
                return vertx.timer(5, TimeUnit.MINUTES).map(v -> Reply.of(250, "slept"));
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                handlers, TestSmtpServer.defaultOptions().setHandlerTimeout(Duration.ofMinutes(6)))) {
            Instant start = tester.clock().instant();
            RawSmtpClient client = tester.client().hello();
            client.send("NOOP\r\n");

            tester.advance(Duration.ofMinutes(5).minusMillis(1));
            assertThat(rings).containsExactly(start.plusSeconds(60));
            assertThat(client.hasInput()).isFalse();

            tester.advance(Duration.ofMillis(1));
            assertThat(client.expect(250).text()).isEqualTo("2.0.0 slept");

            tester.advance(Duration.ofMinutes(5).minusSeconds(1));
            assertThat(client.hasInput()).isFalse();
            tester.advance(Duration.ofSeconds(1).plusMillis(250)); // RFC 5321 §4.5.3.2.7
            client.expect(421);
            assertThat(client.readToEnd()).isEmpty();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tester.advance(Duration.ofMillis(-1)))
                    .withMessage("by is PT-0.001S; allowed is zero or more");
        }
    }

    @Test
    void aHandlerThatFailsIsToldAndTheClientIsNot() {
        SmtpHandler failing = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                throw new IllegalStateException("the password is 1234");
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(failing)) {
            WireReply reply = tester.client().hello().command("NOOP");

            assertThat(reply.toString()).isEqualTo(Replies.HANDLER_FAILED.toString());
            assertThat(tester.told())
                    .endsWith("NOOP", "EXCEPTION java.lang.IllegalStateException: the password is 1234");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSessionIsWhatTheTestMakesOfIt(boolean implicitTls) {
        TestCertificate certificate = TestCertificate.create();
        SmtpServerOptions options = TestSmtpServer.defaultOptions()
                .setTls(certificate.serverOptions())
                .setImplicitTls(implicitTls)
                .setProxyProtocol(true);
        RecordingHandler handler = new RecordingHandler();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler, options)) {
            tester.client()
                    .throughProxyFrom("2001:db8::7")
                    .encrypted(certificate.sslContext())
                    .named("phone.example")
                    .loggedInAs("anne")
                    .hello()
                    .command("NOOP")
                    .expect(250);

            Session session = tester.session();
            assertThat(session.peer().hostAddress()).isEqualTo("2001:db8:0:0:0:0:0:7");
            assertThat(session.proxy())
                    .hasValueSatisfying(
                            proxy -> assertThat(proxy.proxy().hostAddress()).isEqualTo("127.0.0.1"));
            assertThat(session.ssl()).isTrue();
            assertThat(session.hostName()).contains("phone.example");
            assertThat(session.authenticated())
                    .hasValueSatisfying(
                            who -> assertThat(who.authenticationId()).isEqualTo("anne"));
            assertThat(session.lmtp()).isFalse();
            assertThat(handler.events()).isEqualTo(tester.told()).hasSize(implicitTls ? 4 : 6);
            assertThat(tester.told())
                    .startsWith("PROXY 2001:db8:0:0:0:0:0:7:50000", "CONNECT", "EHLO phone.example")
                    .endsWith("EHLO phone.example", "NOOP");
        }
    }

    @Test
    void aSessionOfLmtpFromAnotherAddress() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                new RecordingHandler(), TestSmtpServer.defaultOptions().setLmtp(true))) {
            tester.client().peer("192.0.2.7").hello();

            assertThat(tester.session().lmtp()).isTrue();
            assertThat(tester.session().peer().hostAddress()).isEqualTo("192.0.2.7");
            assertThat(tester.session().extendedSmtp()).isTrue();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tester.client().peer("example.org"))
                    .withMessage("address is \"example.org\"; allowed is an IP address");
            assertThatIllegalStateException().isThrownBy(() -> tester.client().throughProxyFrom("192.0.2.7"));
        }
    }

    @Test
    void whatTheServerRefusesTheHandlerIsNotAsked() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler())) {
            assertThatIllegalStateException().isThrownBy(tester::body);
            assertThatIllegalStateException().isThrownBy(tester::session);
            RawSmtpClient client = tester.client().hello();
            client.command("RCPT TO:<c@d.example>").expect(503);
            client.command("MAIL FROM:<").expect(553);

            assertThat(tester.told()).containsExactly("CONNECT", "EHLO client.example");
        }
    }

    @Test
    void faultsAndTranscriptsAreThoseOfAnyTestServer() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler())) {
            tester.faults().onRcpt().times(1).delay(Duration.ofMinutes(4));
            RawSmtpClient client = inTransaction(tester);
            client.send("RCPT TO:<c@d.example>\r\n");
            assertThat(client.hasInput()).isFalse();
            tester.advance(Duration.ofMinutes(4));
            client.expect(250);

            assertThat(tester.transcripts().get(0).toString())
                    .contains("C: RCPT TO:<c@d.example>\n-- onRcpt().times(1).afterDelay(PT4M)")
                    .endsWith("S: 250 2.1.5 OK");
            List<Transcript.Line> lines = tester.transcripts().get(0).lines();
            assertThat(Duration.between(
                            lines.get(0).at(), lines.get(lines.size() - 1).at()))
                    .isEqualTo(Duration.ofMinutes(4));
        }
    }

    @Test
    void aHandlerThatAsksTheClockIsDrivenThroughItsTime() {
        Map<String, Instant> seen = new HashMap<>();
        SmtpHandlerTester.Handlers handlers = (vertx, clock) -> new SmtpHandler() {
            @Override
            public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
                Instant now = clock.instant();
                Instant first = seen.computeIfAbsent(session.peer().hostAddress(), peer -> now);
                return Future.succeededFuture(
                        first.plusSeconds(60).isAfter(now)
                                ? Reply.of(450, "4.7.1", "come back later")
                                : Replies.RECIPIENT_OK);
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handlers)) {
            RawSmtpClient client = tester.client().peer("192.0.2.7").hello();
            client.command("MAIL FROM:<a@b.example>").expect(250);
            client.command("RCPT TO:<c@d.example>").expect(450);
            tester.advance(Duration.ofMinutes(1));
            client.command("RCPT TO:<c@d.example>").expect(250);

            assertThat(seen).containsOnlyKeys("192.0.2.7");
            assertThat(tester.told()).containsOnlyOnce("MAIL a@b.example").endsWith("RCPT c@d.example");
        }
    }

    @Test
    void greylistingGoesByTheClockOfTheTester() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler())) {
            tester.faults().greylisting(Duration.ofMinutes(5));
            RawSmtpClient client = inTransaction(tester);

            client.command("RCPT TO:<c@d.example>").expect(451);
            tester.advance(Duration.ofMinutes(4));
            client.command("RCPT TO:<c@d.example>").expect(451);
            tester.advance(Duration.ofMinutes(1));
            client.command("RCPT TO:<c@d.example>").expect(250);
        }
    }

    @Test
    void aHandlerCannotWaitForWhatHappensWhenItHasReturned() {
        List<SmtpHandlerTester> itself = new ArrayList<>();
        List<Throwable> thrown = new ArrayList<>();
        SmtpHandler impatient = new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                SmtpHandlerTester tester = itself.get(0);
                thrown.add(catchThrowable(() -> tester.advance(Duration.ofDays(1))));
                thrown.add(catchThrowable(() -> tester.await(tester.vertx().timer(1, TimeUnit.SECONDS))));
                return SmtpHandler.super.handleNoop(session, argument);
            }
        };
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(impatient)) {
            itself.add(tester);
            tester.client().hello().command("NOOP").expect(250);

            assertThat(thrown)
                    .hasSize(2)
                    .allSatisfy(it -> assertThat(it)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("a handler cannot wait"));
        }
    }

    @Test
    void aClientThatHasLeftReadsNothingMore() {
        Waiting handler = new Waiting();
        handler.rcpt.complete(Replies.RECIPIENT_OK);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            RawSmtpClient closed = withRecipient(tester);
            closed.close();
            RawSmtpClient dropped = withRecipient(tester);
            dropped.reset();

            for (RawSmtpClient client : List.of(closed, dropped)) {
                assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(client::readReply);
                assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> client.send("NOOP\r\n"));
            }
        }
    }

    @Test
    void testersOfOneThreadDoNotDisturbEachOther() {
        try (SmtpHandlerTester other = SmtpHandlerTester.of(new RecordingHandler())) {
            RawSmtpClient patient = other.client().hello();
            Instant before = other.clock().instant();
            try (SmtpHandlerTester one = SmtpHandlerTester.of(new RecordingHandler())) {
                RawSmtpClient client = one.client().hello();
                one.advance(Duration.ofHours(1));

                client.expect(421);
                patient.command("NOOP").expect(250);
                assertThat(one.told()).endsWith("DISCONNECT");
            }
            patient.command("NOOP").expect(250);

            assertThat(other.told()).endsWith("NOOP", "NOOP");
            assertThat(other.clock().instant()).isEqualTo(before);
        }
    }

    @Test
    void anotherThreadIsSentAway() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler())) {
            RawSmtpClient client = tester.connect();

            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(
                            () -> CompletableFuture.runAsync(client::readReply).join())
                    .withCauseInstanceOf(IllegalStateException.class)
                    .withMessageContaining("only the thread that has made the tester");
            client.expect(220);
        }
    }

    @Test
    void theVertxOfATesterHasNoNetwork() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler())) {
            assertThatExceptionOfType(AssertionError.class)
                    .isThrownBy(
                            () -> tester.await(tester.vertx().createNetClient().connect(25, "127.0.0.1")))
                    .withMessageContaining("no network");
        }
    }

    @Test
    void whatCannotBeServedIsNotStarted() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> SmtpHandlerTester.of(
                        new RecordingHandler(), TestSmtpServer.defaultOptions().setRequireStartTls(true)))
                .withMessageContaining("requireStartTls is set, but tls is not");
    }

    @Test
    void aClientOfAClosedTesterIsToldSo() {
        SmtpHandlerTester tester = SmtpHandlerTester.of(new RecordingHandler());
        RawSmtpClient client = tester.client().hello();
        tester.close();

        assertThat(client.readToEnd()).startsWith("421 4.3.2");
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> client.send("NOOP\r\n"));
        client.close();
        tester.close(); // as often as one likes
    }

    @Test
    void noHookIsLeftOutOfWhatIsObserved() throws NoSuchMethodException {
        for (Method hook : SmtpHandler.class.getMethods()) {
            if (!Modifier.isStatic(hook.getModifiers())) {
                assertThat(ObservedHandler.class.getMethod(hook.getName(), hook.getParameterTypes()))
                        .extracting(Method::getDeclaringClass)
                        .isEqualTo(ObservedHandler.class);
            }
        }
    }
}
