package io.postern.smtp.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SmtpHandlerTesterTest {

    @Test
    void aSessionIsLedOnTheThreadOfTheTest() {
        RecordingHandler handler = new RecordingHandler();
        long begun = System.nanoTime();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler)) {
            System.out.println("up after " + (System.nanoTime() - begun) / 1000000);
            SmtpHandlerTester.of(handler).close();
            System.out.println("second up after " + (System.nanoTime() - begun) / 1000000);
            try (RawSmtpClient client = tester.client().peer("192.0.2.7").hello()) {
                client.command("MAIL FROM:<a@b.example>").expect(250);
                client.command("RCPT TO:<c@d.example>").expect(250);
                client.command("DATA").expect(354);
                client.send("Hi\r\n.\r\n").expect(250);
                client.command("QUIT").expect(221);
            }
            assertThat(tester.told()).contains("DISCONNECT");
            begun = System.nanoTime();
            RawSmtpClient idle = tester.connect();
            idle.expect(220);
            tester.advance(Duration.ofMinutes(5));
            idle.expect(421);
            System.out.println("waited " + (System.nanoTime() - begun) / 1000000);
            begun = System.nanoTime();
            tester.advance(Duration.ofHours(2));
            System.out.println("waited " + (System.nanoTime() - begun) / 1000000);
        }
        System.out.println("down after " + (System.nanoTime() - begun) / 1000000);
    }
}
