package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.DeploymentOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that come and go leave no deployment, timer, descriptor or thread behind, however many they were. */
class NothingGrowsTest {

    // pools reach their size
    private static final int WARM_UP = 40;

    @TempDir
    private Path directory;

    static List<TransportChoice> transports() {
        return Transports.available().toList();
    }

    private SmtpServerOptions unix() {
        return SmtpControllerTest.options()
                .setUnixSocket(directory.resolve("smtp.sock").toString());
    }

    @ParameterizedTest
    @MethodSource("transports")
    void inAThousandBeginsAndEndsOnOneVertx(TransportChoice transport) throws Exception {
        try (OwnVertx own = new OwnVertx(transport)) {
            EmbeddedSmtpController tcp =
                    EmbeddedSmtpController.create(own.vertx(), new Recording(), SmtpControllerTest.options());
            EmbeddedSmtpController unix = EmbeddedSmtpController.create(own.vertx(), new Recording(), unix())
                    .deploymentOptions(new DeploymentOptions().setInstances(2));
            cycle(tcp, unix, WARM_UP);
            OwnVertx.Holdings before = own.holdings();
            cycle(tcp, unix, 1_000);
            own.assertHoldsNotMoreThan(before);
            assertThat(directory).isEmptyDirectory();
        }
    }

    private static void cycle(EmbeddedSmtpController tcp, EmbeddedSmtpController unix, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            EmbeddedSmtpController controller = i % 2 == 0 ? tcp : unix;
            OwnVertx.await(controller.begin());
            if (i % 10 > 1) {
                OwnVertx.await(controller.end());
                continue;
            }
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
                assertThat(client.ask("EHLO client.example.org")).isEqualTo("250");
                OwnVertx.await(controller.end());
                assertThat(client.code()).isEqualTo("421");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void inAHundredBeginsThatFail(TransportChoice transport) throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                OwnVertx own = new OwnVertx(transport)) {
            EmbeddedSmtpController taken = EmbeddedSmtpController.create(
                            own.vertx(),
                            new Recording(),
                            SmtpControllerTest.options().setPort(other.getLocalPort()))
                    .deploymentOptions(new DeploymentOptions().setInstances(2));
            fail(taken, WARM_UP);
            OwnVertx.Holdings before = own.holdings();
            fail(taken, 100);
            own.assertHoldsNotMoreThan(before);
        }
    }

    private static void fail(EmbeddedSmtpController controller, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            assertThat(OwnVertx.await(controller.begin().map(false).otherwise(true)))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void inFiftyStartsAndStopsWithAVertxOfTheirOwn(TransportChoice transport) throws Exception {
        try (SmtpController tcp = SmtpController.create(new Recording(), SmtpControllerTest.options());
                SmtpController unix = SmtpController.create(new Recording(), unix())) {
            SmtpControllerTest.patient(tcp).transport(transport);
            SmtpControllerTest.patient(unix).transport(transport);
            cycle(tcp, unix, 2);
            VertxThreads.assertAllEnd();
            int before = OwnVertx.descriptors().size();
            cycle(tcp, unix, 50);
            VertxThreads.assertAllEnd();
            OwnVertx.assertNoMoreDescriptorsThan(before);
            assertThat(directory).isEmptyDirectory();
        }
    }

    private static void cycle(SmtpController tcp, SmtpController unix, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            SmtpController controller = i % 2 == 0 ? tcp : unix;
            controller.start();
            try (Client client = new Client(controller)) {
                assertThat(client.code()).isEqualTo("220");
            }
            controller.stop();
        }
    }
}
