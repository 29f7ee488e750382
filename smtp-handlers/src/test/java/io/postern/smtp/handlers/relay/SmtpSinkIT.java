package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.WireReply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Postfix's smtp-sink as next hop, which fails at whatever command it is told to, and in every way. */
class SmtpSinkIT {

    @TempDir
    Path directory;

    private final RelayFixture fixture = new RelayFixture();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void stop() {
        fixture.close();
        processes.forEach(Process::destroy);
    }

    private int sink(String... options) throws Exception {
        int port = Program.freePort();
        Path output = directory.resolve("sink.log");
        List<String> command = new ArrayList<>(List.of(Program.find("smtp-sink")));
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("-u", "nobody")); // it insists
        }
        command.addAll(List.of(options));
        command.addAll(List.of("127.0.0.1:" + port, "10"));
        Process sink = Program.start(output, command);
        processes.add(sink);
        Program.awaitListening(port, sink, output);
        return port;
    }

    /** The reply that ends a transaction: the first that is no yes, or that to the message. */
    private static WireReply transaction(RawSmtpClient client) {
        client.command("MAIL FROM:<from@example.test>").expect(250);
        WireReply reply = client.command("RCPT TO:<to@example.test>");
        if (reply.code() == 250) {
            reply = client.command("DATA");
        }
        return reply.code() == 354 ? client.send("Subject: a\r\n\r\nb\r\n.\r\n").readReply() : reply;
    }

    // -f refuses with 5xx, -r with 4xx, -q hangs up, -Q says 421 and hangs up
    @ParameterizedTest
    @CsvSource({
        "-f, MAIL, 500",
        "-r, MAIL, 450",
        "-q, MAIL, 451",
        "-Q, MAIL, 451",
        "-f, RCPT, 500",
        "-r, RCPT, 450",
        "-q, RCPT, 451",
        "-Q, RCPT, 451",
        "-f, DATA, 500",
        "-r, DATA, 450",
        "-q, DATA, 451",
        "-Q, DATA, 451",
        "-f, ., 500",
        "-r, ., 450",
        "-q, ., 451",
        "-Q, ., 451",
        "-q, CONNECT, 451",
        "-Q, CONNECT, 451",
        "-f, EHLO, 250",
        "'-f', 'EHLO,HELO', 451",
        "-q, EHLO, 451"
    })
    void whateverItDoesTheClientKnowsWhatBecameOfItsMessage(String option, String command, int code) throws Exception {
        RelayOptions options = RelayFixture.to(sink(option, command));
        int port = fixture.front(options);
        try (RawSmtpClient client = RelayFixture.client(port)) {
            assertThat(transaction(client).code()).isEqualTo(code);
            client.command("NOOP").expect(250);
        }
    }

    @Test
    void lmtp() throws Exception {
        int port = fixture.front(RelayFixture.toLmtp(sink("-L")));
        try (RawSmtpClient client = RelayFixture.client(port)) {
            transaction(client).expect(250);
            transaction(client).expect(250);
        }
    }
}
