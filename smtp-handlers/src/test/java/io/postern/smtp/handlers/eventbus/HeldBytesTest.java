package io.postern.smtp.handlers.eventbus;

import static io.postern.smtp.handlers.eventbus.BusServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However a message ends, nothing of it is held afterwards. */
class HeldBytesTest {

    private static final int PIECE = 1_024;
    private static final long LIMIT = 10 * PIECE;

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final HeldBytes held = new HeldBytes(LIMIT);
    private final Endless body = new Endless();

    /** A body that always has more, and hands it over inside resume, as one may whose input waits. */
    private static final class Endless implements ReadStream<Buffer> {

        private Handler<Buffer> handler = part -> {};
        private Handler<Throwable> exceptionHandler = failure -> {};
        private boolean flowing = true;

        @Override
        public Endless handler(Handler<Buffer> newHandler) {
            handler = newHandler;
            return resume();
        }

        @Override
        public Endless pause() {
            flowing = false;
            return this;
        }

        @Override
        public Endless resume() {
            flowing = true;
            // bounded, since a handler that wants no more need not say so
            for (int i = 0; flowing && i < 20; i++) {
                handler.handle(Buffer.buffer(new byte[PIECE / 2]));
            }
            return this;
        }

        @Override
        public Endless fetch(long amount) {
            return resume();
        }

        @Override
        public Endless endHandler(Handler<Void> handler) {
            return this;
        }

        @Override
        public Endless exceptionHandler(Handler<Throwable> newHandler) {
            exceptionHandler = newHandler;
            return this;
        }
    }

    @AfterEach
    void close() {
        await(vertx.close());
    }

    private List<Reply> send() {
        EventBusHandlerOptions options =
                new EventBusHandlerOptions().setChunkSize(PIECE).setTimeout(Duration.ofMillis(300));
        Promise<List<Reply>> replies = Promise.promise();
        BusEnvelope envelope =
                new BusEnvelope("m", Samples.EMPTY_SESSION, false, Optional.empty(), List.of(Samples.PLAIN_RECIPIENT));
        FrameCodec.register(vertx);
        context.runOnContext(v -> new OutgoingMessage(vertx, context, "mail", options, held, envelope, body)
                .send()
                .onComplete(replies));
        try {
            return await(replies.future());
        } finally {
            settle();
        }
    }

    /** Waits until the context has done what it had to do at the answer. */
    private void settle() {
        Promise<Void> done = Promise.promise();
        context.runOnContext(v -> done.complete());
        await(done.future());
    }

    @Test
    void whatWasAnsweredBeforeItsEnd() {
        await(EventBusConsumer.register(
                vertx, "mail", (envelope, body) -> Future.succeededFuture(Reply.of(554, "5.7.1", "no"))));

        assertThat(send()).extracting(Reply::code).containsExactly(554);
        assertThat(held.held()).isZero();
    }

    @Test
    void whatNobodyTook() {
        assertThat(send()).extracting(Reply::code).containsExactly(451);
        assertThat(held.held()).isZero();
    }

    @Test
    void whatASilentConsumerHad() {
        vertx.eventBus().consumer("mail", message -> {});

        assertThat(send()).extracting(Reply::code).containsExactly(451);
        assertThat(held.held()).isZero();
    }

    @Test
    void whatItsClientGaveUp() {
        Promise<Void> replied = Promise.promise();
        vertx.eventBus()
                .consumer(
                        "mail",
                        message -> context.runOnContext(v -> {
                            body.exceptionHandler.handle(new IllegalStateException("gone"));
                            message.fail(1, "gone");
                            replied.complete();
                        }));

        assertThatThrownBy(this::send).hasRootCauseMessage("gone");
        await(replied.future());
        settle();
        assertThat(held.held()).isZero();
    }

    @Test
    void whatIsTooMuchIsNotTaken() {
        assertThat(held.tryTake((int) LIMIT)).isTrue();
        assertThat(held.tryTake(1)).isFalse();
        held.release(LIMIT);
        assertThat(held.tryTake(1)).isTrue();
    }
}
