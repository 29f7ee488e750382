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

/** What does it cost to take the argument of RCPT apart? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PathParserBenchmark {

    /** A plain path, one with parameters, one with a source route, one with a quoted string, and one that is wrong. */
    @Param({
        "TO:<recipient@example.org>",
        "TO:<recipient@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;recipient@example.org",
        "TO:<@a.example,@b.example:recipient@example.org>",
        "TO:<\"a quoted > string\"@example.org>",
        "TO:<recipient@example.org"
    })
    public String argument = "";

    private byte[] octets = {};

    @Setup
    public void encode() {
        octets = argument.getBytes(StandardCharsets.US_ASCII);
    }

    @Benchmark
    public Object parse() {
        return PathParser.parse(octets, 0, octets.length, "TO:", Violation.MALFORMED_RECIPIENT);
    }
}
