package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.transport.Transport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a controller asks the system for sockets with. */
class TransportChoiceTest {

    // a native transport that no system has together with that of the other
    private static final TransportChoice MISSING =
            Transports.isAvailable(TransportChoice.EPOLL) ? TransportChoice.KQUEUE : TransportChoice.EPOLL;

    private final SmtpController controller =
            SmtpControllerTest.patient(SmtpController.create(new Recording(), SmtpControllerTest.options()));

    static List<TransportChoice> available() {
        return Transports.available().toList();
    }

    @ParameterizedTest
    @MethodSource("available")
    void theServerRunsOnTheOneThatWasChosen(TransportChoice choice) throws Exception {
        List<Boolean> natives = new CopyOnWriteArrayList<>();
        SmtpHandler handler = new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                natives.add(Vertx.currentContext().owner().isNativeTransportEnabled());
                return SmtpHandler.super.handleConnect(session);
            }
        };
        try (SmtpController chosen = SmtpController.create(handler, SmtpControllerTest.options())) {
            SmtpControllerTest.patient(chosen).transport(choice).start();
            assertThat(chosen.transport().name()).isEqualTo(choice.toString());
            try (Client client = new Client(chosen)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
        assertThat(natives).containsExactly(choice != TransportChoice.NIO);
    }

    @Test
    void theTransportInUseIsLogged() {
        List<String> logged = new CopyOnWriteArrayList<>();
        Handler recorder = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                logged.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(SmtpController.class.getName());
        Level before = logger.getLevel();
        logger.setLevel(Level.FINE);
        logger.addHandler(recorder);
        try (controller) {
            controller.transport(TransportChoice.NIO).start();
        } finally {
            logger.removeHandler(recorder);
            logger.setLevel(before);
        }
        assertThat(logged).containsExactly("transport is nio");
    }

    @Test
    void oneThatIsMissingIsNamedWithItsCauseAndLeavesNothingBehind() throws Exception {
        controller.transport(MISSING);
        assertThatThrownBy(controller::start)
                .isInstanceOf(ControllerException.class)
                .hasMessageStartingWith("transport " + MISSING + " is not available: ")
                .hasMessageContaining("nly supported on")
                .hasCauseInstanceOf(Throwable.class);
        assertThatThrownBy(controller::transport).isInstanceOf(ControllerException.class);
        assertThat(controller.failure()).isPresent();
        VertxThreads.assertAllEnd();

        try (controller) {
            controller.transport(TransportChoice.NIO).start();
            assertThat(controller.failure()).isEmpty();
        }
    }

    @Test
    void autoIsTheDefaultAndTakesANativeOneWhereThereIsOne() {
        boolean isNative = Transports.available().count() > 1;
        assertThat(controller.transport()).isEqualTo(TransportChoice.AUTO.transport());
        assertThat(controller.transport().name().equals("nio")).isEqualTo(!isNative);
    }

    @Test
    void autoFallsBackToNioWhereTheNativeOneIsMissingOrBroken() {
        assertThat(TransportChoice.orNio(null)).isEqualTo(Transport.NIO);
        Transport broken = MISSING == TransportChoice.KQUEUE ? Transport.KQUEUE : Transport.EPOLL;
        assertThat(TransportChoice.orNio(broken)).isEqualTo(Transport.NIO);
    }
}
