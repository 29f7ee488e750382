package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestCertificate;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.faults.Fault;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Angus Mail and curl make of faults and of certificates that are not to be trusted. */
class FaultsIT {

    // exit codes of curl
    private static final int CURL_PEER_FAILED_VERIFICATION = 60;
    private static final int CURL_SEND_ERROR = 55;
    private static final int CURL_RECEIVE_ERROR = 56;

    private final RecordingHandler handler = new RecordingHandler();
    private TestCertificate certificate = TestCertificate.expired();
    private TestSmtpServer server = start(certificate.mended());

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        server.close();
    }

    private TestSmtpServer start(TestCertificate shown) {
        return TestSmtpServer.start(
                handler, new SmtpServerOptions().setHostName("mx.example.test").setTls(shown.serverOptions()));
    }

    private void restart(TestCertificate shown) {
        server.close();
        certificate = shown;
        server = start(shown);
    }

    private void sendWithAngus(String text) throws MessagingException {
        Properties properties = new Properties();
        properties.setProperty("mail.smtp.host", server.host());
        properties.setProperty("mail.smtp.port", Integer.toString(server.port()));
        properties.setProperty("mail.smtp.localhost", "client.example");
        properties.setProperty("mail.smtp.timeout", "10000");
        properties.setProperty("mail.smtp.starttls.enable", "true");
        properties.setProperty("mail.smtp.starttls.required", "true");
        properties.put("mail.smtp.ssl.socketFactory", certificate.sslContext().getSocketFactory());
        MimeMessage message = new MimeMessage(Session.getInstance(properties));
        message.setFrom(new InternetAddress("app@client.example"));
        message.setRecipient(MimeMessage.RecipientType.TO, new InternetAddress("anne@example.test"));
        message.setText(text);
        Transport.send(message);
    }

    /** @return the exit code */
    private int sendWithCurl() throws IOException, InterruptedException {
        Path trusted = Files.writeString(directory.resolve("authority.pem"), certificate.authorityPem());
        Path message = Files.writeString(directory.resolve("message.eml"), "Subject: hi\r\n\r\n" + "x\r\n".repeat(100));
        Process curl = new ProcessBuilder(List.of(
                        Tool.find("curl"),
                        "--silent",
                        "--max-time",
                        "20",
                        "--ssl-reqd",
                        "--cacert",
                        trusted.toString(),
                        "smtp://127.0.0.1:" + server.port() + "/client.example",
                        "--mail-from",
                        "app@client.example",
                        "--mail-rcpt",
                        "anne@example.test",
                        "--upload-file",
                        message.toString()))
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        assertThat(curl.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return curl.exitValue();
    }

    @Test
    void withoutFaultsBothDeliver() throws Exception {
        sendWithAngus("hi");
        assertThat(sendWithCurl()).isZero();
        assertThat(handler.messages()).hasSize(2);
    }

    @Test
    void neitherTrustsAnExpiredCertificateAndBothItsSuccessor() throws Exception {
        restart(TestCertificate.expired());
        assertThatThrownBy(() -> sendWithAngus("hi")).hasStackTraceContaining("CertificateExpiredException");
        assertThat(sendWithCurl()).isEqualTo(CURL_PEER_FAILED_VERIFICATION);
        assertThat(handler.messages()).isEmpty();

        server.server()
                .updateTls(certificate.mended().serverOptions())
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        sendWithAngus("hi");
        assertThat(sendWithCurl()).isZero();
    }

    @Test
    void neitherTrustsACertificateOfTomorrow() throws Exception {
        restart(TestCertificate.notYetValid());
        assertThatThrownBy(() -> sendWithAngus("hi")).hasStackTraceContaining("CertificateNotYetValidException");
        assertThat(sendWithCurl()).isEqualTo(CURL_PEER_FAILED_VERIFICATION);
    }

    @Test
    void neitherTrustsACertificateForAnotherName() throws Exception {
        restart(TestCertificate.forAnotherName("other.example.test"));
        assertThatThrownBy(() -> sendWithAngus("hi"))
                .hasStackTraceContaining("No subject alternative names matching IP address 127.0.0.1");
        assertThat(sendWithCurl()).isEqualTo(CURL_PEER_FAILED_VERIFICATION);
    }

    @Test
    void startTlsThatIsRefusedIsNoReasonToGoOnInTheClear() throws Exception {
        server.faults().onStartTls().reply(454, "4.7.0", "TLS not available due to temporary reason");
        assertThatThrownBy(() -> sendWithAngus("hi")).isInstanceOf(MessagingException.class);
        assertThat(sendWithCurl()).isNotZero();
        assertThat(handler.messages()).isEmpty();
        server.faults().verify();
    }

    @Test
    void greylistingLetsTheSecondTryPass() throws Exception {
        server.faults().greylisting();
        assertThatThrownBy(() -> sendWithAngus("hi"))
                .isInstanceOf(SendFailedException.class)
                .hasStackTraceContaining("451 4.7.1 Greylisted");
        sendWithAngus("hi");
        assertThat(handler.messages()).hasSize(1);
        assertThat(sendWithCurl()).isZero(); // the triple is the same
    }

    @Test
    void aResetInTheMiddleOfAMessageFailsTheClient() throws Exception {
        Fault fault = server.faults().onData().afterBytes(100).times(2).reset();
        assertThatThrownBy(() -> sendWithAngus("x".repeat(200_000))).isInstanceOf(MessagingException.class);
        assertThat(sendWithCurl()).isIn(CURL_SEND_ERROR, CURL_RECEIVE_ERROR);
        assertThat(fault.hits()).isEqualTo(2);
        assertThat(handler.messages()).isEmpty();
        sendWithAngus("hi");
    }

    @Test
    void aReplyInTwoPiecesIsReadWhole() throws Exception {
        server.faults().onRcpt().splitReply(2, Duration.ofMillis(20));
        sendWithAngus("hi");
        assertThat(sendWithCurl()).isZero();
        assertThat(handler.messages()).hasSize(2);
    }

    @Test
    void aGreetingThatIsNoneFailsTheClient() {
        server.faults().onConnect().malformedReply("HTTP/1.1 400 Bad Request\r\n\r\n");
        assertThatThrownBy(() -> sendWithAngus("hi")).isInstanceOf(MessagingException.class);
    }

    @Test
    void a421InMidTransactionFailsTheClientForNow() throws Exception {
        server.faults().onRcpt().times(1).closeWith421();
        assertThatThrownBy(() -> sendWithAngus("hi")).isInstanceOf(MessagingException.class);
        sendWithAngus("hi");
    }
}
