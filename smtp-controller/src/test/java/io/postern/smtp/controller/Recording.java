package io.postern.smtp.controller;

import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collector;

/** Keeps the content of every message. */
final class Recording implements SmtpHandler {

    final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return body.collect(Collector.of(Buffer::buffer, Buffer::appendBuffer, Buffer::appendBuffer))
                .map(content -> {
                    messages.add(content.toString());
                    return Replies.MESSAGE_ACCEPTED;
                });
    }
}
