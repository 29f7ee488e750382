package io.postern.smtp.handlers.relay;

import io.postern.smtp.Reply;
import io.postern.smtp.SmtpException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message by BDAT (RFC 3030). A chunk is written when enough has come together; with PIPELINING a few may be under way.
 * The last one goes out when those before it were accepted.
 */
final class BdatWriter implements BodyWriter {

    /** In octets: what a socket takes at once, more or less. */
    static final int CHUNK = 65_536;
    /** How many chunks may be under way; it hides the time to the next hop and back. */
    private static final int MAX_UNDER_WAY = 4;

    private final HopConnection connection;
    private final RelayOptions options;
    private final int replies;
    private final boolean binary;
    private final int maxUnderWay;

    private Buffer chunk = Buffer.buffer();
    private boolean lineEnded = true;
    private int underWay;
    private @Nullable Throwable refusal;
    private @Nullable Promise<Void> waiting;
    /** At how many chunks under way the one that waits goes on. */
    private int enough;

    /** @param replies how many come at the end */
    BdatWriter(HopConnection connection, RelayOptions options, int replies, boolean binary) {
        this.connection = connection;
        this.options = options;
        this.replies = replies;
        this.binary = binary;
        this.maxUnderWay = connection.capabilities().pipelining() ? MAX_UNDER_WAY : 1;
    }

    @Override
    public Future<Void> write(Buffer part) {
        if (part.length() > 0) {
            chunk.appendBuffer(part);
            lineEnded = part.getByte(part.length() - 1) == '\n';
        }
        if (refusal != null) {
            return Future.failedFuture(refusal);
        }
        return chunk.length() < CHUNK ? Future.succeededFuture() : writeChunk();
    }

    private Future<Void> writeChunk() {
        underWay++;
        connection.ask(command(""), options.getDataTimeout()).onComplete(answer -> {
            underWay--;
            if (refusal == null && answer.failed()) {
                refusal = answer.cause();
            } else if (refusal == null && !answer.result().isPositive()) {
                refusal = new SmtpException(HopReplies.forClient(answer.result()));
            }
            goOn();
        });
        return until(maxUnderWay - 1).compose(v -> connection.room());
    }

    private Buffer command(String last) {
        Buffer command = HopConnection.line("BDAT " + chunk.length() + last).appendBuffer(chunk);
        chunk = Buffer.buffer();
        return command;
    }

    /** Completes when so few chunks are under way; fails when one was refused. */
    private Future<Void> until(int few) {
        Promise<Void> promise = connection.loop().promise();
        waiting = promise;
        enough = few;
        goOn();
        return promise.future();
    }

    private void goOn() {
        Promise<Void> promise = waiting;
        if (promise == null) {
            return;
        }
        if (refusal != null) {
            waiting = null;
            promise.fail(refusal);
        } else if (underWay <= enough) {
            waiting = null;
            promise.complete();
        }
    }

    @Override
    public Future<List<Reply>> end() {
        if (!lineEnded && !binary) {
            chunk.appendString("\r\n");
        }
        return until(0).compose(
                        v -> DataWriter.ask(connection, command(" LAST"), options.getMessageTimeout(), replies));
    }

    /** Between two chunks a message can be taken back (RFC 3030 §2). */
    @Override
    public Future<Void> abandon() {
        if (underWay > 0 && maxUnderWay == 1) {
            connection.cut("a message is given up");
            return Future.succeededFuture();
        }
        return connection.ask("RSET", options.getCommandTimeout()).transform(reply -> {
            if (reply.succeeded() && !reply.result().isPositive()) {
                connection.cut("RSET was refused");
            }
            return Future.succeededFuture();
        });
    }
}
