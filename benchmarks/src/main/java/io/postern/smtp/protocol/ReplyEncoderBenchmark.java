package io.postern.smtp.protocol;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What does it cost to write the replies of one turn: one, the three of a pipelined envelope, and one of several lines? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ReplyEncoderBenchmark {

    private static final Reply EHLO = Reply.of(250, """
            bench.example
            SIZE 33554432
            8BITMIME
            SMTPUTF8
            PIPELINING
            CHUNKING
            ENHANCEDSTATUSCODES
            HELP""");

    /** Which replies go out together. */
    @Param({"ok", "envelope", "ehlo"})
    public String turn = "";

    private final ReplyEncoder encoder = new ReplyEncoder();
    private Reply[] replies = {};

    @Setup
    public void choose() {
        replies = switch (turn) {
            case "ok" -> new Reply[] {Replies.MESSAGE_ACCEPTED};
            case "envelope" -> new Reply[] {Replies.SENDER_OK, Replies.RECIPIENT_OK, Replies.START_DATA};
            case "ehlo" -> new Reply[] {EHLO};
            default -> throw new IllegalArgumentException(turn);
        };
    }

    @Benchmark
    public void encode(Blackhole blackhole) {
        for (Reply reply : replies) {
            encoder.append(reply, !turn.equals("ehlo"), false);
        }
        blackhole.consume(encoder.take());
    }
}
