package io.postern.smtp.handlers;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Replies;
import io.postern.smtp.testkit.SmtpHandlerTester;
import io.postern.smtp.testkit.TestSmtpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class DebuggingHandlerTest {

    private static final String ACCEPTED = Replies.MESSAGE_ACCEPTED.toString();

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private DebuggingHandler handler() {
        return new DebuggingHandler(new PrintStream(output, false, StandardCharsets.UTF_8));
    }

    private String printed() {
        return output.toString(StandardCharsets.UTF_8);
    }

    // side by side with aiosmtpd 1.4.3
    @Test
    void aMessageIsPrintedAsAiosmtpdDoes() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("Subject: x\n\nbody\n\nmore\n")).isEqualTo(ACCEPTED);
            assertThat(printed()).isEqualTo("""
                            ---------- MESSAGE FOLLOWS ----------
                            Subject: x
                            X-Peer: ('127.0.0.1', %d)

                            body

                            more
                            ------------ END MESSAGE ------------
                            """, tester.session().peer().port());
        }
    }

    @Test
    void parametersOfMailAndRcptArePrintedFirst() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester)) {
            client.begin(" SIZE=10 ENVID=o'clock", "<a@example.org> NOTIFY=NEVER", "<b@example.org>");
            client.finish("A: 1\n\nx\n");
            assertThat(printed()).isEqualTo("""
                            ---------- MESSAGE FOLLOWS ----------
                            mail options: ['SIZE=10', "ENVID=o'clock"]
                            rcpt options: ['NOTIFY=NEVER']

                            A: 1
                            X-Peer: ('127.0.0.1', %d)

                            x
                            ------------ END MESSAGE ------------
                            """, tester.session().peer().port());
        }
    }

    @Test
    void aMessageWithoutABodyShowsNoPeer() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester)) {
            client.message("no blank line\nat all\n");
            client.message("");
            assertThat(printed()).isEqualTo("""
                            ---------- MESSAGE FOLLOWS ----------
                            no blank line
                            at all
                            ------------ END MESSAGE ------------
                            ---------- MESSAGE FOLLOWS ----------
                            ------------ END MESSAGE ------------
                            """);
        }
    }

    @Test
    void anIpv6PeerIsShownAsPythonShowsIt() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester.client().peer("::1"))) {
            client.message("\nx\n");
            assertThat(printed())
                    .contains("X-Peer: ('::1', %d, 0, 0)\n"
                            .formatted(tester.session().peer().port()));
        }
    }

    @Test
    void controlCharactersAreShownAndNotSentToTheTerminal() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester)) {
            client.message("\u001b]0;title\u0007\tx\u007f\u009b31m\b\0\n");
            assertThat(printed()).contains("\n\\x1b]0;title\\x07\tx\\x7f\\x9b31m\\x08\\x00\n");
        }
    }

    @Test
    void malformedUtf8IsShownReplacedAndTheRestAsItIs() {
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler());
                WireClient client = new WireClient(tester)) {
            client.begin(" BODY=8BITMIME", "<to@example.org>");
            client.wire().send(new byte[] {'a', (byte) 0xff, 'b', (byte) 0xc3, '\r', '\n'});
            client.finish("\u00fc\ud83d\ude00\n");
            assertThat(printed()).contains("\na\ufffdb\ufffd\n\u00fc\ud83d\ude00\n");
        }
    }

    // a line is written in pieces
    @Test
    void aLongLineComesOutWhole() {
        String line = "\ud83d\ude00".repeat(20_000);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                        handler(), TestSmtpServer.defaultOptions().setLineLengthLimit(0));
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x" + line + "\n")).isEqualTo(ACCEPTED);
            assertThat(printed()).contains("\nx" + line + "\n");
        }
    }

    @Test
    void messagesOfManyConnectionsAreNotMixed() {
        List<WireClient> clients = new ArrayList<>();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(handler())) {
            for (int i = 0; i < 20; i++) {
                WireClient client = new WireClient(tester);
                clients.add(client);
                client.begin("", "<to@example.org>");
            }
            for (int i = 0; i < clients.size(); i++) {
                clients.get(i).send(("client " + i + "\r\n").repeat(2_000) + ".\r\n");
            }
            for (WireClient client : clients) {
                assertThat(client.reply()).isEqualTo(ACCEPTED);
            }
            String[] messages = printed().split("-+ MESSAGE FOLLOWS -+\n");
            assertThat(messages).hasSize(21);
            for (int i = 1; i <= 20; i++) {
                assertThat(messages[i].lines().distinct()).hasSize(2);
            }
        } finally {
            for (WireClient client : clients) {
                client.close();
            }
        }
    }

    /** A stream that nobody reads until it is told so. */
    private static final class StuckStream extends OutputStream {

        final CountDownLatch stuck = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);

        @Override
        public void write(int octet) throws IOException {
            stuck.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    @Test
    void aStreamThatIsNotReadHoldsUpOnlyWhoWaitsForIt() throws InterruptedException {
        StuckStream stream = new StuckStream();
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new DebuggingHandler(new PrintStream(stream)));
                WireClient waiting = new WireClient(tester);
                WireClient other = new WireClient(tester)) {
            waiting.begin("", "<to@example.org>");
            waiting.send("x\r\n.\r\n");
            stream.stuck.await();
            assertThat(other.say("NOOP")).isEqualTo(Replies.OK.toString());
            stream.released.countDown();
            assertThat(waiting.reply()).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void whatWaitsForAStreamThatIsNotReadIsBounded() throws InterruptedException {
        StuckStream stream = new StuckStream();
        int halfAndMore = (int) (DebuggingHandler.MAX_WAITING / 2) + 1_000;
        String line = "x".repeat(998) + "\r\n";
        DebuggingHandler handler = new DebuggingHandler(new PrintStream(stream), halfAndMore + 10_000);
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(
                        handler, TestSmtpServer.defaultOptions().setDataSizeLimit(0));
                WireClient first = new WireClient(tester);
                WireClient second = new WireClient(tester)) {
            for (WireClient client : List.of(first, second)) {
                client.begin("", "<to@example.org>");
                for (int sent = 0; sent < halfAndMore; sent += line.length() * 100) {
                    client.send(line.repeat(Math.min(100, (halfAndMore - sent) / line.length() + 1)));
                }
                client.send(".\r\n");
                if (client.equals(first)) {
                    stream.stuck.await();
                }
            }
            assertThat(second.reply()).isEqualTo("452 4.3.1 Output is too slow, try again later");
            stream.released.countDown();
            assertThat(first.reply()).isEqualTo(ACCEPTED);
            assertThat(second.message("x\n")).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void aMessageThatCouldNotBePrintedIsNotAccepted() {
        PrintStream closed = new PrintStream(new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                throw new IOException("broken pipe");
            }
        });
        try (SmtpHandlerTester tester = SmtpHandlerTester.of(new DebuggingHandler(closed));
                WireClient client = new WireClient(tester)) {
            assertThat(client.message("x\n")).isEqualTo(Replies.HANDLER_FAILED.toString());
        }
    }
}
