package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Begin and end on a Vertx that the caller has. */
class EmbeddedSmtpControllerTest {

    private OwnVertx own;
    private Vertx vertx;
    private EmbeddedSmtpController controller;

    // not in the constructor, which also runs for a test that is skipped
    @BeforeEach
    void open() {
        own = new OwnVertx(TransportChoice.AUTO);
        vertx = own.vertx();
        controller = EmbeddedSmtpController.create(vertx, new Recording(), SmtpControllerTest.options());
    }

    @AfterEach
    void close() throws Exception {
        own.close();
        VertxThreads.assertAllEnd();
    }

    private static void assertServes(EmbeddedSmtpController controller) throws IOException {
        try (Client client = new Client(controller)) {
            assertThat(client.line()).isEqualTo("220 mx.example.org ESMTP Postern");
        }
    }

    private static void assertRefuses(EmbeddedSmtpController controller) {
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(IOException.class);
    }

    @Test
    void beginSucceedsWhenConnectionsAreAcceptedAndEndWhenNoneIsAnyMore() throws Exception {
        assertThat(controller.isRunning()).isFalse();
        OwnVertx.await(controller.begin());
        assertThat(controller.isRunning()).isTrue();
        assertThat(controller.host()).isEqualTo("127.0.0.1");
        assertThat(controller.address()).hasToString("127.0.0.1:" + controller.port());
        assertServes(controller);

        OwnVertx.await(controller.end());
        assertThat(controller.isRunning()).isFalse();
        assertRefuses(controller);
        assertThat(vertx.deploymentIDs()).isEmpty();
    }

    @Test
    void theVertxAndWhatElseRunsOnItGoOn() throws Exception {
        String other = OwnVertx.await(vertx.deployVerticle(new VerticleBase() {}));
        OwnVertx.await(controller.begin());
        OwnVertx.await(controller.end());
        assertThat(vertx.deploymentIDs()).containsExactly(other);
        assertThat(OwnVertx.await(vertx.executeBlocking(() -> "alive"))).isEqualTo("alive");
    }

    @Test
    void mayBeginAgain() throws Exception {
        for (int i = 0; i < 3; i++) {
            OwnVertx.await(controller.begin());
            assertServes(controller);
            OwnVertx.await(controller.end());
        }
    }

    @Test
    void aUnixSocketIsServedAndItsFileRemovedAtTheEnd(@TempDir Path directory) throws Exception {
        String path = directory.resolve("smtp.sock").toString();
        EmbeddedSmtpController unix = EmbeddedSmtpController.create(
                vertx, Recording::new, SmtpControllerTest.options().setUnixSocket(path));
        OwnVertx.await(unix.begin());
        assertThat(unix.address().path()).isEqualTo(path);
        assertThatThrownBy(unix::host).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(unix::port).isInstanceOf(IllegalStateException.class);
        assertServes(unix);
        OwnVertx.await(unix.end());
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aServerThatRunsRefusesToBeginAndGoesOn() throws Exception {
        Future<Void> first = controller.begin();
        assertThatThrownBy(() -> OwnVertx.await(controller.begin()))
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has not ended");
        OwnVertx.await(first);
        assertThatThrownBy(() -> OwnVertx.await(controller.begin())).hasCauseInstanceOf(IllegalStateException.class);
        assertServes(controller);
        assertThat(controller.failure()).isEmpty();
    }

    @Test
    void anEndWhileTheServerBeginsEndsItAsSoonAsItHasBegun() throws Exception {
        Future<Void> begun = controller.begin();
        Future<Void> ended = controller.end();
        OwnVertx.await(begun);
        OwnVertx.await(ended);
        assertRefuses(controller);
        assertThat(vertx.deploymentIDs()).isEmpty();
    }

    @Test
    void severalEndsWaitForTheSameEnd() throws Exception {
        OwnVertx.await(controller.begin());
        Future<Void> first = controller.end();
        Future<Void> second = controller.end();
        OwnVertx.await(second);
        assertThat(vertx.deploymentIDs()).isEmpty();
        OwnVertx.await(first);
        OwnVertx.await(controller.end());
    }

    @Test
    void anEndWithoutABeginDoesNothing() throws Exception {
        assertThat(controller.end().succeeded()).isTrue();
        assertThat(controller.ended().isComplete()).isFalse();
        OwnVertx.await(controller.begin());
        assertServes(controller);
    }

    @Test
    void aServerThatIsEndingRefusesToBegin() throws Exception {
        OwnVertx.await(controller.begin());
        try (Client sending = new Client(controller)) {
            sending.send("EHLO a", "MAIL FROM:<a@b.c>", "RCPT TO:<d@e.f>", "DATA", "one");
            for (String code : new String[] {"220", "250", "250", "250", "354"}) {
                assertThat(sending.code()).isEqualTo(code);
            }
            Future<Void> ended = controller.end();
            assertThatThrownBy(() -> OwnVertx.await(controller.begin()))
                    .hasCauseInstanceOf(IllegalStateException.class);
            assertThat(controller.ended().isComplete()).isFalse();

            sending.send(".");
            assertThat(sending.code()).isEqualTo("250");
            assertThat(sending.code()).isEqualTo("421");
            OwnVertx.await(ended.compose(v -> controller.begin()));
        }
        assertServes(controller);
    }

    @Test
    void endedIsAwaitedOnAnotherThread() throws Exception {
        Future<Void> beforeTheBegin = controller.ended();
        assertThat(beforeTheBegin.isComplete()).isFalse();
        OwnVertx.await(controller.begin());
        assertThatThrownBy(() -> controller.ended().await(1, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        ExecutorService waiter = Executors.newSingleThreadExecutor();
        try {
            CountDownLatch waits = new CountDownLatch(1);
            java.util.concurrent.Future<?> waited = waiter.submit(() -> {
                Future<Void> ended = controller.ended();
                waits.countDown();
                return ended.await(60, TimeUnit.SECONDS);
            });
            waits.await();
            OwnVertx.await(controller.end());
            waited.get(60, TimeUnit.SECONDS);
        } finally {
            waiter.shutdownNow();
        }
        assertThat(beforeTheBegin.succeeded()).isTrue();
        assertThat(controller.ended().succeeded()).isTrue();

        OwnVertx.await(controller.begin());
        assertThat(controller.ended().isComplete()).as("of the next server").isFalse();
    }

    @Test
    void aServerEndsWithItsVertx() throws Exception {
        OwnVertx.await(controller.begin());
        OwnVertx.await(vertx.close());
        OwnVertx.await(controller.ended());
        OwnVertx.await(controller.end());
        assertThat(controller.isRunning()).isFalse();
        assertRefuses(controller);

        assertThatThrownBy(() -> OwnVertx.await(controller.begin())).hasCauseInstanceOf(ControllerException.class);
        assertThat(controller.failure()).isPresent();
    }

    @Test
    void aServerEndsWithTheVerticleThatHasBegunIt() throws Exception {
        String caller = OwnVertx.await(vertx.deployVerticle(new VerticleBase() {
            @Override
            public Future<?> start() {
                return controller.begin();
            }
        }));
        assertServes(controller);
        OwnVertx.await(vertx.undeploy(caller));
        OwnVertx.await(controller.ended());
        assertRefuses(controller);
        OwnVertx.await(controller.end());
        assertThat(vertx.deploymentIDs()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = ThreadingModel.class,
            names = {"EVENT_LOOP", "WORKER"})
    void mayBeCalledInAVerticleAndCallsBackOnItsContext(ThreadingModel model) throws Exception {
        assertCallsBackIn(model);
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void mayBeCalledOnAVirtualThreadAndCallsBackOnItsContext() throws Exception {
        assertCallsBackIn(ThreadingModel.VIRTUAL_THREAD);
    }

    private void assertCallsBackIn(ThreadingModel model) throws Exception {
        List<Context> contexts = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        OwnVertx.await(vertx.deployVerticle(
                new VerticleBase() {
                    @Override
                    public Future<?> start() {
                        contexts.add(context);
                        controller
                                .begin()
                                .compose(v -> {
                                    contexts.add(Vertx.currentContext());
                                    return controller.end();
                                })
                                .onComplete(ended -> {
                                    contexts.add(Vertx.currentContext());
                                    if (ended.succeeded()) {
                                        done.complete(null);
                                    } else {
                                        done.completeExceptionally(ended.cause());
                                    }
                                });
                        return Future.succeededFuture();
                    }
                },
                new DeploymentOptions().setThreadingModel(model)));
        done.get(60, TimeUnit.SECONDS);
        assertThat(contexts).hasSize(3).containsOnly(contexts.get(0));
    }

    @Test
    void aBeginThatFailsIsToldLeavesNothingBehindAndMayBeTriedAgain() throws Exception {
        EmbeddedSmtpController second;
        OwnVertx.await(controller.begin());
        // another Vertx, since servers of one share their ports
        try (OwnVertx others = new OwnVertx(TransportChoice.NIO)) {
            second = EmbeddedSmtpController.create(
                            others.vertx(),
                            new Recording(),
                            SmtpControllerTest.options().setPort(controller.port()))
                    .deploymentOptions(new DeploymentOptions().setInstances(3));
            Future<Void> ended = second.ended();
            OwnVertx.Holdings before = others.holdings();
            assertThatThrownBy(() -> OwnVertx.await(second.begin()))
                    .cause()
                    .isInstanceOf(ControllerException.class)
                    .hasMessageStartingWith("cannot listen on " + controller.address() + ": ")
                    .hasMessageContaining("in use")
                    .hasCauseInstanceOf(IOException.class)
                    .isSameAs(second.failure().orElseThrow());
            assertThat(second.isRunning()).isFalse();
            assertThat(second.address()).isEqualTo(controller.address());
            assertThat(ended.succeeded()).isTrue();
            assertThat(others.holdings().deployments()).isEqualTo(before.deployments());
            assertThat(others.holdings().timers()).isEqualTo(before.timers());

            OwnVertx.await(second.end());
            OwnVertx.await(controller.end());
            OwnVertx.await(second.begin());
            assertThat(second.failure()).isEmpty();
            assertServes(second);
        }
    }

    @Test
    void aSecondInstanceThatFailsTakesTheOthersAlong() throws Exception {
        class SecondFails extends EmbeddedSmtpController {

            private int created;

            SecondFails() {
                super(vertx, Recording::new, SmtpControllerTest.options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                boolean fails = ++created == 2;
                return new SmtpServerVerticle(handlers, options) {
                    @Override
                    public Future<?> start() {
                        return fails ? Future.failedFuture("a fault that a test makes") : super.start();
                    }
                };
            }
        }
        OwnVertx.Holdings before = own.holdings();
        EmbeddedSmtpController failing = new SecondFails().deploymentOptions(new DeploymentOptions().setInstances(3));
        assertThatThrownBy(() -> OwnVertx.await(failing.begin()))
                .hasCauseInstanceOf(ControllerException.class)
                .hasMessageContaining("a fault that a test makes");
        assertThat(own.holdings().deployments()).isEqualTo(before.deployments());
        assertThat(own.holdings().timers()).isEqualTo(before.timers());

        OwnVertx.await(failing.begin());
        assertServes(failing);
    }

    @Test
    void aVerticleThatFailsToStopIsToldAndIsGone() throws Exception {
        class FailsToStop extends EmbeddedSmtpController {
            FailsToStop() {
                super(vertx, Recording::new, SmtpControllerTest.options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new SmtpServerVerticle(handlers, options) {
                    @Override
                    public Future<?> stop() {
                        throw new UnsupportedOperationException("a fault that a test makes");
                    }
                };
            }
        }
        FailsToStop failing = new FailsToStop();
        OwnVertx.await(failing.begin());
        assertThatThrownBy(() -> OwnVertx.await(failing.end()))
                .hasCauseInstanceOf(ControllerException.class)
                .hasMessageContaining("a fault that a test makes");
        assertThat(failing.ended().failed()).isTrue();
        assertRefuses(failing);
        assertThat(vertx.deploymentIDs()).isEmpty();
        OwnVertx.await(failing.begin());
    }

    @Test
    void aServerThatEndsBeforeItsBeginIsToldHasFailed() throws Exception {
        class ClosesAtOnce extends EmbeddedSmtpController {
            ClosesAtOnce() {
                super(vertx, Recording::new, SmtpControllerTest.options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new SmtpServerVerticle(handlers, options) {
                    @Override
                    public Future<?> start() {
                        return super.start().compose(listening -> server().close());
                    }
                };
            }
        }
        ClosesAtOnce closing = new ClosesAtOnce();
        Future<Void> begun = closing.begin();
        Future<Void> end = closing.end();
        assertThatThrownBy(() -> OwnVertx.await(begun)).hasCauseInstanceOf(ControllerException.class);
        OwnVertx.await(end);
        OwnVertx.await(closing.ended());
        assertThat(closing.failure()).isPresent();
        assertThat(closing.isRunning()).isFalse();
        assertThat(vertx.deploymentIDs()).isEmpty();
    }

    @Test
    void aServerThatStillBeginsWhenItsVertxClosesHasEnded() throws Exception {
        Promise<SmtpServer> never = Promise.promise();
        class Hangs extends EmbeddedSmtpController {
            Hangs() {
                super(vertx, Recording::new, SmtpControllerTest.options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new SmtpServerVerticle(handlers, options) {
                    @Override
                    public Future<?> start() {
                        return never.future();
                    }
                };
            }
        }
        Hangs hanging = new Hangs();
        CompletableFuture<Void> begun = hanging.begin().toCompletionStage().toCompletableFuture();
        CompletableFuture<Void> ended = hanging.end().toCompletionStage().toCompletableFuture();
        OwnVertx.await(vertx.close());
        OwnVertx.await(hanging.ended());
        assertThatThrownBy(() -> begun.get(60, TimeUnit.SECONDS)).hasCauseInstanceOf(ControllerException.class);
        ended.get(60, TimeUnit.SECONDS);
    }

    @Test
    void beginsAndEndsOfManyThreadsLeaveOneServerOrNone() throws Exception {
        int threads = 8;
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService callers = Executors.newFixedThreadPool(threads);
        try {
            List<java.util.concurrent.Future<?>> called = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                boolean begins = i % 2 == 0;
                called.add(callers.submit(() -> {
                    go.await();
                    for (int round = 0; round < 20; round++) {
                        Future<Void> call = begins ? controller.begin() : controller.end();
                        call.otherwiseEmpty()
                                .toCompletionStage()
                                .toCompletableFuture()
                                .get(60, TimeUnit.SECONDS);
                    }
                    return null;
                }));
            }
            go.countDown();
            for (java.util.concurrent.Future<?> caller : called) {
                caller.get(120, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        OwnVertx.await(controller.end());
        assertThat(vertx.deploymentIDs()).isEmpty();
        assertRefuses(controller);
        assertThat(controller.failure()).isEmpty();
    }
}
