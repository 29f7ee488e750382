package io.postern.smtp.testkit;

import static io.postern.smtp.testkit.Sending.message;
import static io.postern.smtp.testkit.Sending.send;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.testkit.Transcript.Line;
import io.postern.smtp.testkit.Transcript.Side;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waiting for messages of a server. */
class InboxTest {

    private static final Duration SHORT = Duration.ofMillis(1);

    private final TestSmtpServer server = TestSmtpServer.start();
    private final Inbox inbox = server.inbox();

    @AfterEach
    void close() {
        server.close();
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void awaitingTakesTheFirstOfItsKindAndLeavesOthersUnseen() {
        send(server, message("one"), "anne@example.org");
        send(server, message("two"), "bart@example.org");

        ReceivedMessage two = inbox.await(message -> message.rcptTos().contains("bart@example.org"));

        assertThat(two.text()).startsWith("Subject: two");
        assertThat(inbox.unseen())
                .singleElement()
                .satisfies(one -> assertThat(one.rcptTos()).containsExactly("anne@example.org"));
    }

    @Test
    void aMessageThatWasSentTwiceIsSeenOnce() throws Exception {
        send(server, message("twice"), "anne@example.org");
        send(server, message("twice"), "anne@example.org");

        inbox.await();
        assertThat(inbox.unseen()).hasSize(1);
        inbox.await(message -> message.text().contains("twice"));
        assertThat(inbox.unseen()).hasSize(1);
        get(inbox.arrival(message -> message.text().contains("twice")));
        assertThat(inbox.unseen()).hasSize(1);
        assertThat(inbox.await(1)).hasSize(2);
        assertThat(inbox.unseen()).isEmpty();
    }

    @Test
    void nobodyWaitsForNoMessage() {
        assertThatThrownBy(() -> inbox.await(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("count is 0; allowed is 1 or more");
        assertThatThrownBy(() -> inbox.arrival(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMessageForSeveralRecipientsCountsOnce() {
        send(server, message("one"), "anne@example.org", "bart@example.org", "carl@example.org");
        assertThat(inbox.await(1))
                .singleElement()
                .satisfies(message -> assertThat(message.rcptTos()).hasSize(3));
    }

    @Test
    void whatArrivesWhenNobodyWaitsAnyMoreIsUnseen() {
        assertThatThrownBy(() -> inbox.await(message -> true, SHORT))
                .isInstanceOf(AssertionError.class)
                .hasMessage("expected a message of the kind that is awaited within PT0.001S, but 0 arrived");
        assertThatThrownBy(() -> inbox.await(1, SHORT)).isInstanceOf(AssertionError.class);

        send(server, message("late"), "anne@example.org");

        assertThat(inbox.unseen()).hasSize(1);
    }

    @Test
    void anErrorShowsTheSessionsThatMayBeWhy() {
        send(server, message("one"), "anne@example.org");
        server.faults().onRcpt().times(1).reply(550, "5.1.1", "nobody here");
        try (RawSmtpClient refused = server.connect();
                RawSmtpClient waits = server.connect()) {
            Dialogue.parse("""
                    S: 220
                    C: EHLO refused.example
                    S: 250
                    C: MAIL FROM:<a@b.example>
                    C: RCPT TO:<c@d.example>
                    S: 250
                    S: 550
                    C: QUIT
                    S: 221
                    S: <closed>
                    """).with(refused);
            waits.expect(220);
            waits.command("EHLO waits.example").expect(250);
            waits.command("AUTH PLAIN " + Base64.getEncoder().encodeToString("\0x\0secret".getBytes(US_ASCII)))
                    .expect(535);
            waits.command("MAIL FROM:<a@b.example>").expect(250);

            assertThatThrownBy(() -> inbox.await(2, SHORT))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("expected 2 messages within PT0.001S, but 1 arrived\n  <app@example.org>")
                    .hasMessageContaining(
                            "\na session:\n  S: 220 mx.example.test ESMTP Postern\n  C: EHLO refused.example")
                    .hasMessageContaining("\n  S: 550 5.1.1 nobody here\n  C: QUIT\n  S: 221 2.0.0 Bye")
                    .hasMessageContaining("\n  C: AUTH ***\n")
                    .hasMessageEndingWith("\n  C: MAIL FROM:<a@b.example>\n  S: 250 2.1.0 OK")
                    .satisfies(error ->
                            assertThat(error.getMessage().split("\na session:")).hasSize(3));
        }
    }

    @Test
    void anErrorShowsNoMoreThanTheLastLinesOfTheLastSessions() {
        List<RawSmtpClient> clients = Stream.generate(server::connect).limit(5).toList();
        clients.forEach(client -> {
            client.expect(220);
            for (int i = 1; i <= 60; i++) {
                client.command("NOOP " + i).expect(250);
            }
        });

        assertThatThrownBy(() -> inbox.await(1, SHORT))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("\na session, without its first 81 lines:\n  C: NOOP 41\n  S: 250")
                .hasMessageEndingWith("\n  C: NOOP 60\n  S: 250 2.0.0 OK")
                .satisfies(error -> assertThat(error.getMessage().lines()).hasSize(1 + 3 * (1 + 40)));
        clients.forEach(RawSmtpClient::close);
    }

    @Test
    void anErrorShowsSessionsForItsDomainRatherThanOthers() {
        Transcript ours = session("C: RCPT TO:<anne@t7.example.test>", "S: 450 busy");
        Transcript others = session("C: RCPT TO:<anne@t8.example.test>", "S: 450 busy");
        Inbox own = new Inbox("t7.example.test").explainedBy(() -> List.of(ours, others));
        Inbox nobodys = new Inbox("t9.example.test").explainedBy(() -> List.of(ours, others));

        assertThatThrownBy(() -> own.await(1, SHORT))
                .hasMessageContaining("@t7")
                .hasMessageNotContaining("@t8");
        assertThatThrownBy(() -> nobodys.await(1, SHORT))
                .hasMessageContaining("@t7")
                .hasMessageContaining("@t8");
    }

    private static Transcript session(String client, String server) {
        Instant now = Instant.EPOCH;
        return new Transcript(List.of(
                new Line(Side.CLIENT, now, client.substring(3)), new Line(Side.SERVER, now, server.substring(3))));
    }

    @Test
    void whoeverIsInterruptedWaitsNoMore() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> inbox.await(1)).hasMessageStartingWith("interrupted: expected 1 message");
        assertThat(Thread.interrupted()).isTrue();

        send(server, message("late"), "anne@example.org");

        assertThat(inbox.unseen()).hasSize(1);
    }

    @Test
    void anArrivalCompletesWithTheMessage() throws Exception {
        Future<ReceivedMessage> first = inbox.arrival(message -> message.text().contains("one"));
        Future<List<ReceivedMessage>> both = inbox.arrival(2, Duration.ofMinutes(1));
        assertThat(first.isComplete()).isFalse();

        send(server, message("one"), "anne@example.org");
        send(server, message("two"), "anne@example.org");

        assertThat(get(first).text()).startsWith("Subject: one");
        assertThat(get(both)).hasSize(2);
        assertThat(get(inbox.arrival(2))).isEqualTo(get(both));
        assertThat(inbox.unseen()).isEmpty();
    }

    @Test
    void anArrivalFailsInTimeAndTellsWhatDidArrive() {
        send(server, message("one"), "anne@example.org");

        Future<ReceivedMessage> none = inbox.arrival(message -> false, SHORT);
        assertThatThrownBy(() -> get(none))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("within PT0.001S, but 1 arrived\n  <app@example.org> to [anne@example.org]");
    }

    @Test
    void aPredicateThatThrowsFailsTheOneWhoWaitsAndNotTheClient() {
        Future<ReceivedMessage> waiting = inbox.arrival(message -> {
            throw new IllegalStateException("a fault that a test makes");
        });
        Future<ReceivedMessage> other = inbox.arrival(message -> true);

        send(server, message("one"), "anne@example.org"); // which requires 250

        assertThatThrownBy(() -> get(waiting)).hasRootCauseMessage("a fault that a test makes");
        assertThat(other.succeeded()).isTrue();
        assertThatThrownBy(() -> inbox.await(message -> {
                    throw new AssertionError("a failed assertion");
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessage("a failed assertion");
    }

    @Test
    void aPredicateThatThrowsMarksNothingAsSeen() {
        Future<ReceivedMessage> waiting = inbox.arrival(message -> {
            throw new IllegalStateException("a fault that a test makes");
        });
        send(server, message("one"), "anne@example.org");
        assertThat(waiting.failed()).isTrue();
        assertThat(inbox.unseen()).hasSize(1);
    }

    @Test
    void aListenerThatThrowsDoesNotFailTheClientEither() {
        Future<List<ReceivedMessage>> arrival = inbox.arrival(1).onSuccess(found -> {
            throw new IllegalStateException("a fault that a test makes");
        });
        send(server, message("one"), "anne@example.org"); // which requires 250
        assertThat(arrival.succeeded()).isTrue();
    }

    @Test
    void awaitingIsRefusedOnAnEventLoop() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            CompletableFuture<Void> asked = new CompletableFuture<>();
            vertx.runOnContext(v -> {
                try {
                    assertThatIllegalStateException().isThrownBy(inbox::await);
                    asked.complete(null);
                } catch (AssertionError e) {
                    asked.completeExceptionally(e);
                }
            });
            asked.get(10, TimeUnit.SECONDS);
        } finally {
            get(vertx.close());
        }
    }

    @Test
    void whatIsForgottenIsNeitherThereNorUnseen() {
        send(server, message("one"), "anne@example.org");
        inbox.clear();
        assertThat(inbox.isEmpty()).isTrue();
        assertThat(inbox.unseen()).isEmpty();
    }
}
