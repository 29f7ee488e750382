package io.postern.smtp.cli;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.WireReply;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Clients that send messages without end, each with a number of its own, and keep those that were accepted. */
final class MailLoad implements AutoCloseable {

    private static final String LINE = "0123456789".repeat(7) + "\r\n";
    private static final int SHORT = 20;
    /** Larger than what is written at once. */
    private static final int LONG = 2_000;

    private final Queue<String> accepted = new ConcurrentLinkedQueue<>();
    private final Queue<WireReply> refusals = new ConcurrentLinkedQueue<>();
    private final Semaphore acceptances = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();

    /** @param name what the numbers begin with */
    MailLoad(String address, String name, int clients) {
        for (int i = 0; i < clients; i++) {
            String client = name + "-" + i;
            Thread thread = new Thread(() -> send(address, client), client);
            threads.add(thread);
            thread.start();
        }
    }

    private void send(String address, String name) {
        try (RawSmtpClient client = PosternProcess.client(address)) {
            boolean goesOn = true;
            for (int i = 0; goesOn; i++) {
                goesOn = message(client, name + "-" + i, i % 10 == 0 ? LONG : SHORT);
            }
        } catch (UncheckedIOException | AssertionError e) {
            // the server has gone, perhaps within a reply
        }
    }

    private boolean message(RawSmtpClient client, String number, int lines) {
        client.send("MAIL FROM:<anne@example.org>\r\nRCPT TO:<bart@example.org>\r\nDATA\r\n");
        for (int i = 0; i < 3; i++) {
            WireReply reply = client.readReply();
            if (reply.code() >= 400) {
                refusals.add(reply);
                return false;
            }
        }
        client.send("Subject: " + number + "\r\n\r\n" + LINE.repeat(lines) + "end\r\n.\r\n");
        WireReply reply = client.readReply();
        if (reply.code() == 250) {
            accepted.add(number);
            acceptances.release();
            return true;
        }
        refusals.add(reply);
        return false;
    }

    /** Whether this is the text of one of its messages, whole. */
    static boolean isWhole(String text) {
        int body = text.indexOf("\n\n") + 2;
        String lines = text.substring(body);
        String line = LINE.replace("\r", "");
        return lines.equals(line.repeat(SHORT) + "end\n") || lines.equals(line.repeat(LONG) + "end\n");
    }

    /** Waits until that many more messages were accepted. */
    void awaitAccepted(int messages) throws InterruptedException {
        if (!acceptances.tryAcquire(messages, 60, TimeUnit.SECONDS)) {
            throw new AssertionError("only " + accepted.size() + " messages were accepted; refused: " + refusals);
        }
    }

    /** Waits until every client was refused or has lost its connection. @return what was accepted */
    List<String> awaitEnd() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(60));
            if (thread.isAlive()) {
                throw new AssertionError(thread.getName() + " still has its connection");
            }
        }
        return List.copyOf(accepted);
    }

    List<WireReply> refusals() {
        return List.copyOf(refusals);
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}
