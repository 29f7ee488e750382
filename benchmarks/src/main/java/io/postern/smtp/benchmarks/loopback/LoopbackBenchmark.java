package io.postern.smtp.benchmarks.loopback;

import io.postern.smtp.benchmarks.BlockingClient;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does a client wait for a message to be accepted, over a connection that it keeps? Each server discards what it gets,
 * and runs in the JVM of its client, each with default options.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class LoopbackBenchmark {

    private static final String LINE =
            "This line of a message has seventy-eight octets, its end not counted, I think.\r\n";

    /** Who serves. */
    @Param
    public Peer server = Peer.POSTERN;

    /** The size of the message, in octets and about. */
    @Param({"1000", "1000000"})
    public int size;

    private String message = "";
    private @Nullable RunningPeer running;
    private @Nullable BlockingClient client;

    @Setup
    public void start() throws Exception {
        message = "Subject: benchmark\r\n\r\n" + LINE.repeat(Math.max(1, size / LINE.length())) + ".\r\n";
        running = server.start();
        client = new BlockingClient(running.port());
        client.expect("220");
        client.say("EHLO client.example\r\n", "250");
    }

    /** Four round trips, as a client makes them that knows no PIPELINING. */
    @Benchmark
    public void message() throws IOException {
        BlockingClient to = Objects.requireNonNull(client);
        for (String command : List.of("MAIL FROM:<sender@example.org>\r\n", "RCPT TO:<recipient@example.org>\r\n")) {
            to.say(command, "250");
        }
        to.say("DATA\r\n", "354");
        to.say(message, "250");
    }

    @TearDown
    public void stop() throws Exception {
        Objects.requireNonNull(client).close();
        Objects.requireNonNull(running).stop().run();
    }
}
