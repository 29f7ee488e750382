package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.testkit.RawSmtpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates on the command line. */
@Timeout(120)
class PosternTlsIT {

    private static final String ANY_PORT = "127.0.0.1:0";

    @TempDir
    private static Path directory;

    private static Pem old;
    private static Pem renewed;

    /** The files that the command is given; tests change them. */
    @TempDir
    private Path deployed;

    private Pem files;

    @BeforeAll
    static void createCertificates() throws Exception {
        old = Pem.create(directory, "old");
        renewed = Pem.create(directory, "renewed");
    }

    @BeforeEach
    void deployTheOldOne() throws IOException {
        files = new Pem(deployed.resolve("mx.crt"), deployed.resolve("mx.key"), old.parsed());
        old.replace(files);
    }

    private PosternProcess startTls(String... more) throws IOException {
        return run(
                List.of(
                        "-l",
                        ANY_PORT,
                        "--tls-cert",
                        files.certificate().toString(),
                        "--tls-key",
                        files.key().toString()),
                more);
    }

    private static PosternProcess run(List<String> arguments, String... more) throws IOException {
        return PosternProcess.run(
                Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new));
    }

    private static void assertServes(String address, Pem certificate) throws Exception {
        try (TlsClient client = TlsClient.startTls(address, certificate)) {
            assertThat(client.serverCertificate()).isEqualTo(certificate.parsed());
            client.command("MAIL FROM:<a@example.org>", "250");
        }
    }

    @Test
    void aCertificateOffersStartTlsAndRequiresItBeforeMail() throws Exception {
        try (PosternProcess postern = startTls("sink")) {
            String address = postern.awaitListening();
            try (TlsClient client = TlsClient.plain(address)) {
                assertThat(client.ehlo()).contains("250-STARTTLS");
                client.command("MAIL FROM:<a@example.org>", "530");
            }
            assertServes(address, old);
        }
    }

    @Test
    void startTlsCanBeLeftToTheClient() throws Exception {
        try (PosternProcess postern = startTls("--no-require-tls", "sink")) {
            String address = postern.awaitListening();
            try (TlsClient client = TlsClient.plain(address)) {
                assertThat(client.ehlo()).contains("250-STARTTLS");
                client.command("MAIL FROM:<a@example.org>", "250");
            }
            assertServes(address, old);
        }
    }

    @Test
    void smtpsEncryptsEveryListenerFromTheFirstOctet() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l",
                ANY_PORT,
                "-l",
                ANY_PORT,
                "--smtps-cert",
                files.certificate().toString(),
                "--smtps-key",
                files.key().toString(),
                "sink")) {
            for (String address : List.of(postern.awaitListening(), postern.awaitListening())) {
                try (TlsClient client = TlsClient.implicit(address, old)) {
                    assertThat(client.ehlo()).doesNotContain("250-STARTTLS");
                    client.command("MAIL FROM:<a@example.org>", "250");
                }
            }
        }
    }

    @Test
    void smtpsInFrontOfAnAddressSetsItApartFromThoseWithStartTls() throws Exception {
        try (PosternProcess postern = startTls(
                "-l",
                "smtps:" + ANY_PORT,
                "--smtps-cert",
                renewed.certificate().toString(),
                "--smtps-key",
                renewed.key().toString(),
                "sink")) {
            assertServes(postern.awaitListening(), old);
            try (TlsClient client = TlsClient.implicit(postern.awaitListening(), renewed)) {
                client.command("MAIL FROM:<a@example.org>", "250");
            }
        }
    }

    @Test
    void swaksSendsOverStartTls() throws Exception {
        try (PosternProcess postern = startTls("sink")) {
            assertThat(Swaks.run(
                            postern.awaitListening(),
                            "--tls",
                            "--tls-verify",
                            "--tls-ca-path",
                            files.certificate().toString()))
                    .contains("TLS started", "<~  250 ");
        }
    }

    @Test
    void aRenewedCertificateIsTakenWithoutDroppingAConnection() throws Exception {
        try (PosternProcess postern = startTls("-d", "sink")) {
            String address = postern.awaitListening();
            try (TlsClient open = TlsClient.startTls(address, old)) {
                renewed.replace(files);
                postern.awaitError("read " + files.certificate() + " and " + files.key() + " again");
                for (int i = 0; i < 4; i++) { // every event loop
                    assertServes(address, renewed);
                }
                open.command("NOOP", "250");
            }
        }
    }

    @Test
    void aRenewedCertificateIsTakenWithImplicitTls() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l",
                ANY_PORT,
                "--smtps-cert",
                files.certificate().toString(),
                "--smtps-key",
                files.key().toString(),
                "-d",
                "sink")) {
            String address = postern.awaitListening();
            TlsClient.implicit(address, old).close();
            renewed.replace(files);
            postern.awaitError("read " + files.certificate());
            for (int i = 0; i < 4; i++) {
                TlsClient.implicit(address, renewed).close();
            }
        }
    }

    @Test
    void aBrokenCertificateLeavesTheOldOneInForceAndIsToldInOneLine() throws Exception {
        try (PosternProcess postern = startTls("sink")) {
            String address = postern.awaitListening();
            Pem.replace(renewed.certificate(), files.certificate()); // and not its key
            postern.awaitError("postern: cannot use " + files.certificate() + " and " + files.key()
                    + "; what was read before stays in force: the key does not belong to the certificate");
            assertServes(address, old);
            Files.delete(files.key());
            postern.awaitError("stays in force");
            assertServes(address, old);
            postern.terminate();
            assertThat(postern.errors().lines()).hasSize(2);
        }
    }

    @Test
    void sighupReadsTheFilesAgain() throws Exception {
        try (PosternProcess postern = startTls("-d", "sink")) {
            String address = postern.awaitListening();
            postern.signal("HUP");
            postern.awaitError("read " + files.certificate() + " and " + files.key() + " again");
            assertServes(address, old);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "missing.crt | old.key | no such file: ",
                "old.crt | missing.key | no such file: ",
                "old.crt | renewed.key | the key does not belong to the certificate",
                "old.key | old.key | Missing -----BEGIN CERTIFICATE-----",
                "old.crt | old.crt | Missing -----BEGIN PRIVATE KEY-----",
            })
    void filesThatCannotBeUsedAreToldInOneLine(String certificate, String key, String message) throws Exception {
        for (String kind : List.of("tls", "smtps")) {
            try (PosternProcess postern = PosternProcess.run(
                    "-l",
                    ANY_PORT,
                    "--" + kind + "-cert",
                    directory.resolve(certificate).toString(),
                    "--" + kind + "-key",
                    directory.resolve(key).toString())) {
                assertThat(postern.awaitExit()).isEqualTo(1);
                assertThat(postern.errors().lines())
                        .singleElement()
                        .asString()
                        .startsWith("postern: ")
                        .contains(message, directory.toString());
            }
        }
    }

    @Test
    void aListenerWithImplicitTlsGreetsNobodyInTheClear() throws Exception {
        try (PosternProcess postern = PosternProcess.run(
                "-l",
                ANY_PORT,
                "--smtps-cert",
                files.certificate().toString(),
                "--smtps-key",
                files.key().toString())) {
            int port = PosternProcess.port(postern.awaitListening());
            try (RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port)) {
                client.send("EHLO client.example.org\r\n");
                assertThatThrownBy(client::readReply).isInstanceOfAny(AssertionError.class, UncheckedIOException.class);
            }
        }
    }
}
