package io.postern.smtp.handlers;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.trace.PythonText;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Prints every message to a stream and accepts it when it is printed:
 *
 * <pre>
 * ---------- MESSAGE FOLLOWS ----------
 * mail options: ['SIZE=27']
 *
 * Subject: hello
 * X-Peer: ('127.0.0.1', 50000)
 *
 * hello
 * ------------ END MESSAGE ------------
 * </pre>
 *
 * <p>A message cannot drive the terminal: control characters in it other than tab and line end are shown as {@code \x1b},
 * malformed UTF-8 as the replacement character. Messages come out whole, one after the other, in the order in which they
 * were complete.
 *
 * <p>The stream may be slow: it is written to on a worker thread, one at a time for all connections. When more than
 * {@link #MAX_WAITING} octets wait for it, further messages are answered {@code 452 4.3.1}; when it fails, as a closed pipe
 * does, {@code 451 4.3.0}.
 */
public final class DebuggingHandler extends MessageHandler {

    /** 64 MiB, in octets: how much may wait for the stream. */
    public static final long MAX_WAITING = 67_108_864;

    private static final Reply STREAM_TOO_SLOW = Reply.of(452, "4.3.1", "Output is too slow, try again later");

    private final PrintStream stream;
    private final AtomicLong waiting = new AtomicLong();
    /** Completes when the message before the next one is printed; it never fails. */
    private final AtomicReference<Future<Void>> last = new AtomicReference<>(Future.succeededFuture());

    /** Prints to standard output. */
    public DebuggingHandler() {
        this(System.out);
    }

    /** Prints to {@code stream}, in its charset; it is flushed after each message and never closed. */
    public DebuggingHandler(PrintStream stream) {
        this(stream, DEFAULT_MAX_MESSAGE_SIZE);
    }

    /**
     * Like {@link #DebuggingHandler(PrintStream)}, for messages of up to this size.
     *
     * @param maxMessageSize in octets
     */
    public DebuggingHandler(PrintStream stream, int maxMessageSize) {
        super(maxMessageSize);
        this.stream = stream;
    }

    @Override
    protected Future<Reply> handleMessage(Session session, Message message) {
        int size = message.content().length();
        long inFront = waiting.getAndAdd(size);
        if (inFront > 0 && inFront + size > MAX_WAITING) {
            waiting.addAndGet(-size);
            return Future.succeededFuture(STREAM_TOO_SLOW);
        }
        Promise<Void> printed = Promise.promise();
        Runnable done = () -> {
            if (printed.tryComplete()) {
                waiting.addAndGet(-size);
            }
        };
        return last.getAndSet(printed.future())
                .compose(before -> Contexts.of(session)
                        .executeBlocking(
                                () -> {
                                    try {
                                        print(message);
                                        return message;
                                    } finally {
                                        // here and not on the context, which may have ended meanwhile
                                        done.run();
                                    }
                                },
                                false))
                .onFailure(notStarted -> done.run())
                .map(Replies.MESSAGE_ACCEPTED);
    }

    private void print(Message message) throws IOException {
        MessageText text = new MessageText(stream);
        text.line("---------- MESSAGE FOLLOWS ----------");
        List<String> mailOptions = message.envelope().mailOptions();
        List<String> rcptOptions = message.envelope().recipients().stream()
                .flatMap(recipient -> recipient.parameters().options().stream())
                .toList();
        if (!mailOptions.isEmpty()) {
            text.line("mail options: " + PythonText.list(mailOptions));
        }
        if (!rcptOptions.isEmpty()) {
            text.line("rcpt options: " + PythonText.list(rcptOptions));
        }
        if (!mailOptions.isEmpty() || !rcptOptions.isEmpty()) {
            text.line("");
        }
        text.content(message.content().getBytes(), "X-Peer: " + PythonText.peer(message.peer()));
        text.line("------------ END MESSAGE ------------");
        text.flush();
        if (stream.checkError()) {
            throw new IOException("the message could not be printed");
        }
    }
}
