package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.handlers.stream.HandedOnBody;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the next hop says without being asked is no answer to whoever has waited for the connection. */
class ReusedConnectionTest {

    private final RelayFixture fixture = new RelayFixture();
    private final Context context = fixture.vertx.getOrCreateContext();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private static Future<Reply> rcpt(RelayTransaction transaction) {
        return transaction.rcpt(new Recipient(Mailbox.of("to@example.test"), RcptParameters.NONE));
    }

    private Future<List<Reply>> send(RelayTransaction transaction) {
        HandedOnBody body = new HandedOnBody(context, () -> {}, fault -> {});
        Future<List<Reply>> sent = transaction.send(body);
        body.offer(List.of(Buffer.buffer("A: b\r\n\r\n")), true);
        return sent;
    }

    private static RelayTransaction begin(RelayClient client) {
        return client.begin(new Sender(Optional.empty(), MailParameters.NONE));
    }

    /** Two messages, the second of which waits until the first gives the only connection back. */
    private Future<Void> deliverTwo(RelayClient client) {
        RelayTransaction first = begin(client);
        RelayTransaction second = begin(client);
        return rcpt(first)
                .compose(accepted -> {
                    Future<Reply> waiting = rcpt(second);
                    return send(first).compose(replies -> {
                        assertThat(replies).extracting(Reply::code).containsExactly(250);
                        return waiting.compose(reply -> {
                            assertThat(reply.toString()).isEqualTo("250 second");
                            return send(second);
                        });
                    });
                })
                .map(replies -> {
                    assertThat(replies).extracting(Reply::code).containsExactly(250);
                    return null;
                });
    }

    private static void accept(RawHop.Wire wire, String rcpt, String end) throws IOException {
        wire.open().await("MAIL").say("250 ok").await("RCPT").say(rcpt);
        wire.await("DATA").say("354 go on").await(".").say(end);
    }

    @ParameterizedTest
    @ValueSource(strings = {"550 5.7.1 you are on a list", "450 4.7.1 come back", "250 ok"})
    void evenWhenItCameWithTheLastAnswer(String unasked) throws Exception {
        try (RawHop hop = new RawHop((wire, number) -> {
            if (number == 0) {
                accept(wire, "250 first", "250 first\r\n" + unasked);
            } else {
                accept(wire, "250 second", "250 second");
            }
            wire.stall();
        })) {
            Promise<Void> delivered = Promise.promise();
            context.runOnContext(v -> {
                RelayClient client =
                        RelayClient.create(fixture.vertx, to(hop.port()).setMaxConnections(1));
                deliverTwo(client).onComplete(delivered);
            });
            RelayFixture.await(delivered.future());
            assertThat(hop.connections()).isEqualTo(2);
        }
    }
}
