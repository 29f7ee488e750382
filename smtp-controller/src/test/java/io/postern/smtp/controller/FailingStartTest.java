package io.postern.smtp.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.postern.smtp.SmtpServerOptions;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A start that fails names its cause, leaves nothing behind, and can be looked at afterwards; on each transport. */
class FailingStartTest {

    @TempDir
    private Path directory;

    static List<TransportChoice> transports() {
        return Transports.available().toList();
    }

    private static SmtpServerOptions options() {
        return SmtpControllerTest.options();
    }

    /** What the JVM opens once, and keeps, is not left by a start that fails. */
    @BeforeAll
    static void openWhatIsOpenedOnce() throws Exception {
        for (TransportChoice transport : transports()) {
            try (SmtpController controller = SmtpControllerTest.patient(
                            SmtpController.create(new Recording(), options()))
                    .transport(transport)) {
                controller.start();
            }
        }
        VertxThreads.assertAllEnd();
    }

    /** Starts, and looks at everything that is left. */
    private static ControllerException failure(SmtpServerOptions options, TransportChoice transport) throws Exception {
        try (SmtpController controller = SmtpControllerTest.patient(SmtpController.create(new Recording(), options))
                .transport(transport)) {
            int descriptors = OwnVertx.descriptors().size();
            ControllerException thrown = catchThrowableOfType(ControllerException.class, controller::start);
            VertxThreads.assertAllEnd();
            OwnVertx.assertNoMoreDescriptorsThan(descriptors);
            assertThat(thrown).hasMessageStartingWith("cannot listen on " + controller.address() + ": ");
            assertThat(thrown.getStackTrace())
                    .as("of the caller")
                    .anyMatch(call -> call.getClassName().equals(FailingStartTest.class.getName()));
            assertThat(controller.failure()).containsSame(thrown);
            assertThat(controller.isRunning()).isFalse();
            return thrown;
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aPortInUse(TransportChoice transport) throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "127.0.0.1:" + other.getLocalPort();
            assertThat(failure(options().setPort(other.getLocalPort()), transport))
                    .hasMessage("cannot listen on " + port + ": Address already in use")
                    .hasCauseInstanceOf(BindException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void anAddressThatTheMachineDoesNotHave(TransportChoice transport) throws Exception {
        // RFC 5737: nobody has it
        assertThat(failure(options().setHost("192.0.2.1"), transport))
                .hasMessageMatching("cannot listen on 192\\.0\\.2\\.1:0: Cannot assign requested address.*")
                .hasCauseInstanceOf(BindException.class);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aNameWithoutAnAddress(TransportChoice transport) throws Exception {
        assertThat(failure(options().setHost("host.invalid"), transport))
                .hasMessage("cannot listen on host.invalid:0: host \"host.invalid\" has no address")
                .hasCauseInstanceOf(UnknownHostException.class);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aUnixSocketInADirectoryThatDoesNotExist(TransportChoice transport) throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(failure(options().setUnixSocket(missing.resolve("smtp.sock").toString()), transport))
                .hasMessageContaining(missing + ": the directory for the socket does not exist")
                .hasCauseInstanceOf(IOException.class);
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aUnixSocketWhereAFileStands(TransportChoice transport) throws Exception {
        Path file = Files.writeString(directory.resolve("smtp.sock"), "precious");
        assertThat(failure(options().setUnixSocket(file.toString()), transport))
                .hasMessageContaining("is no socket, and is left as it is");
        assertThat(file).hasContent("precious");
        assertThat(directory).isDirectoryNotContaining(other -> !other.equals(file));
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aUnixSocketThatAServerListensOn(TransportChoice transport) throws Exception {
        SmtpServerOptions taken =
                options().setUnixSocket(directory.resolve("smtp.sock").toString());
        try (SmtpController other = SmtpControllerTest.patient(SmtpController.create(new Recording(), taken))) {
            other.start();
            ControllerException refused = catchThrowableOfType(
                    ControllerException.class,
                    () -> SmtpController.create(new Recording(), taken)
                            .transport(transport)
                            .start());
            assertThat(refused)
                    .hasMessageContaining("Address already in use: a server listens on " + other.address())
                    .hasCauseInstanceOf(BindException.class);
            try (Client client = new Client(other)) {
                assertThat(client.code()).isEqualTo("220");
            }
        }
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void aUnixSocketWhosePathIsTooLong(TransportChoice transport) throws Exception {
        assertThat(failure(options().setUnixSocket("/tmp/" + "x".repeat(104)), transport))
                .hasMessageContaining("path of the Unix socket has 109 octets; at most 103 are possible");
    }

    @Test
    void optionsThatContradictEachOther() throws Exception {
        assertThat(failure(options().setRequireStartTls(true), TransportChoice.NIO))
                .hasMessageEndingWith("requireStartTls is set, but tls is not")
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRefusalOfTheSystemIsNamedWhereItsMessageIsOnlyAPath() {
        assertThat(ControllerException.because("cannot listen", new AccessDeniedException("/run/smtp")))
                .hasMessage("cannot listen: AccessDeniedException: /run/smtp");
        assertThat(ControllerException.because(
                        "cannot listen", new FileSystemException("/run/smtp", null, "Read-only file system")))
                .hasMessage("cannot listen: /run/smtp: Read-only file system");
        assertThat(ControllerException.because("cannot listen", new UnsupportedOperationException()))
                .hasMessage("cannot listen: UnsupportedOperationException");
    }
}
