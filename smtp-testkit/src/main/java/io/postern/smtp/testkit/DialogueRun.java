package io.postern.smtp.testkit;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** One time that a {@link Dialogue} is led. */
final class DialogueRun {

    /** How much of a line is shown in the transcript. */
    private static final int SHOWN = 200;

    private final RawSmtpClient client;
    private final @Nullable SSLContext tls;
    private final Cuts cuts;
    private final StringBuilder transcript = new StringBuilder();
    /** Further lines of the reply that is compared line by line. */
    private final List<String> unread = new ArrayList<>();

    private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
    private int sent;

    /** @param tls trusts the server; needed when the script has a handshake in it */
    DialogueRun(RawSmtpClient client, @Nullable SSLContext tls, Cuts cuts) {
        this.client = client;
        this.tls = tls;
        this.cuts = cuts;
    }

    /**
     * Leads it, and closes the connection.
     *
     * @return what was said
     * @throws AssertionError when the server does something else, with what was said until then
     */
    String lead(List<DialogueLine> script) {
        try (client) {
            for (DialogueLine line : script) {
                told("line " + line.number(), () -> take(line));
            }
            told("the end", () -> {
                send();
                requireWholeReply();
            });
        }
        return transcript.toString();
    }

    /** Does something, and tells what it was and what was said until then when it fails. */
    private void told(String what, Runnable step) {
        try {
            step.run();
        } catch (AssertionError | UncheckedIOException e) {
            throw new AssertionError(what + ": " + e.getMessage() + "; so far:\n" + transcript, e);
        }
    }

    private void take(DialogueLine line) {
        if (line.kind().isClient()) {
            requireWholeReply();
            say(line);
        } else {
            hear(line);
        }
    }

    private void requireWholeReply() {
        if (!unread.isEmpty()) {
            throw new AssertionError("the reply before has more lines than were expected: " + unread);
        }
    }

    private void say(DialogueLine line) {
        if (line.kind() == DialogueLine.Kind.SAID) {
            unsent.writeBytes(line.octets());
            note("C: " + line.text());
            return;
        }
        send();
        note("C: " + line.text());
        switch (line.kind()) {
            case TLS -> startTls();
            case END -> client.shutdownOutput();
            case RESET -> client.reset();
            default -> throw new IllegalStateException(line.toString());
        }
    }

    private void startTls() {
        if (tls == null) {
            throw new IllegalStateException(
                    "the dialogue has <tls> in it, but nothing says which certificates to trust");
        }
        if (client.hasInput()) { // RFC 3207 §4.2: it would be heard as if it had been encrypted
            throw new AssertionError("there is more to be read before TLS");
        }
        client.startTls(tls);
    }

    private void send() {
        byte[] octets = unsent.toByteArray();
        unsent.reset();
        int from = 0;
        while (from < octets.length) {
            int to = Math.min(octets.length, cuts.next(sent) - sent + from);
            client.send(Arrays.copyOfRange(octets, from, to));
            sent += to - from;
            from = to;
        }
    }

    private void hear(DialogueLine line) {
        try {
            send();
            compare(line);
        } catch (UncheckedIOException e) {
            throw new AssertionError("expected \"" + line.text() + "\", but " + e.getMessage(), e);
        }
    }

    private void compare(DialogueLine line) {
        switch (line.kind()) {
            case CLOSED -> {
                requireWholeReply();
                String more = client.readToEnd();
                require(line, more.isEmpty(), more);
            }
            case REST_OF_REPLY -> unread.clear();
            case REPLY -> {
                requireWholeReply();
                WireReply reply = read();
                require(line, line.allows(reply.code()), reply.toString());
            }
            case REPLY_LINE -> {
                if (unread.isEmpty()) {
                    unread.addAll(List.of(read().toString().split("\n", -1)));
                }
                String next = unread.remove(0);
                require(line, line.allows(next), next);
            }
            default -> throw new IllegalStateException(line.toString());
        }
    }

    private WireReply read() {
        WireReply reply = client.readReply();
        reply.toString().lines().forEach(line -> note("S: " + line));
        return reply;
    }

    private void note(String line) {
        boolean isLong = line.codePointCount(0, line.length()) > SHOWN;
        transcript
                .append(isLong ? line.substring(0, line.offsetByCodePoints(0, SHOWN)) + "..." : line)
                .append('\n');
    }

    private static void require(DialogueLine line, boolean met, String got) {
        if (!met) {
            throw new AssertionError("expected \"" + line.text() + "\", but got \"" + got + "\"");
        }
    }
}
