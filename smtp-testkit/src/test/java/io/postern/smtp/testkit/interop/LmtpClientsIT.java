package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of LMTP over TCP and over a Unix socket. (curl, up to 8.x, has no LMTP.) */
@ParameterizedClass(name = "Unix socket: {0}")
@ValueSource(booleans = {false, true})
class LmtpClientsIT {

    // with all that clients add where it is missing
    private static final String MESSAGE = """
            From: anna@client.example
            Date: Tue, 24 Nov 2026 12:00:00 +0000
            Message-ID: <1@client.example>
            Subject: by LMTP

            Hello.
            ..
            """;
    private static final String ARRIVED = MESSAGE.replace("\n", "\r\n");

    @Parameter
    boolean unixSocket;

    @TempDir
    Path directory;

    private final Mailboxes handler = new Mailboxes();
    private RunningServer server;
    private Path message;

    @BeforeEach
    void start() throws Exception {
        SmtpServerOptions options = new SmtpServerOptions().setLmtp(true).setHostName("store.server.example");
        server = new RunningServer(
                handler,
                unixSocket
                        ? options.setUnixSocket(socket().toString())
                        : options.setHost("127.0.0.1").setPort(0));
        message = Files.writeString(directory.resolve("message"), MESSAGE);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private Path socket() {
        return directory.resolve("lmtp");
    }

    @Test
    void smtplibReadsAReplyForEachRecipient() throws Exception {
        Tool.run(List.of(
                Tool.find("python3"),
                MailClientContract.resource("smtplib-lmtp.py").toString(),
                unixSocket ? socket().toString() : Integer.toString(server.port()),
                message.toString(),
                "anna@client.example",
                "bob@server.example=250",
                "full@server.example=452",
                "unknown@server.example=550",
                "strict@server.example=550",
                "carol@server.example=250"));
        assertThat(handler.contents()).containsExactly(ARRIVED);
        assertThat(handler.delivered()).containsExactly("bob@server.example", "carol@server.example");
    }

    @Test
    void swaksDelivers() {
        String dialogue = Tool.run(List.of(
                Tool.find("swaks"),
                "--protocol",
                "LMTP",
                unixSocket ? "--socket" : "--server",
                unixSocket ? socket().toString() : "127.0.0.1:" + server.port(),
                "--helo",
                "client.example",
                "--from",
                "anna@client.example",
                "--to",
                "bob@server.example,full@server.example,unknown@server.example",
                "--data",
                "@" + message));
        assertThat(dialogue.lines())
                .contains(" -> LHLO client.example")
                .containsSubsequence("<-  250 2.6.0 Message accepted for delivery", "<** 452 4.2.2 mailbox full");
        assertThat(handler.delivered()).containsExactly("bob@server.example");
    }

    @Test
    void msmtpDelivers() throws Exception {
        Tool.run(
                List.of(
                        Tool.find("msmtp"),
                        "--file=/dev/null",
                        "--protocol=lmtp",
                        "--host=127.0.0.1",
                        unixSocket ? "--port=24" : "--port=" + server.port(), // wanted even where it is not used
                        unixSocket ? "--socket=" + socket() : "--socket=",
                        "--domain=client.example",
                        "--tls=off",
                        "--auth=off",
                        "--from=anna@client.example",
                        "--",
                        "bob@server.example",
                        "carol@server.example"),
                Redirect.from(message.toFile()),
                Map.of());
        assertThat(handler.contents()).containsExactly(ARRIVED);
        assertThat(handler.delivered()).containsExactly("bob@server.example", "carol@server.example");
    }
}
