package io.postern.smtp.protocol;

import java.nio.charset.StandardCharsets;
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

/** What does it cost to find a command line in what was read, when it comes whole, and when it comes in pieces? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CommandLinesBenchmark {

    private static final int LIMIT = 512;

    /** The text of the line. */
    @Param({"NOOP", "MAIL FROM:<sender@example.org> SIZE=1024 BODY=8BITMIME", "RCPT TO:<jos\u00e9@example.org>"})
    public String line = "";

    /** How many octets come at a time, 0 for all of them. */
    @Param({"0", "16", "1"})
    public int cut;

    private final CommandLines lines = new CommandLines();
    private byte[] bytes = {};

    @Setup
    public void encode() {
        bytes = (line + "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public String read() {
        int step = cut == 0 ? bytes.length : cut;
        for (int from = 0; from < bytes.length; from += step) {
            lines.read(bytes, from, Math.min(from + step, bytes.length), LIMIT);
        }
        return lines.argument();
    }
}
