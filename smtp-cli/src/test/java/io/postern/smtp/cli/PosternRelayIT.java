package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code postern relay}. */
class PosternRelayIT {

    private static final String ANY_PORT = "127.0.0.1:0";

    @TempDir
    Path directory;

    @Test
    void aMessageIsPassedOnAndTheConnectionEndsWithQuit() throws Exception {
        RecordingHandler hop = new RecordingHandler();
        Path options = Files.writeString(directory.resolve("relay.json"), "{\"heloName\": \"relay.example.org\"}");
        try (TestSmtpServer server = TestSmtpServer.start(hop);
                PosternProcess postern =
                        PosternProcess.run("-l", ANY_PORT, "relay", "127.0.0.1:" + server.port(), options.toString())) {
            try (RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
                client.command("MAIL FROM:<from@example.org>").expect(250);
                client.command("RCPT TO:<to@example.org>").expect(250);
                client.command("DATA").expect(354);
                client.send("Subject: hello\r\n\r\n..\r\n.\r\n").expect(250);
            }
            assertThat(hop.await(1, Duration.ofSeconds(20)).get(0).text())
                    .startsWith("Received: from ")
                    .endsWith("\r\nSubject: hello\r\n\r\n.\r\n");
            assertThat(hop.messages().get(0).hostName()).hasValue("relay.example.org");
            postern.terminate();
            assertThat(postern.awaitExit()).isZero();
            assertThat(hop.events()).contains("QUIT");
            assertThat(postern.errors()).isEmpty();
        }
    }

    private static void refuses(String complaint, String... arguments) throws Exception {
        try (PosternProcess postern = PosternProcess.run(arguments)) {
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors()).contains(complaint);
        }
    }

    @Test
    void whatCannotBeIsAMistakeInTheOptions() throws Exception {
        refuses("takes the next hop", "-l", ANY_PORT, "relay");
        refuses("nextHop is \"nowhere\"", "-l", ANY_PORT, "relay", "nowhere");
        Path secret = Files.writeString(directory.resolve("relay.json"), "{\"password\": \"geheim\", oops}");
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "relay", "127.0.0.1:25", secret.toString())) {
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors()).contains("is no JSON object").doesNotContain("geheim");
        }
        Path half = Files.writeString(directory.resolve("half.json"), "{\"userName\": \"relay\"}");
        refuses("password", "-l", ANY_PORT, "relay", "127.0.0.1:25", half.toString());
    }
}
