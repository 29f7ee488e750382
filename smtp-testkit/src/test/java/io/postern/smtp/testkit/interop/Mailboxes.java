package io.postern.smtp.testkit.interop;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collector;

/**
 * Delivers to everybody but those whose name begins with {@code unknown}, who are refused at RCPT, and with {@code full}
 * and {@code strict}, who are refused after the message, for now and for good.
 */
final class Mailboxes implements SmtpHandler {

    private final Queue<String> delivered = new ConcurrentLinkedQueue<>();
    private final Queue<String> contents = new ConcurrentLinkedQueue<>();

    /** To whom a message was delivered, once for each message. */
    Queue<String> delivered() {
        return delivered;
    }

    /** The messages that came. */
    Queue<String> contents() {
        return contents;
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return recipient.mailbox().localPart().startsWith("unknown")
                ? Future.succeededFuture(Reply.of(550, "5.1.1", "no such user"))
                : SmtpHandler.super.handleRcpt(session, envelope, recipient);
    }

    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return body.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer))
                .map(content -> {
                    contents.add(content.toString());
                    return envelope.recipients().stream().map(this::deliver).toList();
                });
    }

    private Reply deliver(Recipient recipient) {
        String name = recipient.mailbox().localPart();
        if (name.startsWith("full")) {
            return Reply.of(452, "4.2.2", "mailbox full");
        } else if (name.startsWith("strict")) {
            return Reply.of(550, "5.7.1", "not wanted");
        }
        delivered.add(recipient.address());
        return Replies.MESSAGE_ACCEPTED;
    }
}
