package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Start, stop, and start again. */
class SmtpControllerTest {

    private final Recording handler = new Recording();
    private final SmtpController controller = patient(SmtpController.create(handler, options()));

    static SmtpServerOptions options() {
        return new SmtpServerOptions().setHost("127.0.0.1").setPort(0).setHostName("mx.example.org");
    }

    /** On a busy machine a start may take longer than a user would like to wait. */
    static SmtpController patient(SmtpController controller) {
        return controller.readyTimeout(Duration.ofMinutes(1));
    }

    @AfterEach
    void stop() {
        controller.stop();
    }

    @Test
    void startReturnsWhenConnectionsAreAccepted() throws Exception {
        controller.start();
        try (Client client = new Client(controller)) {
            assertThat(client.line()).isEqualTo("220 mx.example.org ESMTP Postern");
        }
    }

    @Test
    void aMessageReachesTheHandler() throws Exception {
        controller.start();
        try (Client client = new Client(controller)) {
            assertThat(client.code()).isEqualTo("220");
            assertThat(client.ask("EHLO client.example.org")).isEqualTo("250");
            assertThat(client.ask("MAIL FROM:<anne@example.org>")).isEqualTo("250");
            assertThat(client.ask("RCPT TO:<bart@example.org>")).isEqualTo("250");
            assertThat(client.ask("DATA")).isEqualTo("354");
            assertThat(client.send("Subject: Hello", "", "Hi Bart!", ".").code())
                    .isEqualTo("250");
        }
        assertThat(handler.messages).containsExactly("Subject: Hello\r\n\r\nHi Bart!\r\n");
    }

    @Test
    void aSupplierIsAskedForAHandlerForEveryConnection() throws Exception {
        record Greeting(int number) implements SmtpHandler {
            @Override
            public Future<Reply> handleConnect(Session session) {
                return Future.succeededFuture(Reply.of(220, "connection " + number));
            }
        }
        int[] connections = {0};
        try (SmtpController counting =
                patient(SmtpController.create(() -> new Greeting(++connections[0]), options()))) {
            counting.start();
            try (Client first = new Client(counting)) {
                assertThat(first.line()).isEqualTo("220 connection 1");
            }
            try (Client second = new Client(counting)) {
                assertThat(second.line()).isEqualTo("220 connection 2");
            }
        }
    }

    @Test
    void port0TakesAFreePortAndTellsIt() {
        assertThat(controller.port()).isZero();
        controller.start();
        assertThat(controller.port()).isPositive();
        assertThat(controller.host()).isEqualTo("127.0.0.1");
        assertThat(controller.address()).hasToString("127.0.0.1:" + controller.port());
    }

    @Test
    void afterStopConnectionsAreRefusedAndTheVertxIsClosed() throws Exception {
        controller.start();
        assertThat(VertxThreads.alive()).isNotEmpty();
        controller.stop();
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(ConnectException.class);
        VertxThreads.assertAllEnd();
    }

    @Test
    void closeStops() throws Exception {
        try (SmtpController closed = controller) {
            closed.start();
        }
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(ConnectException.class);
    }

    @Test
    void stopOfAServerThatDoesNotRunDoesNothing() throws Exception {
        controller.stop();
        controller.start();
        controller.stop();
        controller.stop();
        VertxThreads.assertAllEnd();
    }

    @Test
    void canBeStartedAgain() throws Exception {
        for (int i = 0; i < 3; i++) {
            controller.start();
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
            }
            controller.stop();
        }
    }

    @Test
    void startOfAServerThatRunsIsRefusedAndChangesNothing() throws Exception {
        controller.start();
        assertThatThrownBy(controller::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the server runs already, on 127.0.0.1:" + controller.port());
        try (Client client = new Client(controller)) {
            assertThat(client.code()).isEqualTo("220");
        }
    }

    @Test
    void aPortInUseIsNamedLeavesNothingBehindAndCanBeTriedAgain() throws Exception {
        SmtpController fixed;
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fixed = patient(SmtpController.create(handler, options().setPort(other.getLocalPort())));
            assertThatThrownBy(fixed::start)
                    .isInstanceOf(ControllerException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:" + other.getLocalPort() + ": ")
                    .hasMessageContaining("in use")
                    .hasCauseInstanceOf(IOException.class);
            VertxThreads.assertAllEnd();
        }
        try (fixed) {
            fixed.start();
            try (Client client = new Client(fixed)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
    }

    @Test
    void aStartThatTakesTooLongIsNamedLeavesNothingBehindAndCanBeTriedAgain() throws Exception {
        HangsAtFirst slow = new HangsAtFirst(Map.of());
        try (slow) {
            slow.readyTimeout(Duration.ofMillis(50));
            assertThatThrownBy(slow::start)
                    .isInstanceOf(ControllerException.class)
                    .hasMessage("cannot listen on 127.0.0.1:0 within 0.05 s")
                    .hasCauseInstanceOf(TimeoutException.class)
                    .hasNoSuppressedExceptions();
            VertxThreads.assertAllEnd();

            slow.readyTimeout(Duration.ofMinutes(1));
            slow.start();
            try (Client client = new Client(slow)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
    }

    @Test
    void theEnvironmentVariableWinsOverWhatTheProgramSays() {
        try (HangsAtFirst slow = new HangsAtFirst(Map.of("POSTERN_CONTROLLER_TIMEOUT", "0.05"))) {
            slow.readyTimeout(Duration.ofMinutes(1));
            assertThat(slow.readyTimeout()).isEqualTo(Duration.ofMillis(50));
            assertThatThrownBy(slow::start).hasMessage("cannot listen on 127.0.0.1:0 within 0.05 s");
        }
    }

    @Test
    void anInterruptEndsTheWaitAndLeavesNothingBehind() throws Exception {
        try (HangsAtFirst slow = new HangsAtFirst(Map.of())) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(slow::start)
                    .isInstanceOf(ControllerException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            VertxThreads.assertAllEnd();
        }
    }

    @Test
    void aVerticleThatCannotBeCreatedLeavesNothingBehind() throws Exception {
        class Broken extends SmtpController {
            Broken() {
                super(Recording::new, options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                throw new UnsupportedOperationException("broken");
            }
        }
        try (Broken broken = new Broken()) {
            assertThatThrownBy(broken::start)
                    .isInstanceOf(ControllerException.class)
                    .hasMessage("cannot listen on 127.0.0.1:0: broken")
                    .hasCauseInstanceOf(UnsupportedOperationException.class);
            VertxThreads.assertAllEnd();
        }
    }

    @Test
    void aSubclassMayServeAnotherWay() throws Exception {
        class Renamed extends SmtpController {
            Renamed() {
                super(Recording::new, options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return super.createVerticle(handlers, options.setIdent("ESMTP another"));
            }
        }
        try (Renamed renamed = new Renamed()) {
            patient(renamed).start();
            try (Client client = new Client(renamed)) {
                assertThat(client.line()).isEqualTo("220 mx.example.org ESMTP another");
            }
        }
    }

    @Test
    void laterChangesOfTheOptionsChangeNoController() throws Exception {
        SmtpServerOptions options = options();
        try (SmtpController independent = patient(SmtpController.create(handler, options))) {
            options.setIdent("changed").setHost("host.invalid");
            independent.start();
            try (Client client = new Client(independent)) {
                assertThat(client.line()).isEqualTo("220 mx.example.org ESMTP Postern");
            }
        }
    }

    @Test
    void stopLetsARunningTransactionFinish() throws Exception {
        controller.start();
        ExecutorService stopper = Executors.newSingleThreadExecutor();
        try (Client sending = new Client(controller);
                Client idle = new Client(controller)) {
            sending.send("EHLO a", "MAIL FROM:<a@b.c>", "RCPT TO:<d@e.f>", "DATA", "one");
            for (String code : new String[] {"220", "250", "250", "250", "354"}) {
                assertThat(sending.code()).isEqualTo(code);
            }
            assertThat(idle.code()).isEqualTo("220");

            java.util.concurrent.Future<?> stopped = stopper.submit(controller::stop);
            // what the idle one is told shows that the stop is under way
            assertThat(idle.code()).isEqualTo("421");
            sending.send("two", ".");
            assertThat(sending.code()).isEqualTo("250");
            assertThat(sending.code()).isEqualTo("421");
            stopped.get(30, TimeUnit.SECONDS);
        } finally {
            stopper.shutdownNow();
        }
        assertThat(handler.messages).containsExactly("one\r\ntwo\r\n");
    }

    @Test
    void aVerticleThatFailsToStopLeavesNothingBehind() throws Exception {
        class FailsToStop extends SmtpController {
            FailsToStop() {
                super(Recording::new, options());
            }

            @Override
            protected SmtpServerVerticle createVerticle(
                    Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
                return new SmtpServerVerticle(handlers, options) {
                    @Override
                    public Future<?> stop() {
                        return Future.failedFuture("a fault that a test makes");
                    }
                };
            }
        }
        try (FailsToStop failing = new FailsToStop()) {
            patient(failing).start();
            failing.stop();
            assertThatThrownBy(() -> new Client(failing)).isInstanceOf(ConnectException.class);
            VertxThreads.assertAllEnd();
            patient(failing).start();
        }
    }

    @Test
    void aStopThatIsInterruptedCanBeWaitedForAgain() throws Exception {
        controller.start();
        Thread.currentThread().interrupt();
        assertThatThrownBy(controller::stop)
                .isInstanceOf(ControllerException.class)
                .hasMessage("cannot stop the server on " + controller.address() + ": interrupted");
        assertThat(Thread.interrupted()).isTrue();
        controller.stop();
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(ConnectException.class);
        VertxThreads.assertAllEnd();
        controller.start();
    }

    @Test
    void startsAndStopsOfManyThreadsTakeTurns() throws Exception {
        int threads = 8;
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService callers = Executors.newFixedThreadPool(threads);
        try {
            List<java.util.concurrent.Future<Integer>> started = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                boolean starts = i % 2 == 0;
                started.add(callers.submit(() -> {
                    go.await();
                    int times = 0;
                    for (int round = 0; round < 10; round++) {
                        if (!starts) {
                            controller.stop();
                        } else if (hasStarted()) {
                            times++;
                        }
                    }
                    return times;
                }));
            }
            go.countDown();
            int times = 0;
            for (java.util.concurrent.Future<Integer> caller : started) {
                times += caller.get(60, TimeUnit.SECONDS);
            }
            assertThat(times).isPositive();
        } finally {
            callers.shutdownNow();
        }
        controller.stop();
        assertThatThrownBy(() -> new Client(controller)).isInstanceOf(ConnectException.class);
        VertxThreads.assertAllEnd();
    }

    /** Whether this call has started the server; if not, it ran already. */
    private boolean hasStarted() {
        try {
            controller.start();
            return true;
        } catch (IllegalStateException runsAlready) {
            return false;
        }
    }

    /** Its first server never listens. */
    private static final class HangsAtFirst extends SmtpController {

        private boolean hangs = true;

        HangsAtFirst(Map<String, String> environment) {
            super(Recording::new, options(), environment);
        }

        @Override
        protected SmtpServerVerticle createVerticle(
                Supplier<? extends SmtpHandler> handlers, SmtpServerOptions options) {
            if (!hangs) {
                return super.createVerticle(handlers, options);
            }
            hangs = false;
            return new SmtpServerVerticle(handlers, options) {
                @Override
                public Future<?> start() {
                    return Promise.<SmtpServer>promise().future();
                }
            };
        }
    }
}
