package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.sasl.UsersFile;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients by others prove who they are over TLS, in both modes, each with each mechanism that it knows. */
class AuthenticatedClientsIT {

    private static final String USER = "anna";
    private static final String PASSWORD = "s3cret-of-anna";
    private static final String FROM = "anna@client.example";
    private static final String TO = "bob@server.example";
    private static final int SECONDS = 60;

    @TempDir
    static Path directory;

    private static TlsFiles files;
    private static Path message;

    private final Promise<Identity> sender = Promise.promise();
    private Vertx vertx;

    @BeforeAll
    static void makeFiles() throws Exception {
        files = TlsFiles.in(directory);
        message = Files.writeString(
                directory.resolve("message"), "From: <anna@client.example>\r\nSubject: hello\r\n\r\nhello\r\n");
        Files.writeString(directory.resolve("users"), USER + ":" + PASSWORD + "\n");
    }

    @BeforeEach
    void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void stopVertx() throws Exception {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    /** A server that takes messages of authenticated clients only, and knows no other mechanism. */
    private int serve(String mechanism, boolean implicitTls) throws Exception {
        UsersFile users = await(UsersFile.load(vertx, directory.resolve("users")));
        SmtpServer server = SmtpServer.create(
                vertx,
                new Accepting(),
                new SmtpServerOptions()
                        .setHostName("mx.server.example")
                        .setTls(files.server())
                        .setImplicitTls(implicitTls)
                        .setAuthRequired(true));
        server.addMechanism(
                switch (mechanism) {
                    case "PLAIN" -> SaslMechanism.plain(users);
                    case "LOGIN" -> SaslMechanism.login(users);
                    case "CRAM-MD5" -> SaslMechanism.cramMd5(users.cramMd5());
                    case "SCRAM-SHA-256" -> SaslMechanism.scramSha256(users);
                    default -> throw new IllegalArgumentException(mechanism);
                });
        return await(server.listen(0, "127.0.0.1")).actualPort();
    }

    private final class Accepting implements SmtpHandler {
        @Override
        public Future<Reply> handleData(io.postern.smtp.Session session, Envelope envelope, ReadStream<Buffer> body) {
            Promise<Reply> answer = Promise.promise();
            body.endHandler(end -> {
                sender.complete(session.authenticated().orElseThrow());
                answer.complete(Replies.MESSAGE_ACCEPTED);
            });
            body.handler(buffer -> {});
            return answer.future();
        }
    }

    private void assertSentBy(String user) throws Exception {
        assertThat(await(sender.future()).authenticationId()).isEqualTo(user);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, false", "LOGIN, false", "CRAM-MD5, false", "PLAIN, true", "LOGIN, true", "CRAM-MD5, true"})
    void swaks(String mechanism, boolean implicitTls) throws Exception {
        int port = serve(mechanism, implicitTls);
        Tool.run(List.of(
                Tool.find("swaks"),
                "--server",
                "127.0.0.1:" + port,
                "--helo",
                "client.example",
                "--from",
                FROM,
                "--to",
                TO,
                "--data",
                "@" + message,
                implicitTls ? "--tls-on-connect" : "--tls",
                "--auth",
                mechanism,
                "--auth-user",
                USER,
                "--auth-password",
                PASSWORD));
        assertSentBy(USER);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, false", "LOGIN, false", "CRAM-MD5, false", "PLAIN, true", "LOGIN, true", "CRAM-MD5, true"})
    void smtplib(String mechanism, boolean implicitTls) throws Exception {
        int port = serve(mechanism, implicitTls);
        Tool.run(List.of(
                Tool.find("python3"),
                MailClientContract.resource("smtplib-auth.py").toString(),
                Integer.toString(port),
                message.toString(),
                FROM,
                TO,
                files.certificate().toString(),
                implicitTls ? "implicit" : "starttls",
                USER,
                PASSWORD));
        assertSentBy(USER);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, false", "LOGIN, false", "CRAM-MD5, false", "PLAIN, true", "LOGIN, true", "CRAM-MD5, true"})
    void curl(String mechanism, boolean implicitTls) throws Exception {
        int port = serve(mechanism, implicitTls);
        Tool.run(List.of(
                Tool.find("curl"),
                "--silent",
                "--show-error",
                "--max-time",
                "60",
                (implicitTls ? "smtps" : "smtp") + "://127.0.0.1:" + port + "/client.example",
                "--ssl-reqd",
                "--cacert",
                files.certificate().toString(),
                "--user",
                USER + ":" + PASSWORD,
                "--login-options",
                "AUTH=" + mechanism,
                "--mail-from",
                FROM,
                "--mail-rcpt",
                TO,
                "--upload-file",
                message.toString()));
        assertSentBy(USER);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, false", "LOGIN, false", "CRAM-MD5, false", "PLAIN, true", "LOGIN, true", "CRAM-MD5, true"})
    void nodemailer(String mechanism, boolean implicitTls) throws Exception {
        NodemailerIT.nodemailerIsThere();
        int port = serve(mechanism, implicitTls);
        Tool.run(List.of(
                Tool.find("node"),
                MailClientContract.resource("nodemailer-auth.js").toString(),
                Integer.toString(port),
                message.toString(),
                FROM,
                TO,
                files.certificate().toString(),
                implicitTls ? "implicit" : "starttls",
                mechanism,
                USER,
                PASSWORD));
        assertSentBy(USER);
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN, false",
        "LOGIN, false",
        "CRAM-MD5, false",
        "SCRAM-SHA-256, false",
        "PLAIN, true",
        "LOGIN, true",
        "CRAM-MD5, true",
        "SCRAM-SHA-256, true"
    })
    void msmtp(String mechanism, boolean implicitTls) throws Exception {
        int port = serve(mechanism, implicitTls);
        List<String> command = new ArrayList<>(List.of(
                Tool.find("msmtp"),
                "--file=/dev/null",
                "--host=127.0.0.1",
                "--port=" + port,
                "--domain=client.example",
                "--tls=on",
                "--tls-starttls=" + (implicitTls ? "off" : "on"),
                "--tls-trust-file=" + files.certificate(),
                "--auth=" + mechanism.toLowerCase(Locale.ROOT),
                "--user=" + USER,
                "--passwordeval=echo " + PASSWORD,
                "--from=" + FROM,
                "--",
                TO));
        Tool.run(command, Redirect.from(message.toFile()), Map.of());
        assertSentBy(USER);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, false", "LOGIN, false", "PLAIN, true", "LOGIN, true"})
    void angusMail(String mechanism, boolean implicitTls) throws Exception {
        int port = serve(mechanism, implicitTls);
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "mail.smtp.host",
                "127.0.0.1",
                "mail.smtp.port",
                Integer.toString(port),
                "mail.smtp.localhost",
                "client.example",
                "mail.smtp.from",
                FROM,
                "mail.smtp.timeout",
                "60000",
                "mail.smtp.ssl.trust",
                "127.0.0.1",
                implicitTls ? "mail.smtp.ssl.enable" : "mail.smtp.starttls.required",
                "true",
                "mail.smtp.auth",
                "true",
                "mail.smtp.auth.mechanisms",
                mechanism));
        Session session = Session.getInstance(properties);
        try (InputStream file = Files.newInputStream(message);
                Transport transport = session.getTransport("smtp")) {
            transport.connect(USER, PASSWORD);
            transport.sendMessage(new MimeMessage(session, file), InternetAddress.parse(TO));
        }
        assertSentBy(USER);
    }
}
