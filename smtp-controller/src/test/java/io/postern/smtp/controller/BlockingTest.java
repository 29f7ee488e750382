package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A controller blocks, and so must not be used where Vert.x waits for the thread. */
class BlockingTest {

    private Vertx vertx;
    private final SmtpController controller =
            SmtpControllerTest.patient(SmtpController.create(new Recording(), SmtpControllerTest.options()));

    // not in the constructor, which also runs for a test that is skipped
    @BeforeEach
    void open() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void close() throws Exception {
        controller.stop();
        await(vertx.close());
    }

    @Test
    void startOnAnEventLoopIsRefused() throws Exception {
        assertRefused(ThreadingModel.EVENT_LOOP, controller::start);
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(IOException.class);
    }

    @Test
    void stopOnAnEventLoopIsRefusedAndTheServerGoesOn() throws Exception {
        controller.start();
        assertRefused(ThreadingModel.EVENT_LOOP, controller::stop);
        try (Client client = new Client(controller)) {
            assertThat(client.code()).isEqualTo("220");
        }
    }

    @Test
    void startOnAWorkerContextIsRefused() throws Exception {
        assertRefused(ThreadingModel.WORKER, controller::start);
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void startOnAVirtualThreadContextIsRefused() throws Exception {
        assertRefused(ThreadingModel.VIRTUAL_THREAD, controller::start);
    }

    @Test
    void aHandlerCannotStopItsOwnServer() throws Exception {
        CompletableFuture<Throwable> refusal = new CompletableFuture<>();
        SmtpController[] own = new SmtpController[1];
        own[0] = SmtpController.create(
                new SmtpHandler() {
                    @Override
                    public Future<Reply> handleConnect(Session session) {
                        refusal.complete(catchThrowable(own[0]::stop));
                        return SmtpHandler.super.handleConnect(session);
                    }
                },
                SmtpControllerTest.options());
        try (SmtpController stopped = own[0]) {
            SmtpControllerTest.patient(stopped).start();
            try (Client client = new Client(stopped)) {
                assertThat(client.code()).isEqualTo("220");
            }
            assertThat(refusal.get(30, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void executeBlockingMayStartAndStop() throws Exception {
        await(vertx.executeBlocking(() -> {
            controller.start();
            controller.stop();
            return "done";
        }));
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(ConnectException.class);
    }

    /** Runs a call in a verticle of this model. */
    private void assertRefused(ThreadingModel model, Runnable call) throws Exception {
        CompletableFuture<Throwable> refusal = new CompletableFuture<>();
        await(vertx.deployVerticle(
                new VerticleBase() {
                    @Override
                    public Future<?> start() {
                        refusal.complete(catchThrowable(call::run));
                        return Future.succeededFuture();
                    }
                },
                new DeploymentOptions().setThreadingModel(model)));
        assertThat(refusal.get(30, TimeUnit.SECONDS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("EmbeddedSmtpController");
    }

    private static void await(Future<?> future) throws Exception {
        future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
