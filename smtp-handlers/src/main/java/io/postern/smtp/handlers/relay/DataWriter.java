package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A message by DATA (RFC 5321 §4.1.1.4), after the next hop has said 354. */
final class DataWriter implements BodyWriter {

    private final HopConnection connection;
    private final Duration messageTimeout;
    private final int replies;
    private final DotStuffer stuffer = new DotStuffer();

    /** @param replies how many come at the end */
    DataWriter(HopConnection connection, Duration messageTimeout, int replies) {
        this.connection = connection;
        this.messageTimeout = messageTimeout;
        this.replies = replies;
    }

    @Override
    public Future<Void> write(Buffer part) {
        return connection.write(stuffer.stuff(part));
    }

    @Override
    public Future<List<Reply>> end() {
        return ask(connection, stuffer.end(), messageTimeout, replies);
    }

    /** Sends the end of a message and collects the replies to it. */
    static Future<List<Reply>> ask(HopConnection connection, Buffer end, Duration timeout, int replies) {
        List<Future<Reply>> awaited = new ArrayList<>();
        awaited.add(orFailure(connection.ask(end, timeout)));
        while (awaited.size() < replies) {
            awaited.add(orFailure(connection.await(timeout)));
        }
        return Future.all(awaited).map(all -> all.<Reply>list());
    }

    private static Future<Reply> orFailure(Future<Reply> reply) {
        return reply.recover(failure ->
                failure instanceof HopFailure hop ? Future.succeededFuture(hop.reply()) : Future.failedFuture(failure));
    }

    /** DATA cannot be taken back, but a connection that ends before the message has (RFC 5321 §4.1.1.4). */
    @Override
    public Future<Void> abandon() {
        connection.cut("a message is given up");
        return Future.succeededFuture();
    }
}
