package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Postfix as next hop, which sends everything on to a server of ours, so that what went through both can be looked at. */
class PostfixHopIT {

    @Test
    void whatAClientSendsGoesThroughPostfixAndItsAnswersComeBack() throws Exception {
        RecordingHandler end = new RecordingHandler();
        String text = "Subject: dots\r\nFrom: <from@example.test>\r\nDate: Sat, 28 Nov 2026 01:00:00 +0000\r\n"
                + "Message-ID: <1@example.test>\r\n\r\n.one\r\n..two\r\n" + "x".repeat(900) + "\r\n.\r\nend\r\n";
        try (RelayFixture fixture = new RelayFixture();
                PostfixServer postfix = new PostfixServer(fixture.hop(end))) {
            for (boolean chunking : new boolean[] {true, false}) {
                int port = fixture.front(new RelayOptions(NextHop.smtp("localhost", postfix.port()))
                        .setHeloName("relay.example.test")
                        .setStartTls(StartTlsPolicy.REQUIRED)
                        .setTrustedCertificates(List.of(postfix.certificate().toString()))
                        .setChunking(chunking));
                try (RawSmtpClient client = RelayFixture.client(port)) {
                    client.command("MAIL FROM:<from@example.test> SIZE=100 BODY=8BITMIME")
                            .expect(250);
                    assertThat(client.command("RCPT TO:<unknown@example.test>")
                                    .expect(550)
                                    .text())
                            .startsWith("5.1.1 <unknown@example.test>: Recipient address rejected: no such user here");
                    assertThat(client.command("RCPT TO:<busy@example.test>")
                                    .expect(450)
                                    .text())
                            .startsWith("4.2.0 ");
                    client.command("RCPT TO:<to@example.test>").expect(250);
                    client.command("DATA").expect(354);
                    assertThat(client.send(text.replace("\r\n.", "\r\n..") + ".\r\n")
                                    .expect(250)
                                    .text())
                            .matches("2\\.0\\.0 Ok: .*queued as .*");
                    client.command("MAIL FROM:<from@example.test> SIZE=20000000")
                            .expect(552);
                    assertThat(client.command("EHLO again.example.test").lines())
                            .contains("SIZE 10000000");
                }
            }
            for (ReceivedMessage message : end.await(2, Duration.ofSeconds(30))) {
                assertThat(message.rcptTos()).containsExactly("to@example.test");
                assertThat(message.text())
                        .contains("by front.example.test with ESMTP")
                        .contains("(Postfix) with ESMTPS id ")
                        .endsWith(")\r\n" + text);
            }
        }
    }
}
