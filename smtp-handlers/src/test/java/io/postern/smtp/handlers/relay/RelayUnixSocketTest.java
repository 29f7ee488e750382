package io.postern.smtp.handlers.relay;

import static io.postern.smtp.handlers.relay.RelayFixture.dataTo;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.RecordingHandler;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A next hop that listens on a Unix socket, as that of Dovecot does. */
class RelayUnixSocketTest {

    @TempDir
    Path directory;

    private final RelayFixture fixture = new RelayFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itIsServedLikeAnyOther(boolean lmtp) {
        RecordingHandler hop = new RecordingHandler();
        String socket = directory.resolve("hop").toString();
        fixture.hop(hop, new SmtpServerOptions().setLmtp(lmtp).setUnixSocket(socket));
        int port = fixture.front(new RelayOptions(NextHop.parse((lmtp ? "lmtp:" : "") + "unix:" + socket)));
        try (RawSmtpClient client = dataTo(port)) {
            client.send("A: b\r\n\r\n.\r\n").expect(250);
        }
        assertThat(hop.await(1, Duration.ofSeconds(20)).get(0).rcptTos()).containsExactly("to@example.test");
    }

    @Test
    void oneThatIsMissingDoesNotAnswer() {
        int port = fixture.front(new RelayOptions(NextHop.parse("lmtp:unix:" + directory.resolve("missing"))));
        try (RawSmtpClient client = RelayFixture.client(port)) {
            client.command("MAIL FROM:<from@example.test>").expect(250);
            assertThat(client.command("RCPT TO:<to@example.test>").expect(451).text())
                    .startsWith("4.4.1 ");
        }
    }
}
